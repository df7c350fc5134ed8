/* When the ledger's transaction is committed. Each commit writes pages that the next one writes again: the more the last one wrote, the
 * longer the next waits. A process that is killed loses nothing by it (what was not committed is told again); a power cut does. */
#pragma once

#include "analyst/book/book.h"
#include "base/clock.h"

#define PACE_PAGES_PER_S 20 /* of 4 KiB: with what the log brings to the file 7 to 14 GB a day */
#define PACE_LEAST_NS    NS_PER_SECOND
#define PACE_MOST_NS     (30 * NS_PER_SECOND)
#define PACE_FINALS      2048 /* that many rows have ended: the estimator keeps no more than 8192 for us */

/* A zeroed struct has not committed yet. */
struct pace {
	uint64_t committed_ns; /* CLOCK_MONOTONIC */
	uint64_t spacing_ns;
};

/* What book_commit() said, and how many pages it wrote. */
void pace_note(struct pace *pace, int result, uint64_t pages, uint64_t now_ns);
bool pace_is_due(const struct pace *pace, const struct book *book, uint64_t now_ns);
