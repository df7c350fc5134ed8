/* The rows of the book, by id. Private to this folder. */
#pragma once

#include "analyst/book/book.h"

/* NULL when full or out of memory (counted). */
struct book_row *book_row_add(struct book *book, uint64_t id, uint32_t workload);
void book_row_remove(struct book *book, uint32_t index);
struct book_row *book_row_find(struct book *book, uint64_t id);
void book_rows_clear(struct book *book);
/* Everything since the last commit is undone: the next frame brings it again. */
void book_revert(struct book *book);
/* Adds to a cumulative of the last minute, by part. */
void book_add_parts(
	uint64_t cumulative_uj[static PART_COUNT], const struct energy *delta, uint32_t zone_mask);
