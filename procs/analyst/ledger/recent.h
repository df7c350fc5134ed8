/*
 * What the ledger holds of the last day, in memory: a question then adds up some hundred numbers and runs no SQL, and a list
 * reads no rows from the file. All workloads are read in by ledger_load_step(); one that is asked about before is read by
 * itself. A copy that is never more than that: what is booked is added to both, what a merge or a roll-up changed is forgotten
 * or read again, and a rollback empties it. Bounded by RECENT_BYTES_MAX; one that finds no room takes the place of another.
 * Private to this folder.
 */
#pragma once

#include "analyst/ledger/query.h"
#include "base/idmap.h"

#define RECENT_SECONDS                                                                                       \
	(27 * LEDGER_HOUR_SECONDS) /* the standard window, and the day and two hours a run is looked for in */
/* 18 000 workloads of a whole day, or a million that lived for some minutes; more share it */
#define RECENT_BYTES_MAX  (INT64_C(256) << 20)
#define RECENT_EACH_MAX   2048 /* pieces of one workload: who has more is read from the ledger */
#define RECENT_UNREAD_MAX 1024 /* workloads of which that much changed that they are to be read again */
#define RECENT_ALL        INT64_MAX

/* A zeroed struct is empty. */
struct recent {
	struct recent_workload *workloads;
	size_t count, room;
	struct idmap by_number;
	size_t bytes;
	uint64_t dice;      /* whose place is taken */
	uint32_t zone_mask; /* whose zones the energies count */
	int64_t newest;     /* start of the slot booked last, s since 1970; 0 = none yet */
	/* Every workload up to this number that has a piece since then is here, or unread; 0 = none is known to be. */
	int64_t whole_until, whole_since;
	int64_t unread[RECENT_UNREAD_MAX];
	size_t unread_count;
	bool is_too_much; /* there was no room for all: not tried again before something goes */
};

void recent_done(struct recent *recent);
/* Forgets every row. */
void recent_clear(struct recent *recent);
/* Forgets one workload, if it is here; its rows of the file are not what they were. */
bool recent_forget(struct recent *recent, int64_t workload);
/* It is to be read again before all are summed up. */
void recent_add_unread(struct recent *recent, int64_t workload);
/* Pieces that start before became others, or went. */
void recent_forget_before(struct recent *recent, int64_t start);
/* Are all pieces of all workloads in that window here, but for the unread ones? */
bool recent_is_whole(const struct recent *recent, const struct usage_window *window);
/* The workload at a place, 0 … recent->count - 1, and its pieces. */
int64_t recent_at(
	const struct recent *recent, size_t place, const struct ledger_piece **ret_pieces, size_t *ret_count);
/* One slot more of a workload (0 = the node), as it is booked. */
void recent_book(struct recent *recent, int64_t workload, const struct ledger_slot *slot);

/* The pieces kept of a workload, of all states, as the ledger orders them; all that start at window->since or later are there.
 * False: not kept. */
bool recent_find(const struct recent *recent, int64_t workload, const struct usage_window *window,
	const struct ledger_piece **ret_pieces, size_t *ret_count);
/* When its newest piece starts, s since 1970 (0: there is none). False: it is not kept, or not since then. */
bool recent_newest(const struct recent *recent, int64_t workload, int64_t since, int64_t *ret_start);
/* From when on pieces are to be read to be kept, s since 1970; INT64_MAX: not worth it, the window reaches back further. */
int64_t recent_since(const struct recent *recent, const struct usage_window *window);
/* Keeps pieces that were read from `since` on, in any order; makes room for them. Takes them over, and frees them where they
 * cannot be kept. */
void recent_keep(struct recent *recent, int64_t workload, int64_t since, uint32_t zone_mask,
	struct ledger_piece *pieces, size_t count);
