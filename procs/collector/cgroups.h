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
#include "ipc/ring.h"

struct cgroup {
	uint64_t id, parent;
	uint64_t start_ns;               /* CLOCK_BOOTTIME when it was first seen, 0 = before us */
	uint64_t counter[COUNTER_COUNT]; /* published: never go down */
	uint64_t base[COUNTER_COUNT];    /* used before it had a row of its own: stands in the row (other) */
	uint64_t ended[COUNTER_COUNT];   /* what its ended threads used, as this reading found it */
	uint64_t live[COUNTER_COUNT];    /* what its live ones did */
	uint32_t threads;                /* that live */
	uint64_t memory_bytes, children_bytes; /* at the last memory reading */
	bool has_memory;                       /* an account of it, at the last memory reading */
	uint64_t held_bytes;                   /* children included, at the last memory reading */
	uint64_t working_bytes,
		working_of_bytes; /* working.h: what it was, and of how many held; 0 = not known */
	uint64_t oom_kills;
	int memory_fd;       /* its file in the memory hierarchy stays open; -1 = it does not */
	uint64_t removed_ns; /* CLOCK_MONOTONIC of its removal, 0 = it exists */
	uint64_t final_seq;  /* tick that first carried it as final, 0 = not yet */
	bool is_seen;        /* by the walk that is going on */
	bool is_promoted;    /* it had no room until now */
	bool has_base;       /* some of base[] is not 0: it takes a second row, the note of it */
	bool is_new;         /* not yet told in a topology frame */
	char *path;          /* owned */
	struct identity identity;
};

struct cgroups {
	const char *root;         /* folder of the hierarchy */
	uint32_t capacity, count; /* capacity: of rows, notes included */
	uint32_t memory_files;    /* that stay open, MEMORY_FILES_MAX at most */
	uint32_t notes;           /* cgroups with a base, or that may get one */
	bool is_crowded;          /* some had no room: who is added now may have used something before */
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
/* Lets go of the file that memory_read keeps open. */
void cgroups_close_memory(struct cgroups *cgroups, struct cgroup *cgroup);
void cgroups_remove(struct cgroups *cgroups, uint64_t id);
/* From now on what the cgroup used before counts elsewhere: sets its base, which takes a note of its own unless all 0. */
void cgroups_set_base(struct cgroups *cgroups, struct cgroup *cgroup, const uint64_t base[COUNTER_COUNT]);
/* Walks the hierarchy: adds what is new, marks as removed what is gone. Returns how many did not fit, or -errno. */
int cgroups_walk(struct cgroups *cgroups, uint64_t now_mono_ns, uint64_t now_boot_ns);
