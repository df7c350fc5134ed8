/*
 * Sealed hours: what a closed hour of the ledger holds, as records of the hash chain. Each hour is its rows, node first and
 * then workloads by kind, namespace, name and state, and at the end the record of the hour itself: the terms under which its
 * energy counts, and how many rows there were. Reads any database with the ledger's tables; owns no connection.
 */
#pragma once

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "audit/chain.h"
#include "ipc/vocabulary.h"

/* The workloads that have rows in a table whose key begins with them: a seek each, where a condition on the slot alone would
 * read the whole table. */
#define SEALED_WORKLOADS_OF(table)                                                                           \
	"(WITH RECURSIVE has(id) AS (SELECT min(workload) FROM " table " UNION ALL SELECT (SELECT "          \
	"min(workload) FROM " table " WHERE workload > has.id) FROM has WHERE has.id IS NOT NULL) "          \
	"SELECT id FROM has WHERE id IS NOT NULL)"

#define SEALED_SECONDS  3600           /* of an hour */
#define HOUR_INCOMPLETE UINT32_C(0x08) /* closed 24 h later, although a source had not passed it */
#define MARK_DIGITS     8              /* of every record's hash kept, to name the first that differs */
#define ROW_NODE        (-1)           /* kind of the node's own row: its `active` is what is not idle */

/* What the energy of an hour counts for, fixed when it is sealed. Integers: the chain knows no fractions. */
struct terms {
	int64_t intensity_mg; /* mgCO2eq/kWh, mean of the hour */
	int64_t covered_ppm;  /* of it from a file or provider; the rest is annual */
	char factor[16], grid[160], vintage[32], quality[16]; /* of the intensity */
	int64_t pue_ppm;
	char pue_source[16];
	uint32_t zones;  /* bit z: the node had zone z */
	char meter[132]; /* of the power */
	int64_t error_ppm;
};

struct sealed_hour {
	int64_t start; /* s since 1970 */
	uint32_t flags;
	int64_t rows;
	struct terms terms;
	char days[CHAIN_HEX_SIZE]; /* hash of the last day when the hour was sealed; "" = there was none */
	char previous[CHAIN_HEX_SIZE], hash[CHAIN_HEX_SIZE];
	const char *marks; /* MARK_DIGITS a record; of the reader, until its next call */
	size_t marks_size;
};

struct sealed_row {
	int64_t hour;
	int kind; /* enum workload_kind or ROW_NODE */
	const char *namespace, *name;
	int state; /* enum power_state */
	int64_t present_ns;
	uint32_t flags;
	int64_t active_uj[ZONE_COUNT], idle_uj[ZONE_COUNT];
};

/* A day (Korean time) whose workloads are kept by the day. Its records: of each hour the node's rows, and the hour with its
 * hash; then the workloads' rows; then the day. The hours' own chain goes on over it, by the hashes alone. */
struct sealed_day {
	int64_t start;
	char previous[CHAIN_HEX_SIZE], hash[CHAIN_HEX_SIZE];
	const char *marks; /* of the reader, until its next call */
	size_t marks_size;
};

struct sealed_day_row {
	struct sealed_row row;             /* row.hour = start of the day */
	int64_t it_uj;                     /* counted zones, idle included */
	int64_t facility_uj, emissions_ng; /* by the terms of each hour */
};

struct sealed;

/* Borrows the connection. 0, or -EBADMSG: these are not the ledger's tables. */
int sealed_open(struct sealed **ret_sealed, sqlite3 *db);
void sealed_close(struct sealed *sealed);

/* Sealed hours with from <= start < to, in order. 1 = *ret_hour is the next one, 0 = no more, -EIO: the file is damaged.
 * Rewound by sealed_select(). */
void sealed_select(struct sealed *sealed, int64_t from, int64_t to);
int sealed_next(struct sealed *sealed, struct sealed_hour *ret_hour);

/* The same for days. */
void sealed_select_days(struct sealed *sealed, int64_t from, int64_t to);
int sealed_next_day(struct sealed *sealed, struct sealed_day *ret_day);
/* The first instant that is not in a sealed day, s since 1970; 0 = there is none. */
int64_t sealed_days_until(struct sealed *sealed);
/* Is it the hash of a sealed day, or of the one before the oldest? True while there is none to compare with. */
bool sealed_knows_day(struct sealed *sealed, const char *hash);

/* The first instant with from <= start < to whose rows no seal covers although later ones are sealed: rows of the node before an hour
 * that is sealed, of a day that is not, or an hour of a day that is gone. 1 = *ret_start is it, 0 = there is none, -EIO. */
int sealed_find_stray(struct sealed *sealed, int64_t from, int64_t to, int64_t *ret_start);

/* Why the last call returned -EIO, in SQLite's words; static. */
const char *sealed_failure(const struct sealed *sealed);

/* The rows of an hour, sealed or not; of one in a sealed day only the node's. Stops at the first return other than 0, and returns it; else 0 or -EIO. */
typedef int sealed_row_fn(void *context, const struct sealed_row *row);
int sealed_rows(struct sealed *sealed, int64_t hour, sealed_row_fn *each, void *context);

/* The workloads' rows of the days with from <= start < to, in the order of their records. */
typedef int sealed_day_row_fn(void *context, const struct sealed_day_row *row);
int sealed_day_rows(struct sealed *sealed, int64_t from, int64_t to, sealed_day_row_fn *each, void *context);
/* The records of a day in their order, canonical; `what` names one for people, NULL = that of the day itself. Moves the selection of hours. Stops at the first
 * return other than 0, and returns it; else 0, -EIO, -ENOMEM. */
typedef int sealed_record_fn(void *context, const char *record, size_t size, const char *what);
int sealed_day_records(struct sealed *sealed, int64_t day, sealed_record_fn *each, void *context);

#define SEALED_WHAT_SIZE 600
/* "pod ai-team/ml-training-job (measured)" */
void sealed_describe(const struct sealed_row *row, char ret_what[static SEALED_WHAT_SIZE]);

/* The canonical records. */
void sealed_write_row(struct json_writer *writer, const char *key, const struct sealed_row *row);
void sealed_write_hour(struct json_writer *writer, const char *key, const struct sealed_hour *hour);
