/*
 * What a question about many workloads rests on: one snapshot, in which every workload of the window and of this minute
 * has a judged row, and the node they add up to. Read in three passes over ledger and book, whatever their number.
 */
#pragma once

#include "analyst/workloads/inventory.h"
#include "analyst/carbon/verdict.h"
#include "ipc/json_write.h"

struct account {
	struct inventory inventory; /* of the namespace asked for, or of all */
	struct usage node;          /* of the window */
	struct verdict verdict;     /* of the node; its reasons go to the question */
	bool is_whole;              /* who asks may see the node: its watts, its idle part, shares of it */
	bool has_watts;             /* the node's last 60 s are known and usable */
	double parts[PART_COUNT];   /* of the node; PART_IDLE is the part of the others that nobody shares */
	double node_watts, idle_watts;
	double idle_kg_month; /* of the unshared idle energy, with PUE */
};

enum account_rows {
	ROWS_OF_MINUTE, /* what the last minute shows, without a pass over the ledger; judged one by one, below */
	ROWS_BY_POD,
	ROWS_BY_OWNER /* pods of one owner are one row */
};

/* 0 or -errno; account_done() either way. */
int account_gather(struct question *question, enum account_rows rows, struct account *ret_account);
/* Sums up and judges one of ROWS_OF_MINUTE, which until then counts as usable. 0 or -errno. */
int account_judge(const struct question *question, struct account *account, const struct inventory_row *row);
void account_done(struct account *account);

/* Opens the object of one row as lists of consumers show it; the caller closes it. */
void write_consumer(struct json_writer *writer, const struct account *account,
	const struct inventory_row *row, size_t rank);
/* What is left for those not listed: of the node's watts, or of those that may be seen. */
double account_rest_watts(const struct account *account, double listed_watts);
/* Is every workload in the totals? */
bool account_is_complete(const struct account *account, const struct inventory_totals *totals);
/* The members of the same name; all namespaces are "*". */
void write_compliance_summary(struct json_writer *writer, const struct inventory_totals *totals);
void write_scope(struct json_writer *writer, const struct question *question);
