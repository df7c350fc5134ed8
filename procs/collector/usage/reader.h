/*
 * Where usage comes from: eBPF (exact), or /proc as the fallback (CPU time only, marked). A struct of functions; the
 * caller adds up what readings report: the sums of ended threads each time, of live threads what has changed since the
 * last reading. Ended threads are reported first: a thread that ends in between is in neither and comes back with the
 * next reading, so callers publish max(old, new).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/config.h"
#include "base/stats.h"
#include "bpf/usage.h"
#include "collector/hierarchy.h"

struct usage_visitor {
	void *context;
	/* What threads of this cgroup that have ended used; ROW_ID_OTHER: of cgroups that found no room. */
	void (*ended)(void *context, uint64_t cgroup, const struct usage_sum *sum);
	/* All live threads are told anew: whatever was said of them before is void. */
	void (*begin)(void *context);
	/* A live thread (procfs: a process as its leader). before NULL: it is new; now NULL: it is gone. */
	void (*thread)(void *context, const struct usage_record *before, const struct usage_record *now);
	/* A cgroup was made or removed; path as the kernel tells it. */
	void (*cgroup_made)(void *context, uint64_t cgroup, uint64_t parent, const char *path);
	void (*cgroup_removed)(void *context, uint64_t cgroup);
};

struct usage_reader {
	const char *name;  /* "ebpf", "procfs" */
	uint32_t counters; /* bit c set: counter c (ring.h) is counted */
	bool from_nothing; /* the next reading must begin anew: the caller's sums do not hold any more */
	/* One reading. 0 or -errno. */
	int (*read)(struct usage_reader *source, const struct usage_visitor *visitor);
	/* The cgroup's end is acknowledged: its sum may go. */
	void (*forget)(struct usage_reader *source, uint64_t cgroup);
	/* Probes, drops, … into stats. */
	void (*report)(struct usage_reader *source, struct stats *stats);
	void (*free)(struct usage_reader *source);
};

/* Takes the kernel's counters back from the supervisor where it may, or makes new ones (*ret_is_new). -EPERM, -ENOENT (no BTF), …
 * with the step that failed in ret_step (static text). What is absent on this kernel is logged. */
int usage_open_ebpf(const struct config *config, const struct hierarchy *hierarchy, bool may_adopt,
	struct usage_reader **ret_source, bool *ret_is_new, const char **ret_step);
int usage_open_procfs(
	const struct config *config, const struct hierarchy *hierarchy, struct usage_reader **ret_source);
