/* The rows the collector told of, and what has been found out about each. Bounded; what finds no room is counted. */
#pragma once

#include <stdbool.h>

#include "base/idmap.h"
#include "ipc/frame.h"
#include "resolver/names.h"

struct subject {
	uint64_t id;
	char pod_uid[65], container_id[129];
	char *path;    /* owned; of the cgroup */
	bool is_whole; /* the container's or unit's own cgroup, not one below it */
	bool is_pod;   /* a pod's, above its containers: its cgroup's limits are the sum of theirs */
	bool is_named; /* names holds something */
	unsigned limit_reads;
	unsigned attempts;                                 /* look-ups that found nothing, or not all */
	uint64_t cpu_limit_millicores, memory_limit_bytes; /* of the cgroup */
	struct names names;
	unsigned round; /* full state that last told of it */
};

struct book {
	struct subject *subjects;
	uint32_t count, capacity;
	struct idmap by_id;
	unsigned round;
	uint64_t dropped;
};

int book_init(struct book *book, uint32_t capacity);
void book_done(struct book *book);
/* Applies one part of a topology frame; process rows are not the resolver's. */
void book_apply(struct book *book, const struct frame *frame);
/* A pod or container, whose name somebody may know. */
bool subject_wants_name(const struct subject *subject);
/* Fills at most book->count rows, of those about whom anything is known; texts point into the book. */
size_t book_rows(const struct book *book, struct names_row *rows);
