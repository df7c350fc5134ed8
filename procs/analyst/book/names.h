/* Which workload a row belongs to, and what happens when its name comes late. Private to this folder. */
#pragma once

#include "analyst/book/book.h"

/* Index of the workload of that identity, made if need be. 0 or -errno. */
int book_workload_of(struct book *book, const struct ledger_identity *identity, uint32_t *ret_index);
/* The workload of a row that is seen for the first time, by what the directory knows. 0 or -errno. */
int book_resolve(struct book *book, uint64_t id, uint32_t *ret_index);
/* Tells the ledger every merge, workload and name again, after a transaction was lost. */
void book_retell(struct book *book);
/* Frees the places of workloads without rows whose last minute is over. */
void book_free_workloads(struct book *book);
