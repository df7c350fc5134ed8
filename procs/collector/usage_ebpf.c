#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "collector/known.h"
#include "collector/usage_kernel.h"
#include "collector/usage_reader.h"
#include "ipc/ring.h"

#define READ_BYTES (32 * 1024) /* a seq file of an iterator hands out no more at once */
#define BATCH      256

/* The counters stand in the ring's rows as they come from the kernel. */
#define X(name) _Static_assert((int)USAGE_##name == (int)COUNTER_##name, "order of the counters: " #name);
USAGE_COUNTERS(X)
#undef X
_Static_assert(USAGE_OTHER == ROW_ID_OTHER, "one id for what found no room");

struct ebpf_usage {
	struct usage_reader source;
	struct usage_kernel kernel;
	struct ring_buffer *events;
	const struct usage_visitor *visitor; /* during a reading */
	struct known_threads known;
	bool must_tell_all; /* the next reading begins anew */
	double forgotten;   /* threads told by id alone that were not known */
	uint64_t *per_cpu;  /* room for one per-CPU value */
	int cpus;
	_Alignas(struct usage_record) char buffer[READ_BYTES];
};

static int on_event(void *context, void *data, size_t size)
{
	struct ebpf_usage *usage = context;
	const struct usage_event *event = data;

	if (size < sizeof(*event) || usage->visitor == NULL)
		return 0;
	if (event->kind == USAGE_EVENT_MKDIR)
		usage->visitor->cgroup_made(
			usage->visitor->context, event->cgroup, event->parent, event->path);
	else
		usage->visitor->cgroup_removed(usage->visitor->context, event->cgroup);
	return 0;
}

/* The batch cursor is opaque; -ENOENT ends the walk with `count` valid entries. */
static int read_ended(struct ebpf_usage *usage, const struct usage_visitor *visitor)
{
	static struct usage_sum sums[BATCH];
	uint64_t keys[BATCH];
	uint32_t cursor = 0;
	bool is_first = true;
	int r;

	do {
		uint32_t count = BATCH;
		r = bpf_map_lookup_batch(usage->kernel.map[USAGE_MAP_dead], is_first ? NULL : &cursor,
			&cursor, keys, sums, &count, NULL);
		if (r < 0 && r != -ENOENT)
			return r;
		is_first = false;
		for (uint32_t i = 0; i < count; i++)
			visitor->ended(visitor->context, keys[i], &sums[i]);
	} while (r == 0);
	return 0;
}

static void take(
	struct ebpf_usage *usage, const struct usage_visitor *visitor, const struct usage_record *record)
{
	if (known_put(&usage->known, record) < 0)
		usage->must_tell_all = true;
	visitor->thread(visitor->context, record);
}

static void take_again(struct ebpf_usage *usage, const struct usage_visitor *visitor, uint32_t tid)
{
	const struct usage_record *record = known_find(&usage->known, tid);

	if (record != NULL) {
		visitor->thread(visitor->context, record);
		return;
	}
	usage->must_tell_all = true;
	usage->forgotten++;
}

/* Takes the whole records of the buffer. Returns how many bytes they were, or -EBADMSG. */
static ssize_t take_all(struct ebpf_usage *usage, const struct usage_visitor *visitor, size_t size)
{
	size_t at = 0;

	while (at + sizeof(struct usage_head) <= size) {
		const struct usage_head *head = (const void *)(usage->buffer + at);
		if (head->size != sizeof(*head) && head->size != sizeof(struct usage_record))
			return -EBADMSG;
		if (at + head->size > size)
			break;
		if (head->size == sizeof(*head))
			take_again(usage, visitor, head->tid);
		else
			take(usage, visitor, (const void *)head);
		at += head->size;
	}
	return (ssize_t)at;
}

static int read_all(struct ebpf_usage *usage, const struct usage_visitor *visitor)
{
	CLEANUP(closep) int fd = bpf_iter_create(usage->kernel.link[USAGE_PROGRAM_read_usage]);
	size_t kept = 0;
	ssize_t some;

	if (fd < 0)
		return fd;
	while ((some = read(fd, usage->buffer + kept, sizeof(usage->buffer) - kept)) != 0) {
		if (some < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (some < 0)
			return -errno;
		kept += (size_t)some;
		ssize_t taken = take_all(usage, visitor, kept);
		if (taken < 0)
			return (int)taken;
		kept -= (size_t)taken;
		memmove(usage->buffer, usage->buffer + taken, kept);
	}
	return 0;
}

/* What a failed reading was told is not told again: the next one asks as somebody else. */
static int read_live(struct ebpf_usage *usage, const struct usage_visitor *visitor)
{
	int r = usage->must_tell_all ? usage_kernel_new_reader(&usage->kernel) : 0;

	usage->must_tell_all = r < 0;
	known_begin_reading(&usage->known);
	if (r == 0)
		r = read_all(usage, visitor);
	usage->must_tell_all |= r < 0;
	known_end_reading(&usage->known);
	return r;
}

static int read_ebpf(struct usage_reader *source, const struct usage_visitor *visitor)
{
	struct ebpf_usage *usage = container_of(source, struct ebpf_usage, source);
	int r;

	usage_kernel_settle(&usage->kernel);
	usage->visitor = visitor;
	ring_buffer__consume(usage->events);
	usage->visitor = NULL;
	if ((r = read_ended(usage, visitor)) < 0)
		return r;
	return read_live(usage, visitor);
}

static void forget_ebpf(struct usage_reader *source, uint64_t cgroup)
{
	struct ebpf_usage *usage = container_of(source, struct ebpf_usage, source);

	bpf_map_delete_elem(usage->kernel.map[USAGE_MAP_dead], &cgroup);
}

static double read_total(struct ebpf_usage *usage, uint32_t slot)
{
	uint64_t value = 0;

	bpf_map_lookup_elem(usage->kernel.map[USAGE_MAP_totals], &slot, &value);
	return (double)value;
}

/* It counts its runs where it writes anyway. */
static uint64_t read_switches(struct ebpf_usage *usage)
{
	struct usage_pmu_cpu slot;
	uint64_t sum = 0;

	for (uint32_t cpu = 0; cpu < (uint32_t)usage->cpus; cpu++)
		if (bpf_map_lookup_elem(usage->kernel.map[USAGE_MAP_pmu_cpus], &cpu, &slot) == 0)
			sum += slot.switches;
	return sum;
}

static double read_runs(struct ebpf_usage *usage, uint32_t program)
{
	uint64_t sum = 0;

	if (program == USAGE_PROGRAM_on_switch)
		return (double)read_switches(usage);

	if (bpf_map_lookup_elem(usage->kernel.map[USAGE_MAP_runs], &program, usage->per_cpu) == 0)
		for (int cpu = 0; cpu < usage->cpus; cpu++)
			sum += usage->per_cpu[cpu];
	return (double)sum;
}

static void report_ebpf(struct usage_reader *source, struct stats *stats)
{
	struct ebpf_usage *usage = container_of(source, struct ebpf_usage, source);
	const uint64_t other = USAGE_OTHER;
	struct usage_sum unplaced = { 0 };
	char labels[64];

	for (uint32_t i = 0; i < USAGE_PROGRAM_COUNT; i++) {
		bool is_attached = usage->kernel.link[i] >= 0;
		snprintf(labels, sizeof(labels), "probe=\"%s\"", usage_probe_name(i));
		*stats_entry(stats, STAT_GAUGE, "probe_attached", labels) = is_attached;
		if (is_attached)
			*stats_entry(stats, STAT_COUNTER, "probe_runs_total", labels) = read_runs(usage, i);
	}
	bpf_map_lookup_elem(usage->kernel.map[USAGE_MAP_dead], &other, &unplaced);
	*stats_entry(stats, STAT_COUNTER, "events_dropped_total", "") =
		read_total(usage, USAGE_TOTAL_EVENTS_DROPPED);
	*stats_entry(stats, STAT_COUNTER, "threads_unstored_total", "") =
		read_total(usage, USAGE_TOTAL_UNSTORED);
	*stats_entry(stats, STAT_COUNTER, "threads_forgotten_total", "") = usage->forgotten;
	*stats_entry(stats, STAT_COUNTER, "ended_unattributed_seconds_total", "") =
		(double)unplaced.counter[USAGE_cpu_ns] / 1e9;
}

static void free_ebpf(struct usage_reader *source)
{
	struct ebpf_usage *usage = container_of(source, struct ebpf_usage, source);

	ring_buffer__free(usage->events);
	known_done(&usage->known);
	usage_kernel_close(&usage->kernel);
	free(usage->per_cpu);
	free(usage);
}

static int prepare(struct ebpf_usage *usage, const char **ret_step)
{
	*ret_step = "count the CPUs";
	usage->cpus = libbpf_num_possible_cpus();
	if (usage->cpus < 0)
		return usage->cpus;
	usage->per_cpu = calloc((size_t)usage->cpus, sizeof(*usage->per_cpu));
	if (usage->per_cpu == NULL)
		return -ENOMEM;
	*ret_step = "map the event ring";
	usage->events = ring_buffer__new(usage->kernel.map[USAGE_MAP_events], on_event, usage, NULL);
	return usage->events == NULL ? -errno : 0;
}

int usage_open_ebpf(const struct config *config, const struct hierarchy *hierarchy, bool may_adopt,
	struct usage_reader **ret_source, bool *ret_is_new, const char **ret_step)
{
	struct ebpf_usage *usage = calloc(1, sizeof(*usage));
	int r;

	*ret_step = "allocate memory";
	if (usage == NULL)
		return -ENOMEM;
	usage->must_tell_all = true;
	usage->source = (struct usage_reader) { "ebpf", 0, read_ebpf, forget_ebpf, report_ebpf, free_ebpf };
	r = usage_kernel_open(&usage->kernel, config, hierarchy, may_adopt, ret_is_new, ret_step);
	usage->source.counters = usage->kernel.layout.counters;
	if (r < 0 || (r = prepare(usage, ret_step)) < 0) {
		free_ebpf(&usage->source);
		return r;
	}
	*ret_source = &usage->source;
	return 0;
}
