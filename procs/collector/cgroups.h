/*
 * The cgroups we know: id <-> path, what each has used, and which have ended. Found by walking the hierarchy at start
 * and when an unknown id appears, and by mkdir/rmdir events in between. Bounded by `capacity`; what finds no room is
 * the caller's row (other). One owner, no threads.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/idmap.h"
#include "collector/identity.h"

struct cgroup {
	uint64_t id, parent;
	uint64_t start_ns;         /* CLOCK_BOOTTIME when it was first seen, 0 = before us */
	uint64_t cpu_ns;           /* published: never goes down */
	uint64_t base_ns;          /* used before it had a row of its own: stands in the row (other) */
	uint64_t dead_ns, live_ns; /* of this reading */
	uint64_t memory_bytes, children_bytes; /* at the last memory reading */
	uint64_t mem_byte_seconds;
	uint64_t removed_ns; /* CLOCK_MONOTONIC of its removal, 0 = it exists */
	uint64_t final_seq;  /* tick that first carried it as final, 0 = not yet */
	bool is_seen;        /* by the walk that is going on */
	bool is_promoted;    /* it had no room until now */
	bool is_new;         /* not yet told in a topology frame */
	char *path;          /* owned */
	struct identity identity;
};

struct cgroups {
	const char *root; /* folder of the hierarchy */
	uint32_t capacity, count;
	struct cgroup *all;
	struct idmap by_id;
};

int cgroups_init(struct cgroups *cgroups, const char *root, uint32_t capacity);
void cgroups_done(struct cgroups *cgroups);
/* NULL if unknown. Pointers hold until the next add or remove. */
struct cgroup *cgroups_find(struct cgroups *cgroups, uint64_t id);
/* Adds or renames. path "" = not known yet. NULL when full or out of memory. */
struct cgroup *cgroups_add(
	struct cgroups *cgroups, uint64_t id, uint64_t parent, const char *path, uint64_t now_boot_ns);
void cgroups_remove(struct cgroups *cgroups, uint64_t id);
/* Walks the hierarchy: adds what is new, marks as removed what is gone. Returns how many did not fit, or -errno. */
int cgroups_walk(struct cgroups *cgroups, uint64_t now_mono_ns, uint64_t now_boot_ns);
