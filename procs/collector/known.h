/*
 * What the kernel last told of each thread: a thread that has not run since is told by its id alone, and what it was
 * then still holds. One owner, no threads.
 */
#pragma once

#include <stddef.h>

#include "base/idmap.h"
#include "bpf/usage.h"

#define KNOWN_THREADS_MAX (UINT32_C(1) << 18) /* 368 B each; beyond, every thread is told in full */

struct known_threads {
	struct usage_record *records;
	uint64_t *seen; /* number of the last reading that had it */
	size_t count, room;
	uint64_t reading;
	size_t seen_count; /* in this reading */
	struct idmap by_tid;
};

/* A zeroed struct is empty. */
void known_done(struct known_threads *known);
void known_begin_reading(struct known_threads *known);
/* -ENOMEM or -E2BIG: it will have to be told in full again. */
int known_put(struct known_threads *known, const struct usage_record *record);
/* NULL: never told. */
const struct usage_record *known_find(struct known_threads *known, uint32_t tid);
/* Threads that were in no reading for a while are gone: forgets those not in this one, now and then. */
void known_end_reading(struct known_threads *known);
