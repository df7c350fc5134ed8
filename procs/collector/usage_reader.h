/*
 * Where CPU time comes from: eBPF (exact), or /proc as the fallback (marked). A struct of functions; the caller adds up
 * what a reading reports. Ended threads are reported first, then live ones: a thread that ends in between is in neither
 * and comes back with the next reading, so callers publish max(old, new).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/config.h"
#include "base/stats.h"
#include "collector/hierarchy.h"

struct usage_visitor {
	void *context;
	/* CPU time of threads of this cgroup that have ended; ROW_ID_OTHER: of cgroups that found no room. */
	void (*ended)(void *context, uint64_t cgroup, uint64_t cpu_ns);
	/* A live thread: cpu_ns since the epoch in this cgroup. */
	void (*thread)(void *context, uint64_t cgroup, uint64_t cpu_ns);
	/* A live process, once a reading: CPU time since its birth. */
	void (*process)(void *context, uint64_t cgroup, uint32_t tgid, uint64_t start_ns, uint64_t cpu_ns);
	/* A cgroup was made or removed; path as the kernel tells it. */
	void (*cgroup_made)(void *context, uint64_t cgroup, const char *path);
	void (*cgroup_removed)(void *context, uint64_t cgroup);
};

struct usage_reader {
	const char *name; /* "ebpf", "procfs" */
	/* One reading. 0 or -errno. */
	int (*read)(struct usage_reader *source, const struct usage_visitor *visitor);
	/* The cgroup's end is acknowledged: its sum may go. */
	void (*forget)(struct usage_reader *source, uint64_t cgroup);
	/* Run counts, drops, … into stats; ended time that had no room for its cgroup is returned (cumulative ns). */
	uint64_t (*report)(struct usage_reader *source, struct stats *stats);
	void (*free)(struct usage_reader *source);
};

/* Takes the kernel's counters back from the supervisor where it may, or makes new ones (*ret_is_new). -EPERM, -ENOENT (no BTF), …
 * with the step that failed in ret_step (static text). */
int usage_open_ebpf(const struct hierarchy *hierarchy, bool may_adopt, struct usage_reader **ret_source,
	bool *ret_is_new, const char **ret_step);
int usage_open_procfs(
	const struct config *config, const struct hierarchy *hierarchy, struct usage_reader **ret_source);
