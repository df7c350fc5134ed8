/*
 * An interval of boot time laid over the ledger's slots, and integers divided among them so that not one µJ is lost.
 */
#pragma once

#include <stdint.h>

#include "analyst/ledger/ledger.h"

#define SPREAD_PIECES_MAX 2016 /* seven days of slots; longer gaps take every n-th slot */

struct spread {
	uint32_t count;
	uint64_t total_ns;
	int64_t slot[SPREAD_PIECES_MAX];
	uint64_t until_ns[SPREAD_PIECES_MAX]; /* end of the piece, from the interval's beginning */
	bool is_late; /* some of it lay in closed hours and was put into the first open slot */
};

/* The `length_ns` before `end_real_ns`. Slots by real time; those before `closed_until` (s) become the first open one. */
void spread_make(struct spread *spread, uint64_t end_real_ns, uint64_t length_ns, int64_t closed_until);
/* The share of `amount` that falls to one piece; the shares of all pieces add up to `amount` exactly. */
uint64_t spread_share(const struct spread *spread, uint32_t piece, uint64_t amount);
