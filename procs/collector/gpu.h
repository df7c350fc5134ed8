/* GPU time: from process ids, as NVML tells them, to processes and their cgroups. */
#pragma once

#include "collector/cgroups.h"
#include "collector/meters/meters.h"
#include "collector/processes.h"

/* Adds what each process used since the last call to its counter gpu_ns, to its cgroup's and to total[]. A process we do
 * not know (it ended within the interval, or has no row) counts in other[]. False: nobody tells processes apart here. */
bool gpu_read(struct meters *meters, struct processes *processes, struct cgroups *cgroups,
	uint64_t other[COUNTER_COUNT], uint64_t total[COUNTER_COUNT]);
