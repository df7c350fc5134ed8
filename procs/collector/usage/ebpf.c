#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "collector/live.h"
#include "collector/usage/cpus.h"
#include "collector/usage/reader.h"
#include "ipc/ring.h"

#define BATCH 256

enum {
#define X(name) | 1 << USAGE_##name
	PMU_COUNTERS = 0 USAGE_PMU_EVENTS(X)
#undef X
};

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
	struct live_threads live;
	double from_nothing; /* readings */
	uint64_t *per_cpu;   /* room for one per-CPU value */
	int cpus;
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

static int read_ebpf(struct usage_reader *source, const struct usage_visitor *visitor)
{
	struct ebpf_usage *usage = container_of(source, struct ebpf_usage, source);
	int r;

	/* Work on a CPU without hardware counters would weigh nothing: then no work is weighed by them. */
	source->counters = usage->kernel.layout.counters &
			   (usage_kernel_settle(&usage->kernel) ? UINT32_MAX : ~(uint32_t)PMU_COUNTERS);
	usage->visitor = visitor;
	ring_buffer__consume(usage->events);
	usage->visitor = NULL;
	if ((r = read_ended(usage, visitor)) < 0)
		return r;
	usage->from_nothing += source->from_nothing;
	return live_read(&usage->live, visitor, &source->from_nothing);
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

/* What the package's energy is shared by, and why not by cycles. */
static void report_weight(const struct ebpf_usage *usage, struct stats *stats)
{
	static const char *const labels[] = { "by=\"cycles\",reason=\"every CPU counts them\"",
		"by=\"cpu_time\",reason=\"a CPU is without hardware counters\"",
		"by=\"cpu_time\",reason=\"no hardware counters\"" };
	bool has_pmu = usage->kernel.layout.counters >> USAGE_cycles & 1;
	bool is_by_cycles = usage->source.counters >> USAGE_cycles & 1;

	*stats_entry(stats, STAT_GAUGE, "package_weight_info", labels[0]) = is_by_cycles;
	*stats_entry(stats, STAT_GAUGE, "package_weight_info", labels[1]) = has_pmu && !is_by_cycles;
	*stats_entry(stats, STAT_GAUGE, "package_weight_info", labels[2]) = !has_pmu;
	*stats_entry(stats, STAT_GAUGE, "pmu_cpus_uncounted", "") = usage_cpus_uncounted(&usage->kernel);
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
	report_weight(usage, stats);
	*stats_entry(stats, STAT_COUNTER, "events_dropped_total", "") =
		read_total(usage, USAGE_TOTAL_EVENTS_DROPPED);
	*stats_entry(stats, STAT_COUNTER, "threads_unstored_total", "") =
		read_total(usage, USAGE_TOTAL_UNSTORED);
	*stats_entry(stats, STAT_COUNTER, "readings_from_nothing_total", "") = usage->from_nothing;
	*stats_entry(stats, STAT_COUNTER, "ended_unattributed_seconds_total", "") =
		(double)unplaced.counter[USAGE_cpu_ns] / 1e9;
}

static void free_ebpf(struct usage_reader *source)
{
	struct ebpf_usage *usage = container_of(source, struct ebpf_usage, source);

	ring_buffer__free(usage->events);
	live_close(&usage->live);
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
	if (usage->events == NULL)
		return -errno;
	*ret_step = "map the readings";
	return live_open(&usage->live, &usage->kernel);
}

int usage_open_ebpf(const struct config *config, const struct hierarchy *hierarchy, bool may_adopt,
	struct usage_reader **ret_source, bool *ret_is_new, const char **ret_step)
{
	struct ebpf_usage *usage = calloc(1, sizeof(*usage));
	int r;

	*ret_step = "allocate memory";
	if (usage == NULL)
		return -ENOMEM;
	usage->source =
		(struct usage_reader) { "ebpf", 0, true, read_ebpf, forget_ebpf, report_ebpf, free_ebpf };
	r = usage_kernel_open(&usage->kernel, config, hierarchy, may_adopt, ret_is_new, ret_step);
	usage->source.counters = usage->kernel.layout.counters;
	if (r < 0 || (r = prepare(usage, ret_step)) < 0) {
		free_ebpf(&usage->source);
		return r;
	}
	*ret_source = &usage->source;
	return 0;
}
