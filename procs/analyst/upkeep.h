/* What the ledger needs besides booking: closed hours are sealed, old ones rolled up, and who is gone is forgotten. What fails is
 * logged and tried again. */
#pragma once

#include "analyst/answers/answer.h"
#include "analyst/book/book.h"

/* A zeroed struct has just started. */
struct upkeep {
	uint64_t seconds;
	bool is_behind; /* slots are left to become hours */
};

/* Has this second work that wants no open transaction, or does a commit close an hour, which is such work? Then commit first. */
bool upkeep_has_work(const struct upkeep *upkeep, const struct book *book, const struct knowledge *knowledge);
/* Once a second, with `knowledge` of this second. */
void upkeep_second(struct upkeep *upkeep, struct book *book, struct knowledge *knowledge);
