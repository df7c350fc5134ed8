/*
 * What the kernel last told of each thread: a thread that has not run since is not told again, and what it was then
 * still holds. One owner, no threads.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/idmap.h"
#include "bpf/usage.h"

#define KNOWN_THREADS_MAX (UINT32_C(1) << 18) /* 376 B each; beyond, every thread is told in full */

struct known_threads {
	struct usage_record *records;
	uint32_t *tids;    /* of the records, side by side: all are looked at in each reading */
	uint32_t *reading; /* the last one that told it */
	size_t count, room;
	uint32_t now;
	struct idmap by_tid;
};

/* A zeroed struct is empty. */
void known_done(struct known_threads *known);
void known_clear(struct known_threads *known);
void known_begin_reading(struct known_threads *known);
/* The thread's record, for the caller to overwrite; its tid is 0 if nothing was told of it yet. It is seen in this
 * reading. NULL: there is no room. */
struct usage_record *known_put(struct known_threads *known, uint32_t tid);
bool known_is_seen(const struct known_threads *known, size_t index);
/* The last one takes its place. */
void known_remove(struct known_threads *known, size_t index);
