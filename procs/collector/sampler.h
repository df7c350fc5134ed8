/*
 * One reading of the machine: what each cgroup and process used, memory by cgroup, the CPUs, the meter; laid out as a
 * ring tick with its rows. All sums are cumulative over the epoch and never go down.
 */
#pragma once

#include "base/clock.h"
#include "base/stats.h"
#include "collector/cgroups.h"
#include "collector/gpu.h"
#include "collector/hierarchy.h"
#include "collector/meters/meters.h"
#include "collector/node.h"
#include "collector/processes.h"
#include "collector/usage/reader.h"
#include "collector/working.h"
#include "ipc/ring.h"

struct sampler {
	const struct config *config;
	const struct hierarchy *hierarchy;
	struct usage_reader *usage;
	struct meters *meters; /* NULL: none is read */
	struct cgroups cgroups;
	struct processes processes;
	struct node node;
	struct ring_row *rows; /* of the reading */
	uint32_t capacity, row_count;
	uint32_t first_process;        /* where the processes' rows begin */
	uint64_t total[COUNTER_COUNT]; /* of all rows that are or were */
	uint64_t capacity_ns, last_mono_ns;
	/* of the cgroups that found no room: published, as the last reading found it, as this one does */
	uint64_t other[COUNTER_COUNT], other_last[COUNTER_COUNT], other_ended[COUNTER_COUNT],
		other_live[COUNTER_COUNT];
	uint64_t memory_read_ns; /* CLOCK_MONOTONIC of the last memory reading */
	struct working working;
	uint64_t walked_ns; /* CLOCK_MONOTONIC of the last walk */
	struct gpus gpus;
	bool wants_walk, has_gpus;
	bool has_memory; /* cgroups tell what they hold */
	double walks, rows_dropped;
};

int sampler_init(struct sampler *sampler, const struct config *config, const struct hierarchy *hierarchy,
	struct usage_reader *usage, struct meters *meters);
void sampler_done(struct sampler *sampler);

/* Goes on where the last tick of the ring stopped (after a restart of the collector). */
void sampler_resume(struct sampler *sampler, const struct ring_tick *tick, const struct ring_row *rows,
	uint32_t count, struct instant now);

/* Fills everything of the tick but seq, bank and rows; the rows are in sampler->rows[0, row_count). 0 or -errno. */
int sampler_read(struct sampler *sampler, struct instant now, uint64_t next_seq, struct ring_tick *ret_tick);

/* The estimator has committed: final rows up to seq are forgotten; `forgotten` is called for each. */
void sampler_acknowledge(
	struct sampler *sampler, uint64_t seq, void (*forgotten)(void *context, uint64_t id), void *context);
void sampler_report(struct sampler *sampler, struct stats *stats);
