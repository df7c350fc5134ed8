/*
 * Whose the GPUs' energy is: each GPU's is split over the processes that used it, by process ids as the driver tells them,
 * and goes to them, their cgroups and the node's totals as the counter gpu_uj. What was drawn while nobody used it is nobody's.
 */
#pragma once

#include "base/apportion.h"
#include "collector/cgroups.h"
#include "collector/meters/meters.h"
#include "collector/processes.h"

#define GPU_USES_MAX 512 /* of one GPU in one reading; those beyond are (other)'s */

struct gpus {
	struct ring_gpu all[NODE_GPUS_MAX]; /* as published; one that is gone stays to the end of the epoch */
	uint32_t count;
	double left_out; /* readings of GPUs that found no room: their energy is nobody's */
	/* scratch */
	struct share shares[GPU_USES_MAX + 1];
	uint32_t indexes[GPU_USES_MAX + 1];
};

/* Goes on where a row of the ring stopped (after a restart of the collector). */
void gpus_resume(struct gpus *gpus, const struct ring_row *row);
/* Splits what the GPUs drew since the last call. Of a process we do not know (it ended within the interval, or has no row)
 * it goes to other[]. False: no meter here knows of GPUs. */
bool gpus_read(struct gpus *gpus, struct meters *meters, struct processes *processes, struct cgroups *cgroups,
	uint64_t other[COUNTER_COUNT], uint64_t total[COUNTER_COUNT]);
