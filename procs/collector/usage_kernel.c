#include "collector/usage_kernel.h"

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
#include "base/log.h"
#include "base/ready.h"

#define FD_NAME_MAX 64

static const struct {
	const char *name, *label, *tracepoint;
	int counter; /* that is absent without it, or USAGE_CORE */
} programs[] = {
#define X(name, label, tracepoint, counter) { #name, #label, tracepoint, USAGE_##counter },
	USAGE_PROGRAMS(X)
#undef X
};

static const char *const map_names[] = {
#define X(name) #name,
	USAGE_MAPS(X)
#undef X
};

#define READ_COUNTERS                                                                                        \
	(1U << USAGE_cpu_ns | 1U << USAGE_switches | 1U << USAGE_minor_faults | 1U << USAGE_major_faults)
#define IO_COUNTERS (1U << USAGE_read_bytes | 1U << USAGE_write_bytes)

const char *usage_probe_name(enum usage_program program)
{
	return programs[program].label;
}

static bool is_core(int program)
{
	return programs[program].counter == USAGE_CORE;
}

static void name_link(char name[static FD_NAME_MAX], int program)
{
	snprintf(name, FD_NAME_MAX, "link-%s", programs[program].name);
}

static void name_map(char name[static FD_NAME_MAX], int map)
{
	snprintf(name, FD_NAME_MAX, "map-%s", map_names[map]);
}

void usage_kernel_close(struct usage_kernel *kernel)
{
	for (int i = 0; i < USAGE_PROGRAM_COUNT; i++)
		closep(&kernel->link[i]);
	for (int i = 0; i < USAGE_MAP_COUNT; i++)
		closep(&kernel->map[i]);
}

static void drop(const char *name, int *fd)
{
	if (*fd >= 0)
		ready_drop_fd(name);
	closep(fd);
	*fd = -1;
}

static void drop_all(struct usage_kernel *kernel)
{
	char name[FD_NAME_MAX];

	for (int i = 0; i < USAGE_PROGRAM_COUNT; i++) {
		name_link(name, i);
		drop(name, &kernel->link[i]);
	}
	for (int i = 0; i < USAGE_MAP_COUNT; i++) {
		name_map(name, i);
		drop(name, &kernel->map[i]);
	}
}

/* All maps and core links, or none: half of a set of counters is worth nothing. */
static bool adopt(struct usage_kernel *kernel, const struct hierarchy *hierarchy, bool may_adopt)
{
	struct usage_layout layout = { 0 };
	const uint32_t zero = 0;
	char name[FD_NAME_MAX];
	bool has_all = may_adopt;

	for (int i = 0; i < USAGE_PROGRAM_COUNT; i++) {
		name_link(name, i);
		kernel->link[i] = ready_take_fd(name);
		has_all &= kernel->link[i] >= 0 || !is_core(i);
	}
	for (int i = 0; i < USAGE_MAP_COUNT; i++) {
		name_map(name, i);
		kernel->map[i] = ready_take_fd(name);
		has_all &= kernel->map[i] >= 0;
	}
	if (has_all && bpf_map_lookup_elem(kernel->map[USAGE_MAP_layout], &zero, &layout) == 0 &&
		layout.version == USAGE_LAYOUT && layout.is_v1 == hierarchy->is_v1) {
		kernel->counters = layout.counters;
		return true;
	}
	drop_all(kernel);
	return false;
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

static void say_absent(int program, const char *why)
{
	log_info("probe=%s is absent: %s (tracepoint %s)", programs[program].label, why,
		programs[program].tracepoint);
}

/* Leaves out what this kernel has no tracepoint for. Before 5.16 it dirties pages, not folios. */
static void choose_programs(struct usage *object, const struct btf *btf, bool cpu_only)
{
	for (int i = 0; i < USAGE_PROGRAM_COUNT; i++) {
		struct bpf_program *program = bpf_object__find_program_by_name(object->obj, programs[i].name);
		bool is_there = has_tracepoint(btf, programs[i].tracepoint);
		if (i == USAGE_PROGRAM_on_cache_dirty && !is_there)
			is_there = has_tracepoint(btf, "writeback_dirty_page") &&
				   bpf_program__set_attach_target(program, 0, "writeback_dirty_page") == 0;
		if (is_core(i) || (is_there && !cpu_only))
			continue;
		bpf_program__set_autoload(program, false);
		say_absent(i, cpu_only ? "the programs with it did not load" : "not in this kernel");
	}
}

static int open_and_load(
	const struct hierarchy *hierarchy, const struct btf *btf, bool cpu_only, struct usage **ret_object)
{
	struct usage *object = usage__open();

	if (object == NULL)
		return -errno;
	object->rodata->is_v1 = hierarchy->is_v1;
	object->rodata->hierarchy_id = hierarchy->id;
	object->rodata->birth_ns = clock_now().boot_ns;
	object->rodata->cpu_only = cpu_only;
	choose_programs(object, btf, cpu_only);
	int r = usage__load(object);
	if (r < 0)
		usage__destroy(object);
	else
		*ret_object = object;
	return r;
}

/* A kernel whose verifier refuses the rich object still counts CPU time. */
static int load(const struct hierarchy *hierarchy, const struct btf *btf, struct usage **ret_object,
	bool *ret_cpu_only)
{
	int r = open_and_load(hierarchy, btf, false, ret_object);

	*ret_cpu_only = false;
	if (r == 0 || r == -EPERM)
		return r;
	log_warning("this kernel refuses the programs of all counters (%s): CPU time only", strerror(-r));
	*ret_cpu_only = true;
	return open_and_load(hierarchy, btf, true, ret_object);
}

/* The skeleton closes its own descriptors when it is destroyed; ours are duplicates, which keep everything alive. */
static int attach(struct usage_kernel *kernel, struct usage *object)
{
	for (int i = 0; i < USAGE_PROGRAM_COUNT; i++) {
		struct bpf_program *program = bpf_object__find_program_by_name(object->obj, programs[i].name);
		if (!bpf_program__autoload(program))
			continue;
		struct bpf_link *link = bpf_program__attach(program);
		if (link == NULL && is_core(i))
			return -errno;
		if (link == NULL) {
			say_absent(i, strerror(errno));
			continue;
		}
		kernel->link[i] = dup(bpf_link__fd(link));
		bpf_link__destroy(link);
		if (kernel->link[i] < 0)
			return -errno;
	}
	return 0;
}

static int keep_maps(struct usage_kernel *kernel, struct usage *object)
{
	for (int i = 0; i < USAGE_MAP_COUNT; i++) {
		kernel->map[i] = dup(bpf_object__find_map_fd_by_name(object->obj, map_names[i]));
		if (kernel->map[i] < 0)
			return -errno;
	}
	return 0;
}

/* A counter is there when each of its programs is. */
static uint32_t counters_of(const struct usage_kernel *kernel, const struct btf *btf, bool cpu_only)
{
	uint32_t counters = 0, absent = 0;

	for (int i = 0; i < USAGE_PROGRAM_COUNT; i++) {
		if (is_core(i))
			continue;
		counters |= 1U << programs[i].counter;
		absent |= kernel->link[i] < 0 ? 1U << programs[i].counter : 0;
	}
	counters = (counters & ~absent) | READ_COUNTERS | (counts_io(btf) ? IO_COUNTERS : 0);
	return cpu_only ? 1U << USAGE_cpu_ns : counters;
}

/* The last step, so that a set without its layout is never taken for a whole one. */
static int begin(struct usage_kernel *kernel, const struct hierarchy *hierarchy)
{
	const struct usage_layout layout = {
		.version = USAGE_LAYOUT, .is_v1 = hierarchy->is_v1, .counters = kernel->counters
	};
	const struct usage_sum nothing = { 0 };
	const unsigned long long other = USAGE_OTHER;
	const uint32_t zero = 0;
	int r = bpf_map_update_elem(kernel->map[USAGE_MAP_dead], &other, &nothing, BPF_NOEXIST);

	if (r < 0 || (r = run_prime(kernel)) < 0)
		return r;
	return bpf_map_update_elem(kernel->map[USAGE_MAP_layout], &zero, &layout, BPF_ANY);
}

static int store(const struct usage_kernel *kernel)
{
	char name[FD_NAME_MAX];
	int r = 0;

	for (int i = 0; i < USAGE_MAP_COUNT && r == 0; i++) {
		name_map(name, i);
		r = ready_store_fd(name, kernel->map[i]);
	}
	for (int i = 0; i < USAGE_PROGRAM_COUNT && r == 0; i++) {
		name_link(name, i);
		if (kernel->link[i] >= 0)
			r = ready_store_fd(name, kernel->link[i]);
	}
	return r;
}

static int make(struct usage_kernel *kernel, const struct hierarchy *hierarchy, const struct btf *btf,
	const char **ret_step)
{
	struct usage *object = NULL;
	bool cpu_only;
	int r;

	*ret_step = "load the BPF programs";
	if ((r = load(hierarchy, btf, &object, &cpu_only)) < 0)
		return r;
	*ret_step = "attach the BPF programs";
	if ((r = keep_maps(kernel, object)) == 0)
		r = attach(kernel, object);
	usage__destroy(object);
	if (r < 0)
		return r;
	kernel->counters = counters_of(kernel, btf, cpu_only);
	*ret_step = "begin counting";
	return (r = begin(kernel, hierarchy)) < 0 ? r : store(kernel);
}

static int quiet(enum libbpf_print_level level, const char *format, va_list arguments)
{
	(void)level, (void)format, (void)arguments;
	return 0; /* the caller tells, once, what it means for the user */
}

int usage_kernel_open(struct usage_kernel *kernel, const struct hierarchy *hierarchy, bool may_adopt,
	bool *ret_is_new, const char **ret_step)
{
	libbpf_set_print(quiet);
	*ret_is_new = !adopt(kernel, hierarchy, may_adopt);
	if (!*ret_is_new)
		return 0;
	*ret_step = "read the kernel's BTF";
	struct btf *btf = btf__load_vmlinux_btf();
	if (btf == NULL)
		return -errno;
	int r = make(kernel, hierarchy, btf, ret_step);
	btf__free(btf);
	return r;
}
