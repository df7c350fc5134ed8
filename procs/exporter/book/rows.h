/* What the files of the book share. */
#pragma once

#include "exporter/book/book.h"

/* The row of an id, made if need be; NULL (counted) when there is no room. */
struct book_row *book_row_of(struct book *book, uint64_t id);
/* Who it is, nobody has told (yet): it has a series of its own all the same, so that all series add up to the node. */
void book_name_nameless(struct book *book, struct book_row *known);
/* account_push(), once there are watts: no window begins with a frame that is still initializing, as in the analyst. */
void book_push(const struct book *book, struct account *account, const struct pulse *pulse);
/* A new energy epoch begins with the names or with the power, whichever comes first. */
void book_begin_epoch(struct book *book, uint64_t energy_epoch);
/* What is passed on of rows (nothing is done without config.has_counters): opens it, */
int book_open_counters(struct book *book);
/* leaves a row's with its accounts before the last row takes its place, */
void book_leave_counters(struct book *book, uint32_t index);
/* and adds up with the power frame what was told before it. */
void book_settle_counters(struct book *book);
/* What the GPUs were told to have drawn up to seq counts from now on. */
void book_settle_gpus(struct book *book, uint64_t seq, uint64_t mono_ns);
