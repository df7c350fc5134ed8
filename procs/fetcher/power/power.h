/*
 * What the sources tell, as the estimator would: power and workload frames for the analyst, cumulative, with an epoch
 * that lives in the supervisor's fd store. Also the acknowledgements that let ended workloads be forgotten.
 */
#pragma once

#include "base/config.h"
#include "fetcher/power/owners.h"
#include "fetcher/power/tally.h"
#include "ipc/link.h"

/* A zone's µJ from which on sums begin anew, in a new energy epoch, as soon as all that was told is acknowledged; beyond twice as much
 * nothing is read until it is. An analyst takes 2^62. Tests build a fetcher of shorter epochs. */
#ifndef POWER_EPOCH_UJ
#define POWER_EPOCH_UJ (UINT64_C(1) << 59)
#endif

struct power {
	struct tally tally;
	struct tally_life life;
	struct link *analyst;
	int state_fd;
	const char *source; /* "kepler", "prometheus" */
	struct owners owners;
	bool may_infer_owners; /* nobody tells them */
	uint64_t acked_seq, rounds;
	bool is_new_epoch; /* which is not kept yet */
	bool is_full;
	double *readings, *resets, *refused, *late, *series, *workloads, *dropped;
};

/* Takes its state back, or begins a life. 0 or -errno. */
int power_open(struct power *power, const char *source, struct stats *stats);
void power_done(struct power *power);

/* Sends all names: the analyst connected. */
void power_tell_names(struct power *power);
/* A round is over: the tally as of real_ns becomes a frame. */
void power_tell(struct power *power, uint64_t real_ns, bool is_partial);
/* A round is to begin. True: it must not, for the sums are full and nobody has acknowledged them; they are told again. */
bool power_must_wait(struct power *power);
/* Takes them over: what was told before is forgotten. */
void power_take_owners(struct power *power, struct owners *owners);
void power_infer_owners(struct power *power, bool may);
int power_take_ack(struct power *power, const struct frame *frame);
