/*
 * The audit bundle: sealed hours of a period with their records and hashes, as one JSON file that can be verified without
 * the ledger: {"format", "rule", "from", "to", "days": [{"start", "previous", "hash", "marks", "records": [record …]}],
 * "hours": [{"start", "previous", "hash", "marks", "rows": [record …], "hour": record}], "report", "head", "it_energy_uj",
 * "fault"?, "seal"}. Hours kept by the day are in days; "report" is what the audit states to people; "fault" says why the
 * chain did not hold when it was written; "seal" is the hash after one more record, that of the bundle itself.
 */
#pragma once

#include <stdio.h>

#include "audit/verify.h"
#include "cli/report/document.h"
#include "cli/report/tally.h"

#define BUNDLE_FORMAT    "tanso-audit-4"
#define BUNDLE_BYTES_MAX (256U << 20)

/* The hash after one more record, of what the bundle says of itself: who changes the period or the report changes the
 * seal. 0 or -errno. */
int bundle_seal(const char *head, const char *from, const char *to, int64_t it_uj, const char *fault,
	struct json_object *report, char ret_seal[static CHAIN_HEX_SIZE]);
/* 0 or -errno. */
int bundle_write(struct sealed *sealed, const struct tally *tally, const struct audit *audit,
	const struct document *document, FILE *out);
/* Follows the chain, and checks head, total, period and seal. 0 with the result in *ret_audit; < 0 after saying why it cannot be read. */
int bundle_verify(const char *path, struct audit *ret_audit);
