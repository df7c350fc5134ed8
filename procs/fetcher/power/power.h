/*
 * What the sources tell, as the estimator would: power and workload frames for the analyst, cumulative, with an epoch
 * that lives in the supervisor's fd store. Also the acknowledgements that let ended workloads be forgotten.
 */
#pragma once

#include "base/config.h"
#include "fetcher/power/tally.h"
#include "ipc/link.h"

struct power {
	struct tally tally;
	struct tally_life life;
	struct link *analyst;
	int state_fd;
	const char *source; /* "kepler", "prometheus" */
	uint64_t acked_seq, rounds;
	double *readings, *resets, *refused, *late, *series, *workloads, *dropped;
};

/* Takes its state back, or begins a life. 0 or -errno. */
int power_open(struct power *power, const char *source, struct stats *stats);
void power_done(struct power *power);

/* Sends all names: the analyst connected. */
void power_tell_names(struct power *power);
/* A round is over: the tally as of real_ns becomes a frame. */
void power_tell(struct power *power, uint64_t real_ns, bool is_partial);
int power_take_ack(struct power *power, const struct frame *frame);
