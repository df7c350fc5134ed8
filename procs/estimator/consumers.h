/*
 * The exporter and the analyst: what they are sent, and what they have acknowledged. Both get workloads and power, the
 * exporter GPUs, counters, processes and our stats too. On connect a consumer gets everything.
 */
#pragma once

#include "base/config.h"
#include "base/loop.h"
#include "base/stats.h"
#include "estimator/machines.h"
#include "estimator/roster.h"
#include "estimator/turn.h"
#include "ipc/link.h"

enum { CONSUMER_EXPORTER, CONSUMER_ANALYST, CONSUMER_COUNT };

struct consumer {
	enum stage stage;
	bool is_waited_for; /* ended rows stay until it has acknowledged them */
	struct link *out, *acks;
	/* its last acknowledgement: a tick of a counter epoch, and the energy it was about */
	struct epoch epoch;
	uint64_t energy_epoch, committed_seq;
	uint64_t told_energy_epoch; /* the last one it was sent energy of */
	struct consumers *consumers;
};

struct consumers {
	struct consumer each[CONSUMER_COUNT];
	/* whose numbers they are; owned by the estimator */
	struct state *state;
	struct turn *turn;
	struct roster *roster;
	struct machines *machines;
	/* frames under way */
	struct workload_row *workload_rows;
	struct power_row *power_rows;
	struct process_row *process_rows;
	struct counters_row *counters_rows; /* NULL without metrics_counters */
};

/* The four pointers are set by the caller. 0 or -errno. */
int consumers_open(
	struct consumers *consumers, const struct config *config, struct loop *loop, struct stats *stats);
void consumers_close(struct consumers *consumers);
/* After a committed turn. */
void consumers_send(struct consumers *consumers);
bool consumers_stats_are_due(const struct consumers *consumers);
void consumers_send_stats(struct consumers *consumers, uint64_t run, const struct stats *stats);
bool consumers_are_stuck(const struct consumers *consumers);
/* What every consumer that is waited for has committed; UINT64_MAX when none is. */
uint64_t consumers_committed(const struct consumers *consumers);
