/*
 * The working set of a workload, as kubelet and the Vertical Pod Autoscaler know it: what its cgroup holds with all below it,
 * less the page cache that nobody misses (inactive_file of memory.stat). A request follows it, never the cache. The kernel
 * takes tens of us to tell it: each is read once a minute, a few at each reading, and at once where what is held has grown.
 */
#pragma once

#include "collector/cgroups.h"
#include "collector/hierarchy.h"

struct working {
	uint64_t read_ns; /* CLOCK_MONOTONIC of the last call */
	uint64_t owed;    /* cgroups x ns that were not read for */
	uint32_t next;    /* place of the next whose turn it is */
};

/* Fills working_bytes and oom_kills of some; call after memory_read(). Only the uppermost cgroup of a workload has them: a
 * pod's, and not its containers'. No slice has, nor the root. */
void working_read(
	struct working *working, struct cgroups *cgroups, const struct hierarchy *hierarchy, uint64_t now_ns);
