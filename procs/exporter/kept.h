/*
 * What the book must not forget when the exporter restarts: energy that the estimator tells no more, or soon will not.
 * That is the base of every account with its names (who ended, nobody else may know any more), the ended rows (told until
 * they are acknowledged, with the same energy), with metrics_counters what was passed on of either, and what the
 * series of all other processes has gathered. Kept in a memfd that the supervisor holds. A row is in here from the frame that
 * says it ended, long before an ack lets the estimator forget it: so whenever a kill comes, a row's energy is in the next
 * power frame or in here. It belongs to an energy epoch; frames of another one clear it.
 */
#pragma once

#include "exporter/banks.h"
#include "exporter/book/book.h"

#define KEPT_BYTES                                                                                           \
	(16U << 20) /* a bank: 30 000 bases with 500 bytes of names; only what is used is touched */

struct kept_others {
	uint64_t energy_epoch;
	struct energy added;
};

struct kept {
	int fd;
	void *map;
	struct banks bases, others;
	struct kept_others others_saved;
	uint64_t saved;    /* book->accounts.changes at the last write of the bases */
	uint64_t left_out; /* bases and ended rows that found no room in it */
};

/* Takes the memory from the supervisor and resumes a new book from it, or makes an empty one; *ret_is_spoiled: there was
 * one, and it is not usable. */
int kept_open(struct kept *kept, struct book *book, bool *ret_is_spoiled);
/* Over an existing descriptor, which becomes kept's (tests). -EBADMSG: corrupt or not ours; the book is empty. */
int kept_open_fd(struct kept *kept, struct book *book, int fd);
int kept_create_fd(int *ret_fd);
void kept_done(struct kept *kept);
/* Writes what changed since the last call; before an ack is sent. */
void kept_save(struct kept *kept, const struct book *book);
