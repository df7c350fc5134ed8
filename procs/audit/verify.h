/* Does the chain hold? Follows every sealed hour of a ledger, or of an exported bundle, and names the first record that is not
 * what was sealed. */
#pragma once

#include "audit/sealed.h"

struct audit {
	int64_t first, last; /* start of the first and the last hour followed */
	uint64_t hours, records;
	char head
		[CHAIN_HEX_SIZE]; /* hash after the last record: note it elsewhere, and nobody can rewrite the whole chain */
	char fault[1024]; /* "" = it holds; else hour and record, and what is wrong */
};

/* The chain of one hour, record by record. Zero it, then audit_begin_hour(), audit_record() for each, audit_end_hour(). */
struct audit_hour {
	struct audit *audit;
	const struct sealed_hour *hour;
	size_t record;
};

/* All of them return 0, or 1 with audit->fault filled: go no further. */
int audit_begin_hour(struct audit_hour *hour);
/* `what` names the record for people. */
int audit_record(struct audit_hour *hour, const char *record, size_t size, const char *what);
int audit_end_hour(struct audit_hour *hour);

/* Every sealed hour with from <= start < to. 0 with the result in *ret_audit, whatever it is; -EIO: the file cannot be read
 * to its end; -ENOMEM. */
int audit_ledger(struct sealed *sealed, int64_t from, int64_t to, struct audit *ret_audit);
