/*
 * How long one question is left unasked. After a failure for a while that doubles; after PATIENCE_OPEN_AFTER in a row, or a
 * refusal, for an hour (the circuit is open: each question then is the trial, and the first that succeeds closes it). Waits
 * are shortened by chance, so that a fleet that lost one provider together does not come back together. Seconds are
 * CLOCK_BOOTTIME's, which run on in suspend and which no operator sets back.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define PATIENCE_FIRST_S    60
#define PATIENCE_MOST_S     3600
#define PATIENCE_OPEN_AFTER 5
#define PATIENCE_SPREAD     0.2 /* of a wait, at most */

/* A zeroed struct is due. */
struct patience {
	int64_t next_s;
	unsigned failures; /* in a row */
};

bool patience_is_due(const struct patience *patience, int64_t now_s);
/* `chance` lies in [0, 1). Returns the wait. */
int64_t patience_fail(struct patience *patience, int64_t now_s, bool is_refused, double chance);
void patience_succeed(struct patience *patience, int64_t now_s, int64_t interval_s);
/* The reason for the interval is gone; a wait after a failure stays. */
void patience_hurry(struct patience *patience);
