/*
 * What a workload holds, page cache not counted: the rows of one frame are added up, and the most of it in a slot of three hours
 * goes to the ledger. It changes once a minute, and is written when it has risen, or every five minutes. Private to this folder.
 */
#pragma once

#include "analyst/book/book.h"

/* A row that lives; `entry` says who it is, NULL = not known yet. */
void memory_count(struct book_workload *workload, struct book_row *row, const struct entry *entry,
	const struct power_row *sent);
/* At the end of the frame. */
void memory_settle(struct book *book, struct book_workload *workload);
/* What the frame brought is thrown away. */
void memory_abandon(struct book_workload *workload);
