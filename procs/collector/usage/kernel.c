#include "collector/usage/kernel.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <usage.skel.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fnv.h"
#include "base/log.h"
#include "collector/usage/cpus.h"
#include "collector/usage/list.h"
#include "collector/usage/store.h"

#define FD_NAME_MAX 64

static const struct {
	const char *name, *label, *tracepoint;
	int counter; /* that is absent without it, or USAGE_CORE */
} programs[] = {
#define X(name, label, tracepoint, counter) { #name, #label, tracepoint, USAGE_##counter },
	USAGE_PROGRAMS(X)
#undef X
};

#define READ_COUNTERS                                                                                        \
	(1U << USAGE_cpu_ns | 1U << USAGE_switches | 1U << USAGE_minor_faults | 1U << USAGE_major_faults)
#define IO_COUNTERS (1U << USAGE_read_bytes | 1U << USAGE_write_bytes)

const char *usage_probe_name(enum usage_program program)
{
	return programs[program].label;
}

/* USAGE_CORE, … */
static bool is_kind(int program, int kind)
{
	return programs[program].counter == kind;
}

static int write_layout(const struct usage_kernel *kernel)
{
	const uint32_t zero = 0;

	return bpf_map_update_elem(kernel->map[USAGE_MAP_layout], &zero, &kernel->layout, BPF_ANY);
}

/* Runs `prime` over all tasks: what they used so far belongs to nobody. */
static int run_prime(const struct usage_kernel *kernel)
{
	CLEANUP(closep) int fd = bpf_iter_create(kernel->link[USAGE_PROGRAM_prime]);
	char nothing[64];
	ssize_t some;

	if (fd < 0)
		return fd;
	while ((some = read(fd, nothing, sizeof(nothing))) > 0)
		;
	return some < 0 ? -errno : 0;
}

/* How much of the object: a kernel whose verifier refuses some of it still counts. */
enum share { ALL, WITHOUT_TRANSMIT, CPU_ONLY };

static bool has_tracepoint(const struct btf *btf, const char *tracepoint)
{
	char name[FD_NAME_MAX + 16];

	snprintf(name, sizeof(name), "btf_trace_%s", tracepoint);
	return tracepoint[0] == '\0' || btf__find_by_name_kind(btf, name, BTF_KIND_TYPEDEF) >= 0;
}

static bool counts_io(const struct btf *btf)
{
	int id = btf__find_by_name_kind(btf, "task_io_accounting", BTF_KIND_STRUCT);

	return id >= 0 && btf_vlen(btf__type_by_id(btf, (uint32_t)id)) > 0;
}

/* Sockets of this kernel know the cgroup they belong to, and do not tell what they send. */
static bool wants_transmit(const struct btf *btf, const struct hierarchy *hierarchy)
{
	int id = btf__find_by_name_kind(btf, "sock_cgroup_data", BTF_KIND_STRUCT);
	const struct btf_type *type = id >= 0 ? btf__type_by_id(btf, (uint32_t)id) : NULL;

	if (has_tracepoint(btf, programs[USAGE_PROGRAM_on_send].tracepoint) || hierarchy->is_v1 ||
		type == NULL || btf_vlen(type) == 0)
		return false;
	return strcmp(btf__name_by_offset(btf, btf_members(type)[0].name_off), "cgroup") == 0;
}

static void say_absent(int program, const char *why)
{
	const char *tracepoint = programs[program].tracepoint;

	log_info("probe=%s is absent: %s%s%s", programs[program].label, why,
		tracepoint[0] != '\0' ? ", tracepoint " : "", tracepoint);
}

/* Leaves out what this kernel has no tracepoint for. Before 5.16 it dirties pages, not folios. */
static void choose_programs(struct usage *object, const struct btf *btf, const struct hierarchy *hierarchy,
	enum share share, uint32_t pmu_events)
{
	bool cpu_only = share == CPU_ONLY;

	for (int i = 0; i < USAGE_PROGRAM_COUNT; i++) {
		struct bpf_program *program = bpf_object__find_program_by_name(object->obj, programs[i].name);
		if (program == NULL) /* in the other object */
			continue;
		bool is_there = has_tracepoint(btf, programs[i].tracepoint);
		if (i == USAGE_PROGRAM_on_cache_dirty && !is_there)
			is_there = has_tracepoint(btf, "writeback_dirty_page") &&
				   bpf_program__set_attach_target(program, 0, "writeback_dirty_page") == 0;
		if (is_kind(i, USAGE_TRANSMIT))
			is_there &= share == ALL && wants_transmit(btf, hierarchy);
		if (is_kind(i, USAGE_CORE) ||
			(is_kind(i, USAGE_PMU) ? pmu_events != 0 : is_there && !cpu_only))
			continue;
		bpf_program__set_autoload(program, false);
		if (!is_kind(i, USAGE_PMU) && !is_kind(i, USAGE_TRANSMIT))
			say_absent(i, cpu_only ? "the programs with it did not load" : "not in this kernel");
	}
}

/* With the maps we have, if any. */
static int open_and_load(const struct usage_kernel *kernel, const struct hierarchy *hierarchy,
	const struct btf *btf, enum share share, struct usage **ret_object)
{
	int possible = libbpf_num_possible_cpus(), r;
	uint32_t cpus = possible < 0 || possible > USAGE_CPUS_MAX ? USAGE_CPUS_MAX : (uint32_t)possible;
	struct usage *object = usage__open();

	if (object == NULL)
		return -errno;
	object->rodata->constants = (struct usage_constants) { .is_v1 = hierarchy->is_v1,
		.hierarchy_id = hierarchy->id,
		.birth_ns = kernel->layout.birth_ns,
		.generation = kernel->layout.generation,
		.pmu_events = kernel->layout.pmu_events,
		.cpu_only = share == CPU_ONLY };
	choose_programs(object, btf, hierarchy, share, kernel->layout.pmu_events);
	bpf_map__set_max_entries(object->maps.perf_events, cpus * USAGE_PMU_COUNT);
	bpf_map__set_max_entries(object->maps.pmu_cpus, cpus);
	if ((r = usage_reuse_maps(kernel, object->obj)) < 0 || (r = usage__load(object)) < 0)
		usage__destroy(object);
	else
		*ret_object = object;
	return r;
}

static int load(struct usage_kernel *kernel, const struct hierarchy *hierarchy, const struct btf *btf,
	struct usage **ret_object, bool *ret_cpu_only)
{
	int r = open_and_load(kernel, hierarchy, btf, ALL, ret_object);

	*ret_cpu_only = false;
	if (r < 0 && r != -EPERM && wants_transmit(btf, hierarchy)) {
		log_info("this kernel refuses the program of what sockets send (%s)", strerror(-r));
		r = open_and_load(kernel, hierarchy, btf, WITHOUT_TRANSMIT, ret_object);
	}
	if (r == 0 || r == -EPERM)
		return r;
	log_warning("this kernel refuses the programs of all counters (%s): CPU time only", strerror(-r));
	*ret_cpu_only = true;
	kernel->layout.pmu_events = 0;
	return open_and_load(kernel, hierarchy, btf, CPU_ONLY, ret_object);
}

static int attach_one(const struct bpf_program *program, int i)
{
	if (i == USAGE_PROGRAM_settle_cpu) /* it is run, not attached */
		return dup(bpf_program__fd(program));
	struct bpf_link *link = bpf_program__attach(program);
	if (link == NULL)
		return -1;
	int fd = dup(bpf_link__fd(link));
	bpf_link__destroy(link);
	return fd;
}

/*
 * The kernel has its maps. The skeleton closes its own descriptors when it is destroyed; ours are duplicates, which keep
 * everything alive.
 */
static int attach(const struct usage_kernel *kernel, struct usage *object, const struct btf *btf,
	int link[static USAGE_PROGRAM_COUNT])
{
	const char *why;

	link[USAGE_PROGRAM_read_list] = usage_list_load(kernel, &object->rodata->constants, btf, &why);
	if (link[USAGE_PROGRAM_read_list] < 0)
		say_absent(USAGE_PROGRAM_read_list, why);
	for (int i = 0; i < USAGE_PROGRAM_COUNT; i++) {
		struct bpf_program *program = bpf_object__find_program_by_name(object->obj, programs[i].name);
		if (program == NULL || !bpf_program__autoload(program))
			continue;
		link[i] = attach_one(program, i);
		if (link[i] >= 0)
			continue;
		if (is_kind(i, USAGE_CORE))
			return -errno;
		say_absent(i, strerror(errno));
	}
	return 0;
}

static int keep_maps(struct usage_kernel *kernel, struct usage *object)
{
	for (int i = 0; i < USAGE_MAP_COUNT; i++) {
		kernel->map[i] =
			dup(bpf_object__find_map_fd_by_name(object->obj, usage_map_name((enum usage_map)i)));
		if (kernel->map[i] < 0)
			return -errno;
	}
	return 0;
}

/* The programs that tell a socket's bytes tell its packets. */
static uint32_t with_packets(uint32_t counters)
{
	if (counters & 1U << USAGE_rx_bytes)
		counters |= 1U << USAGE_rx_packets;
	if (counters & 1U << USAGE_tx_bytes)
		counters |= 1U << USAGE_tx_packets;
	return counters;
}

/* A counter is there when each of its programs is. */
static uint32_t counters_of(
	const struct usage_kernel *kernel, const int *link, const struct btf *btf, bool cpu_only)
{
	static const int pmu_counters[] = {
#define X(name) USAGE_##name,
		USAGE_PMU_EVENTS(X)
#undef X
	};
	uint32_t counters = 0, absent = 0;

	if (cpu_only)
		return 1U << USAGE_cpu_ns;
	for (int i = 0; i < USAGE_PROGRAM_COUNT; i++) {
		if (programs[i].counter < 0)
			continue;
		counters |= 1U << programs[i].counter;
		absent |= link[i] < 0 ? 1U << programs[i].counter : 0;
	}
	if (link[USAGE_PROGRAM_on_transmit] >= 0)
		absent &= ~(1U << USAGE_tx_bytes);
	for (int e = 0; e < USAGE_PMU_COUNT && link[USAGE_PROGRAM_on_switch] >= 0; e++)
		if (kernel->layout.pmu_events & 1U << e)
			counters |= 1U << pmu_counters[e];
	return with_packets(counters & ~absent) | READ_COUNTERS | (counts_io(btf) ? IO_COUNTERS : 0);
}

/* The version comes last, so that a set that was never whole is not taken for one. */
static int begin(struct usage_kernel *kernel)
{
	const struct usage_sum nothing = { 0 };
	const unsigned long long other = USAGE_OTHER;
	int r = bpf_map_update_elem(kernel->map[USAGE_MAP_dead], &other, &nothing, BPF_NOEXIST);

	if (r < 0 || (r = run_prime(kernel)) < 0)
		return r;
	kernel->layout.version = USAGE_LAYOUT;
	return write_layout(kernel);
}

static int make(struct usage_kernel *kernel, const struct hierarchy *hierarchy, const struct btf *btf,
	const char **ret_step)
{
	struct usage *object = NULL;
	bool cpu_only;
	int r;

	*ret_step = "load the BPF programs";
	if ((r = load(kernel, hierarchy, btf, &object, &cpu_only)) < 0)
		return r;
	*ret_step = "attach the BPF programs";
	if ((r = keep_maps(kernel, object)) == 0 && (r = write_layout(kernel)) == 0)
		r = attach(kernel, object, btf, kernel->link);
	usage__destroy(object);
	if (r < 0)
		return r;
	kernel->layout.counters = counters_of(kernel, kernel->link, btf, cpu_only);
	*ret_step = "begin counting";
	if (kernel->link[USAGE_PROGRAM_on_switch] >= 0)
		usage_cpus_follow(kernel);
	if ((r = begin(kernel)) < 0 || (r = usage_store_maps(kernel)) < 0)
		return r;
	return usage_store_links(kernel->link, kernel->layout.generation);
}

/* Other programs than those that count: they are attached, then one word hands over to them. */
static int upgrade(struct usage_kernel *kernel, const struct hierarchy *hierarchy, const struct btf *btf,
	const struct usage_layout *wanted)
{
	const struct usage_layout old = kernel->layout;
	int link[USAGE_PROGRAM_COUNT];
	struct usage *object = NULL;
	bool cpu_only;

	memset(link, 0xff, sizeof(link));
	kernel->layout.generation++;
	kernel->layout.build = wanted->build;
	kernel->layout.pmu_events = wanted->pmu_events;
	int r = load(kernel, hierarchy, btf, &object, &cpu_only);
	if (r == 0)
		r = attach(kernel, object, btf, link);
	usage__destroy(object);
	if (r == 0)
		r = usage_store_links(link, kernel->layout.generation);
	if (r < 0) {
		usage_close_links(link);
		kernel->layout = old;
		return r;
	}
	usage_cpus_close(kernel, old.pmu_events);
	kernel->layout.counters = counters_of(kernel, link, btf, cpu_only);
	write_layout(kernel);
	usage_drop_links(kernel->link, old.generation);
	memcpy(kernel->link, link, sizeof(link));
	return 0;
}

bool usage_kernel_settle(struct usage_kernel *kernel)
{
	if (kernel->link[USAGE_PROGRAM_on_switch] < 0)
		return true;
	bool is_whole = usage_cpus_follow(kernel);
	pmu_run_on(kernel->link[USAGE_PROGRAM_settle_cpu], (const uint64_t *)kernel->layout.open_cpus);
	return usage_cpus_check(kernel) && is_whole;
}

/* Which programs are these? */
static uint64_t build_of_object(const char *pmu_choice)
{
	size_t size, list_size;
	const void *object = usage__elf_bytes(&size);
	const void *list = usage_list_bytes(&list_size);

	return fnv_bytes(fnv_bytes(fnv_bytes(FNV_BEGIN, object, size), list, list_size), pmu_choice,
		strlen(pmu_choice));
}

static int quiet(enum libbpf_print_level level, const char *format, va_list arguments)
{
	(void)level, (void)format, (void)arguments;
	return 0; /* the caller tells, once, what it means for the user */
}

int usage_kernel_open(struct usage_kernel *kernel, const struct config *config,
	const struct hierarchy *hierarchy, bool may_adopt, bool *ret_is_new, const char **ret_step)
{
	pmu_find_types(config->sysfs_root, &kernel->pmu_types);
	const struct usage_layout wanted = { .generation = 1,
		.is_v1 = hierarchy->is_v1,
		.pmu_events = pmu_find(config->pmu_cycles, &kernel->pmu_types),
		.birth_ns = clock_now().boot_ns,
		.build = build_of_object(config->pmu_cycles) };
	int r;

	libbpf_set_print(quiet);
	kernel->config = config;
	memset(kernel->link, 0xff, sizeof(kernel->link));
	memset(kernel->map, 0xff, sizeof(kernel->map));
	*ret_is_new = !usage_adopt(kernel, hierarchy, may_adopt);
	if (!*ret_is_new && kernel->layout.build == wanted.build)
		return 0;
	*ret_step = "read the kernel's BTF";
	struct btf *btf = btf__load_vmlinux_btf();
	if (btf == NULL)
		return *ret_is_new ? -errno : 0;
	if (*ret_is_new) {
		kernel->layout = wanted;
		r = make(kernel, hierarchy, btf, ret_step);
	} else if ((r = upgrade(kernel, hierarchy, btf, &wanted)) < 0) {
		log_warning("cannot attach this version's programs (%s): the old ones go on counting",
			strerror(-r));
		r = 0;
	}
	btf__free(btf);
	return r;
}
