/* Does the chain hold? Follows every sealed day and hour of a ledger, or of an exported bundle, and names the first record that is not
 * what was sealed. */
#pragma once

#include "audit/sealed.h"

struct audit {
	int64_t first, last; /* start of the first and the last hour followed */
	uint64_t hours, records;
	char before
		[CHAIN_HEX_SIZE]; /* the hash that the first hour follows: CHAIN_GENESIS, or that of one no longer kept */
	uint64_t days; /* of the hours so many whole days are kept by the day */
	char head
		[CHAIN_HEX_SIZE]; /* hash after the last record: note it elsewhere, and nobody can rewrite the whole chain */
	char fault[2][1024]; /* "" = it holds; else hour and record, and what is wrong; [0] en, [1] ko */
};

/* The chain of one hour, or day, record by record. Zero it, then audit_begin(), audit_record() for each, audit_end(). */
struct audit_span {
	struct audit *audit;
	bool is_day; /* else an hour */
	int64_t start;
	const char *previous, *hash, *marks;
	size_t marks_size;
	size_t record;
};

/* A fault of the whole. */
void audit_say(struct audit *audit, const char *fault_en, const char *fault_ko);

/* All of them return 0, or 1 with audit->fault filled: go no further. */
int audit_begin(struct audit_span *span);
/* `what` names the record for people; NULL = it is that of the hour or day itself. */
int audit_record(struct audit_span *span, const char *record, size_t size, const char *what);
int audit_end(struct audit_span *span);

/* Of an hour in a sealed day nothing can be followed but its hashes: is it the next one? */
int audit_link_hour(struct audit *audit, const struct sealed_hour *hour);

/* Every sealed day and hour with from <= start < to, and whether rows lie beside them that no seal covers. 0 with the result in
 * *ret_audit, whatever it is, a file that cannot be read to its end too; -ENOMEM. */
int audit_ledger(struct sealed *sealed, int64_t from, int64_t to, struct audit *ret_audit);
