/*
 * The live processes: what each has used since its birth, summed over its threads, and what it is called. Kept over the
 * readings, which tell what has changed, and because a thread that ends during one is in none of its sums and the
 * published values never go down.
 * Bounded by `capacity`; what finds no room is counted in `dropped`. One owner, no threads.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/idmap.h"
#include "bpf/usage.h"
#include "ipc/ring.h"

struct process {
	uint64_t cgroup, start_ns;
	uint32_t tgid;
	uint32_t threads;                      /* alive */
	uint64_t sum[USAGE_COUNTER_COUNT];     /* of them */
	bool has_changed;                      /* in this reading */
	bool is_stale;                         /* its row in the sampler's layout is not what it is now */
	const char *hypervisor;                /* whose machine it runs, as its names tell; NULL = none */
	uint64_t counter[USAGE_COUNTER_COUNT]; /* published: never go down */
	uint64_t resident_bytes;               /* as its threads last told */
	uint64_t gpu_uj;                       /* published, since the epoch's birth (gpu.h) */
	char comm[USAGE_COMM_MAX];
	char exe[USAGE_EXE_MAX];
};

struct processes {
	struct process *all;
	uint32_t *changed; /* indexes of those that have */
	uint32_t capacity, count, changed_count;
	bool has_machines; /* since the start, one has: only then are all looked at for them */
	struct idmap by_tgid;
	uint64_t page_bytes;
	double dropped;
};

int processes_init(struct processes *processes, uint32_t capacity);
void processes_done(struct processes *processes);
/* Goes on where a row of the ring stopped (after a restart of the collector). */
void processes_resume(struct processes *processes, const struct ring_row *row);
/* The threads of all are told anew. */
void processes_begin(struct processes *processes);
/* A live thread, and one that is no more, as it was added. false: it finds no room; the sums do not hold any more. */
bool processes_add(struct processes *processes, const struct usage_record *record);
void processes_subtract(struct processes *processes, const struct usage_record *record);
/* Both at once, for a thread that goes on in its process and cgroup. false: it is not such a one, nothing was done. */
bool processes_grow(
	struct processes *processes, const struct usage_record *before, const struct usage_record *now);
/* All is told. Who has no threads has ended and is forgotten. */
void processes_end(struct processes *processes);
/* NULL if unknown. Holds until the next reading. */
struct process *processes_find(const struct processes *processes, uint32_t tgid);
/* Fills the row of one process. */
void process_row(const struct process *process, struct ring_row *ret_row);
