#include "collector/pmu.h"

#include <bpf/bpf.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/config.h"
#include "base/file.h"

#define CPU_LIST_BYTES_MAX 4096

#define DTLB_READ_ACCESS                                                                                     \
	(PERF_COUNT_HW_CACHE_DTLB | PERF_COUNT_HW_CACHE_OP_READ << 8 |                                       \
		PERF_COUNT_HW_CACHE_RESULT_ACCESS << 16)

/* dtlb_loads is what the ec2-0.7.11 models call cache_miss: they asked for HW_CACHE event 3. */
static const struct {
	uint32_t type;
	uint64_t config;
} kinds[USAGE_PMU_COUNT] = {
	{ PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES },
	{ PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS },
	{ PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES },
	{ PERF_TYPE_HW_CACHE, DTLB_READ_ACCESS },
};

static bool is_software(const char *choice)
{
	return strcmp(choice, "cpu-clock") == 0;
}

/* `type` 0: the only PMU of the cores. */
static int open_event(const char *choice, int event, uint32_t type, int pid, int cpu)
{
	struct perf_event_attr attributes = {
		.type = kinds[event].type,
		.size = sizeof(attributes),
		.config = kinds[event].config | (uint64_t)type << PERF_PMU_TYPE_SHIFT,
	};

	if (is_software(choice)) {
		attributes.type = PERF_TYPE_SOFTWARE;
		attributes.config = PERF_COUNT_SW_CPU_CLOCK;
	}
	int fd = (int)syscall(SYS_perf_event_open, &attributes, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0 && errno == ENOENT && type != 0 && !is_software(choice)) {
		/* Arm's PMUs take no type before Linux' commit 5c816728651a (2023): the CPU says which it is. */
		attributes.config = kinds[event].config;
		fd = (int)syscall(SYS_perf_event_open, &attributes, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC);
	}
	return fd < 0 ? -errno : fd;
}

static uint32_t type_of(const struct pmu_types *types, uint32_t cpu)
{
	for (uint32_t i = 0; i < types->count; i++)
		if (types->of[i].cpus[cpu / 64] >> cpu % 64 & 1)
			return types->of[i].type;
	return 0;
}

static int first_cpu(const struct pmu_type *type)
{
	for (uint32_t cpu = 0; cpu < USAGE_CPUS_MAX; cpu++)
		if (type->cpus[cpu / 64] >> cpu % 64 & 1)
			return (int)cpu;
	return -1;
}

/* For this process, which needs no right. */
static bool does_open(const char *choice, const struct pmu_types *types, int event)
{
	bool does = true;

	if (types->count == 0) {
		CLEANUP(closep) int fd = open_event(choice, event, 0, 0, -1);
		return fd >= 0;
	}
	for (uint32_t i = 0; i < types->count; i++) {
		CLEANUP(closep)
		int fd = open_event(choice, event, types->of[i].type, 0, first_cpu(&types->of[i]));
		does &= fd >= 0;
	}
	return does;
}

uint32_t pmu_find(const char *choice, const struct pmu_types *types)
{
	uint32_t events = 0;

	if (strcmp(choice, "off") == 0)
		return 0;
	for (int e = 0; e < (is_software(choice) ? 1 : USAGE_PMU_COUNT); e++)
		events |= does_open(choice, types, e) ? 1U << e : 0;
	return events & 1 ? events : 0; /* no cycles, no PMU */
}

int pmu_open(int map_fd, const char *choice, const struct pmu_types *types, uint32_t events, uint32_t cpu)
{
	int r = 0;

	for (uint32_t e = 0; e < USAGE_PMU_COUNT && r == 0; e++) {
		const uint32_t slot = USAGE_PMU_SLOT(e, cpu);
		if (!(events & 1U << e))
			continue;
		CLEANUP(closep) int fd = open_event(choice, (int)e, type_of(types, cpu), -1, (int)cpu);
		r = fd < 0 ? fd : bpf_map_update_elem(map_fd, &slot, &fd, BPF_ANY);
	}
	if (r < 0)
		pmu_close(map_fd, events, cpu);
	return r;
}

void pmu_close(int map_fd, uint32_t events, uint32_t cpu)
{
	for (uint32_t e = 0; e < USAGE_PMU_COUNT; e++) {
		const uint32_t slot = USAGE_PMU_SLOT(e, cpu);
		if (events & 1U << e)
			bpf_map_delete_elem(map_fd, &slot);
	}
}

void pmu_run_on(int program_fd, const uint64_t cpus[static PMU_CPU_WORDS])
{
	for (uint32_t cpu = 0; cpu < USAGE_CPUS_MAX; cpu++) {
		struct bpf_test_run_opts options = {
			.sz = sizeof(options), .flags = BPF_F_TEST_RUN_ON_CPU, .cpu = cpu
		};
		if (cpus[cpu / 64] >> cpu % 64 & 1)
			bpf_prog_test_run_opts(program_fd, &options); /* -ENXIO: it has just gone offline */
	}
}

static bool take_number(const char **at, unsigned long *ret_value)
{
	char *end;

	if (!isdigit((unsigned char)**at))
		return false;
	errno = 0;
	*ret_value = strtoul(*at, &end, 10);
	*at = end;
	return errno == 0;
}

int pmu_parse_cpus(const char *text, uint64_t *ret_cpus, uint32_t limit)
{
	const char *at = text;
	int is_beyond = 0;

	memset(ret_cpus, 0, (limit + 63) / 64 * sizeof(*ret_cpus));
	for (;;) {
		unsigned long first, last;
		if (!take_number(&at, &first))
			return -EBADMSG;
		last = first;
		if (*at == '-' && (at++, !take_number(&at, &last)))
			return -EBADMSG;
		is_beyond |= first >= limit || last >= limit;
		for (unsigned long cpu = first; cpu <= last && cpu < limit; cpu++)
			ret_cpus[cpu / 64] |= UINT64_C(1) << cpu % 64;
		if (*at == '\0' || *at == '\n')
			return is_beyond;
		if (*at++ != ',')
			return -EBADMSG;
	}
}

static int read_cpus(const char *path, uint64_t ret_cpus[static PMU_CPU_WORDS])
{
	char text[CPU_LIST_BYTES_MAX];
	int r = file_read_text(AT_FDCWD, path, text, sizeof(text));

	return r < 0 ? r : pmu_parse_cpus(text, ret_cpus, USAGE_CPUS_MAX);
}

int pmu_read_online(const char *sysfs_root, uint64_t ret_cpus[static PMU_CPU_WORDS])
{
	char path[CONFIG_TEXT_MAX + 32];

	snprintf(path, sizeof(path), "%s/devices/system/cpu/online", sysfs_root);
	return read_cpus(path, ret_cpus);
}

/* As perf(1) tells them: the cores' PMUs say which CPUs are theirs in `cpus`, those outside the cores in `cpumask`. */
static void add_type(struct pmu_types *types, const char *folder, const char *name)
{
	struct pmu_type *type = &types->of[types->count];
	char path[CONFIG_TEXT_MAX + 32 + sizeof(((struct dirent *)0)->d_name) + 8];
	uint64_t number;

	snprintf(path, sizeof(path), "%s/%s/cpus", folder, name);
	if (read_cpus(path, type->cpus) < 0 || first_cpu(type) < 0)
		return;
	snprintf(path, sizeof(path), "%s/%s/type", folder, name);
	if (file_read_u64(AT_FDCWD, path, &number) < 0 || number > UINT32_MAX)
		return;
	type->type = (uint32_t)number;
	types->count++;
}

void pmu_find_types(const char *sysfs_root, struct pmu_types *ret_types)
{
	char folder[CONFIG_TEXT_MAX + 32];
	const struct dirent *entry;

	ret_types->count = 0;
	snprintf(folder, sizeof(folder), "%s/bus/event_source/devices", sysfs_root);
	DIR *dir = opendir(folder);
	if (dir == NULL)
		return;
	while (ret_types->count < PMU_TYPES_MAX && (entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.')
			add_type(ret_types, folder, entry->d_name);
	closedir(dir);
	if (ret_types->count < 2)
		ret_types->count = 0;
}
