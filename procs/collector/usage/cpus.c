#include "collector/usage/cpus.h"

#include <bpf/bpf.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"

#define RETRY_NS (5 * NS_PER_SECOND) /* where a counter did not open */

static uint64_t *open_cpus_of(struct usage_kernel *kernel)
{
	return (uint64_t *)kernel->layout.open_cpus;
}

static void close_cpu(struct usage_kernel *kernel, uint32_t events, uint32_t cpu)
{
	pmu_close(kernel->map[USAGE_MAP_perf_events], events, cpu);
	open_cpus_of(kernel)[cpu / 64] &= ~(UINT64_C(1) << cpu % 64);
}

void usage_cpus_close(struct usage_kernel *kernel, uint32_t events)
{
	for (uint32_t cpu = 0; cpu < USAGE_CPUS_MAX; cpu++)
		if (open_cpus_of(kernel)[cpu / 64] >> cpu % 64 & 1)
			close_cpu(kernel, events, cpu);
}

/* Those of `cpus`; the others remain as they are. 0, or -errno of the last that did not open. */
static int open_all(struct usage_kernel *kernel, const uint64_t cpus[static PMU_CPU_WORDS])
{
	int r = 0;

	for (uint32_t cpu = 0; cpu < USAGE_CPUS_MAX; cpu++) {
		if (!(cpus[cpu / 64] >> cpu % 64 & 1))
			continue;
		int failed = pmu_open(kernel->map[USAGE_MAP_perf_events], kernel->config->pmu_cycles,
			&kernel->pmu_types, kernel->layout.pmu_events, cpu);
		kernel->enabled_ns[cpu] = 0;
		if (failed == 0)
			open_cpus_of(kernel)[cpu / 64] |= UINT64_C(1) << cpu % 64;
		r = failed < 0 ? failed : r;
	}
	return r;
}

/* What is there and not in `known`. */
static bool leave_out(uint64_t ret[static PMU_CPU_WORDS], const uint64_t there[static PMU_CPU_WORDS],
	const uint64_t known[static PMU_CPU_WORDS])
{
	uint64_t any = 0;

	for (int i = 0; i < PMU_CPU_WORDS; i++)
		any |= ret[i] = there[i] & ~known[i];
	return any != 0;
}

static void write_layout(const struct usage_kernel *kernel)
{
	const uint32_t zero = 0;

	bpf_map_update_elem(kernel->map[USAGE_MAP_layout], &zero, &kernel->layout, BPF_ANY);
}

/* Once for each set of CPUs: they are tried again every few seconds. */
static void try_them(struct usage_kernel *kernel, const uint64_t closed[static PMU_CPU_WORDS],
	const uint64_t online[static PMU_CPU_WORDS])
{
	uint64_t before[PMU_CPU_WORDS];
	int r = open_all(kernel, closed);

	memcpy(before, kernel->uncounted, sizeof(before));
	leave_out(kernel->uncounted, online, open_cpus_of(kernel));
	kernel->cpus_tried_ns = clock_mono_ns();
	if (r < 0 && memcmp(before, kernel->uncounted, sizeof(before)) != 0)
		log_warning("hardware counters do not open on %u CPUs (%s): energy is shared by CPU time",
			usage_cpus_uncounted(kernel), strerror(-r));
}

bool usage_cpus_follow(struct usage_kernel *kernel)
{
	uint64_t online[PMU_CPU_WORDS], closed[PMU_CPU_WORDS], gone[PMU_CPU_WORDS], before[PMU_CPU_WORDS];
	int r = pmu_read_online(kernel->config->sysfs_root, online);

	if (r < 0) /* which CPUs there are is not known */
		return false;
	memcpy(before, open_cpus_of(kernel), sizeof(before));
	leave_out(gone, before, online);
	for (uint32_t cpu = 0; cpu < USAGE_CPUS_MAX; cpu++)
		if (gone[cpu / 64] >> cpu % 64 & 1)
			close_cpu(kernel, kernel->layout.pmu_events, cpu);
	bool was_whole = !leave_out(closed, online, before);
	if (was_whole || memcmp(closed, kernel->uncounted, sizeof(closed)) != 0 ||
		clock_mono_ns() >= kernel->cpus_tried_ns + RETRY_NS)
		try_them(kernel, closed, online);
	if (memcmp(before, open_cpus_of(kernel), sizeof(before)) != 0)
		write_layout(kernel);
	return was_whole && r == 0; /* CPUs beyond our numbers are never counted */
}

/* Between two looks that are closer, one that is late on a busy guest would see half of the time, too. */
#define HALF_MIN_NS (100 * NS_PER_MILLISECOND)

/* An event is enabled all the time, whether it has its hardware or not: half of it leaves room for late looks. */
static bool has_stopped(uint64_t before_ns, uint64_t now_ns, uint64_t passed_ns)
{
	if (before_ns == 0 || now_ns < before_ns) /* the first look at it */
		return now_ns == 0;
	return now_ns == before_ns || (passed_ns >= HALF_MIN_NS && now_ns - before_ns <= passed_ns / 2);
}

bool usage_cpus_check(struct usage_kernel *kernel)
{
	struct usage_pmu_cpu slot;
	uint64_t now_ns = clock_mono_ns(), passed_ns = now_ns - kernel->checked_ns;
	bool are_all_running = true;

	kernel->checked_ns = now_ns;
	for (uint32_t cpu = 0; cpu < USAGE_CPUS_MAX; cpu++) {
		if (!(open_cpus_of(kernel)[cpu / 64] >> cpu % 64 & 1) ||
			bpf_map_lookup_elem(kernel->map[USAGE_MAP_pmu_cpus], &cpu, &slot) < 0)
			continue;
		if (has_stopped(kernel->enabled_ns[cpu], slot.enabled_ns, passed_ns)) {
			close_cpu(kernel, kernel->layout.pmu_events, cpu);
			are_all_running = false;
		}
		kernel->enabled_ns[cpu] = slot.enabled_ns;
	}
	if (!are_all_running)
		write_layout(kernel);
	return are_all_running;
}

uint32_t usage_cpus_uncounted(const struct usage_kernel *kernel)
{
	uint32_t count = 0;

	for (int i = 0; i < PMU_CPU_WORDS; i++)
		count += (uint32_t)__builtin_popcountll(kernel->uncounted[i]);
	return count;
}
