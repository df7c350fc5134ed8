/*
 * How fast somebody may ask: a token bucket of one second, kept as the time at which it will be full again (the generic
 * cell rate algorithm, ITU-T I.371). `per_second` in the long run, and at most that many at once.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

struct rate {
	uint64_t full_ns; /* 0 = it is full */
};

/* Takes one. False: there is none, come back in a second at the latest. per_second is 1 to 10^6. */
static inline bool rate_take(struct rate *rate, uint64_t per_second, uint64_t now_ns)
{
	uint64_t one_ns = NS_PER_SECOND / per_second;
	uint64_t full_ns = rate->full_ns > now_ns ? rate->full_ns : now_ns;

	if (full_ns - now_ns > NS_PER_SECOND - one_ns)
		return false;
	rate->full_ns = full_ns + one_ns;
	return true;
}
