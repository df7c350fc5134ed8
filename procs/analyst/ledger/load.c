/* Names and the last day of all workloads go into memory, in steps, for a turn of the analyst must be short. What is written
 * meanwhile goes to both, or is still to be read. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyst/ledger/sql.h"
#include "base/clock.h"

#define ROWS_A_LOOK UINT64_C(4) /* at the clock */

static bool is_over(uint64_t rows, uint64_t end_ns)
{
	return rows % ROWS_A_LOOK == 0 && clock_mono_ns() >= end_ns;
}

/* 1: time is over; 0: it came to its end, or found no room. */
static int end_of(struct ledger *ledger, sqlite3_stmt *statement, int code)
{
	int r = code == SQLITE_ROW ? 1 : code == SQLITE_DONE ? 0 : ledger_errno(ledger, code);

	sqlite3_reset(statement);
	return r;
}

static int load_names(struct ledger *ledger, uint64_t end_ns)
{
	struct named *named = &ledger->named;
	sqlite3_stmt *statement = ledger->statements[SQL_LOAD_NAMES];
	int code = SQLITE_ROW, r;

	sqlite3_bind_int64(statement, 1, named->whole_until);
	for (uint64_t rows = 1; !is_over(rows, end_ns) && (code = sqlite3_step(statement)) == SQLITE_ROW;
		rows++) {
		int64_t workload = sqlite3_column_int64(statement, 0);
		struct ledger_identity identity;
		ledger_read_identity(statement, 1, &identity);
		named->whole_until = workload;
		named_put(named, workload, &identity);
		if (named->is_too_much)
			break;
	}
	r = end_of(ledger, statement, code);
	if (r == 0)
		named->whole_until = NAMED_ALL;
	return r;
}

static int load_owners(struct ledger *ledger, uint64_t end_ns)
{
	struct named *named = &ledger->named;
	sqlite3_stmt *statement = ledger->statements[SQL_LOAD_OWNERS];
	int code = SQLITE_ROW, r;

	sqlite3_bind_text(statement, 1, named->owner_until, -1, SQLITE_TRANSIENT);
	sqlite3_bind_int64(statement, 2, named->owner_workload_until);
	for (uint64_t rows = 1; !is_over(rows, end_ns) && (code = sqlite3_step(statement)) == SQLITE_ROW;
		rows++) {
		char kind[64];
		named->owner_workload_until = sqlite3_column_int64(statement, 0);
		ledger_read_text(statement, 1, named->owner_until, sizeof(named->owner_until));
		ledger_read_text(statement, 2, kind, sizeof(kind));
		named_own(named, named->owner_workload_until, named->owner_until, kind);
		if (named->is_too_much)
			break;
	}
	r = end_of(ledger, statement, code);
	named->is_whole = r == 0 && !named->is_too_much;
	return r;
}

/* Those that others became come first: the scan leaves them out, for their pieces stand under several numbers. */
static int begin_pieces(struct ledger *ledger, uint32_t zone_mask)
{
	sqlite3_stmt *statement = ledger->statements[SQL_BECAME];
	struct recent *recent = &ledger->recent;
	int code = SQLITE_DONE, r;

	if (recent->zone_mask != zone_mask)
		recent_clear(recent);
	recent->zone_mask = zone_mask;
	r = ledger_first_integer(ledger, SQL_AFTER_HOURS, &recent->whole_since);
	while (r == 0 && (code = sqlite3_step(statement)) == SQLITE_ROW)
		r = ledger_keep_pieces(ledger, sqlite3_column_int64(statement, 0));
	sqlite3_reset(statement);
	return r == 0 && code != SQLITE_DONE ? ledger_errno(ledger, code) : r;
}

/* A copy of no more than its size. False: there was no room for all. */
static bool keep(struct ledger *ledger, int64_t workload, const struct gathered *gathered)
{
	struct recent *recent = &ledger->recent;
	struct ledger_piece *pieces = calloc(gathered->count, sizeof(*pieces));

	if (pieces == NULL)
		return false;
	memcpy(pieces, gathered->pieces, gathered->count * sizeof(*pieces));
	recent->whole_until = workload;
	recent_keep(recent, workload, recent->whole_since, recent->zone_mask, pieces, gathered->count);
	return recent->whole_until == workload;
}

/* The rows of one workload follow each other: what is broken off in the midst of them is read again. */
static int read_pieces(
	struct ledger *ledger, sqlite3_stmt *statement, struct gathered *gathered, uint64_t end_ns)
{
	struct ledger_piece piece;
	int64_t workload = 0;
	int code, r = 0;

	for (uint64_t workloads = 1; r == 0 && (code = sqlite3_step(statement)) == SQLITE_ROW;) {
		int64_t next = sqlite3_column_int64(statement, 0);
		if (next != workload && workload != 0) {
			if (!keep(ledger, workload, gathered))
				return -ENOMEM;
			gathered->count = 0;
			if (is_over(workloads++, end_ns))
				return 1;
		}
		workload = next;
		if (ledger_read_piece(statement, &piece))
			r = ledger_gather(gathered, &piece);
	}
	if (r == 0 && code != SQLITE_DONE)
		r = ledger_errno(ledger, code);
	return r == 0 && workload != 0 && !keep(ledger, workload, gathered) ? -ENOMEM : r;
}

static int load_pieces(struct ledger *ledger, uint32_t zone_mask, uint64_t end_ns)
{
	struct recent *recent = &ledger->recent;
	struct gathered gathered = { 0 };
	sqlite3_stmt *statement;
	int r = 0;

	if (recent->whole_until == 0 || recent->zone_mask != zone_mask)
		r = begin_pieces(ledger, zone_mask);
	if (r < 0)
		return r;
	statement = ledger_window(ledger, SQL_LOAD_PIECES,
		&(struct usage_window) { .since = recent->whole_until, .zone_mask = zone_mask }, 0);
	r = read_pieces(ledger, statement, &gathered, end_ns);
	sqlite3_reset(statement);
	free(gathered.pieces);
	if (r == 0)
		recent->whole_until = RECENT_ALL;
	return r;
}

/* Those of which more changed than booking tells. */
static int read_unread(struct ledger *ledger)
{
	struct recent *recent = &ledger->recent;
	int r = 0;

	while (r == 0 && recent->unread_count > 0)
		r = ledger_keep_pieces(ledger, recent->unread[--recent->unread_count]);
	return r;
}

static bool is_names_missing(const struct named *named)
{
	return !named->is_whole && !named->is_too_much;
}

static bool is_pieces_missing(const struct recent *recent, uint32_t zone_mask)
{
	return zone_mask != 0 && !recent->is_too_much &&
	       (recent->whole_until != RECENT_ALL || recent->zone_mask != zone_mask);
}

int ledger_load_step(struct ledger *ledger, uint32_t zone_mask, int64_t ms)
{
	uint64_t end_ns = ms < INT64_MAX ? clock_mono_ns() + (uint64_t)ms * NS_PER_MILLISECOND : UINT64_MAX;
	struct recent *recent = &ledger->recent;
	struct named *named = &ledger->named;
	int r = 0;

	if (is_names_missing(named))
		r = named->whole_until != NAMED_ALL ? load_names(ledger, end_ns)
						    : load_owners(ledger, end_ns);
	else if (is_pieces_missing(recent, zone_mask))
		r = load_pieces(ledger, zone_mask, end_ns);
	else
		return read_unread(ledger);
	if (r < 0) /* what cannot be read is not tried again and again: lists say why */
		named->is_too_much = recent->is_too_much = true;
	return r < 0 ? r : 1;
}

void ledger_load_names(struct ledger *ledger)
{
	while (is_names_missing(&ledger->named) && ledger_load_step(ledger, 0, INT64_MAX) > 0)
		;
}

bool ledger_load_window(struct ledger *ledger, const struct usage_window *window)
{
	struct recent *recent = &ledger->recent;

	ledger_load_names(ledger);
	if (recent_since(recent, window) != INT64_MAX)
		while (is_pieces_missing(recent, window->zone_mask) &&
			ledger_load_step(ledger, window->zone_mask, INT64_MAX) > 0)
			;
	return recent_is_whole(recent, window) && read_unread(ledger) == 0 && recent_is_whole(recent, window);
}
