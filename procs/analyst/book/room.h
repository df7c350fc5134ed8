/*
 * How much energy can have been used: what a node may bring is what ROOM_WATTS would have used since the frames before, by the
 * clock that the analyst checks frames against, or by its own. What is not used up stays: a gap, a coarse step or energy told
 * late finds its room. Without it a source that lies could begin epochs until sums leave SQLite's 64 bits. Private to this folder.
 */
#pragma once

#include "analyst/book/book.h"
#include "ipc/frame.h"

/* All zones together. The node may be a whole cluster that a fetcher reads: 250 hosts of eight GPUs draw as much. 2^63 µJ are 42 days
 * of it. */
#define ROOM_WATTS UINT64_C(2500000)

/* Energy of the ledger's last reading on may come. */
void room_open(struct book_room *room, const struct ledger_state *state);
/* A frame begins. */
void room_grow(struct book_room *room, const struct power_once *once);
/* What a row of the frame brings, all zones. */
void room_bring(struct book_room *room, uint64_t uj);
/* The frame is whole. False: neither its rows nor the node can have used that. */
bool room_take(struct book *book, const struct power_once *once);
/* What was taken is in the ledger; or it is not, and comes again. */
void room_commit(struct book_room *room);
void room_revert(struct book_room *room);
