/*
 * The kernel's side of the counters: loads the programs, attaches what this kernel has, and keeps links and maps in the
 * supervisor's fd store, so that counting goes on while the collector is away. A collector with other programs than
 * those that count attaches its own before it releases them. Not thread-safe; one owner.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/config.h"
#include "bpf/usage.h"
#include "collector/hierarchy.h"
#include "collector/pmu.h"

#define USAGE_MAPS(X)                                                                                        \
	X(layout)                                                                                            \
	X(threads)                                                                                           \
	X(dead)                                                                                              \
	X(totals)                                                                                            \
	X(runs)                                                                                              \
	X(softirq_began)                                                                                     \
	X(events)                                                                                            \
	X(perf_events)                                                                                       \
	X(pmu_cpus)                                                                                          \
	X(told)                                                                                              \
	X(records)                                                                                           \
	X(reading)
enum usage_map {
#define X(name) USAGE_MAP_##name,
	USAGE_MAPS(X)
#undef X
		USAGE_MAP_COUNT
};

struct usage_kernel {
	const struct config *config;
	int link[USAGE_PROGRAM_COUNT]; /* < 0 = not attached: this kernel lacks it. Of who is run the program itself. */
	int map[USAGE_MAP_COUNT];
	struct usage_layout layout; /* as in the map */
	struct pmu_types pmu_types;
	/* CPUs that are online and without hardware counters, when last tried (CLOCK_MONOTONIC) */
	uint64_t uncounted[PMU_CPU_WORDS], cpus_tried_ns;
	uint64_t enabled_ns[USAGE_CPUS_MAX]; /* of each CPU's first event, at the last look; 0 = none yet */
	uint64_t checked_ns;                 /* CLOCK_MONOTONIC of that look */
};

/* As usage_open_ebpf(). The caller ends with usage_kernel_close() in any case. */
int usage_kernel_open(struct usage_kernel *kernel, const struct config *config,
	const struct hierarchy *hierarchy, bool may_adopt, bool *ret_is_new, const char **ret_step);
void usage_kernel_close(struct usage_kernel *kernel);
/* Before a reading: hardware counters of CPUs that came or went, and of threads that have not left theirs. False: since the
 * last one, work was done on a CPU without them. */
bool usage_kernel_settle(struct usage_kernel *kernel);
/* The label of a program in metrics. */
const char *usage_probe_name(enum usage_program program);
