#include "collector/pmu.h"

#include <bpf/bpf.h>
#include <ctype.h>
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

#define ONLINE_BYTES_MAX 4096

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

static int open_event(const char *choice, int event, int pid, int cpu)
{
	struct perf_event_attr attributes = {
		.type = kinds[event].type,
		.size = sizeof(attributes),
		.config = kinds[event].config,
	};

	if (is_software(choice)) {
		attributes.type = PERF_TYPE_SOFTWARE;
		attributes.config = PERF_COUNT_SW_CPU_CLOCK;
	}
	int fd = (int)syscall(SYS_perf_event_open, &attributes, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

uint32_t pmu_find(const char *choice)
{
	uint32_t events = 0;

	if (strcmp(choice, "off") == 0)
		return 0;
	for (int e = 0; e < (is_software(choice) ? 1 : USAGE_PMU_COUNT); e++) {
		CLEANUP(closep) int fd = open_event(choice, e, 0, -1);
		events |= fd >= 0 ? 1U << e : 0;
	}
	return events & 1 ? events : 0; /* no cycles, no PMU */
}

int pmu_open(int map_fd, const char *choice, uint32_t events, uint32_t cpu)
{
	int r = 0;

	for (uint32_t e = 0; e < USAGE_PMU_COUNT; e++) {
		const uint32_t slot = USAGE_PMU_SLOT(e, cpu);
		if (!(events & 1U << e))
			continue;
		CLEANUP(closep) int fd = open_event(choice, (int)e, -1, (int)cpu);
		int failed = fd < 0 ? fd : bpf_map_update_elem(map_fd, &slot, &fd, BPF_ANY);
		r = failed < 0 ? failed : r;
	}
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

	memset(ret_cpus, 0, (limit + 63) / 64 * sizeof(*ret_cpus));
	for (;;) {
		unsigned long first, last;
		if (!take_number(&at, &first))
			return -EBADMSG;
		last = first;
		if (*at == '-' && (at++, !take_number(&at, &last)))
			return -EBADMSG;
		for (unsigned long cpu = first; cpu <= last && cpu < limit; cpu++)
			ret_cpus[cpu / 64] |= UINT64_C(1) << cpu % 64;
		if (*at == '\0' || *at == '\n')
			return 0;
		if (*at++ != ',')
			return -EBADMSG;
	}
}

int pmu_read_online(const char *sysfs_root, uint64_t ret_cpus[static PMU_CPU_WORDS])
{
	char path[CONFIG_TEXT_MAX + 32], text[ONLINE_BYTES_MAX];

	snprintf(path, sizeof(path), "%s/devices/system/cpu/online", sysfs_root);
	int r = file_read_text(AT_FDCWD, path, text, sizeof(text));
	return r < 0 ? r : pmu_parse_cpus(text, ret_cpus, USAGE_CPUS_MAX);
}
