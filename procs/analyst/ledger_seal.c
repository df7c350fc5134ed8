/* Closed hours enter the hash chain. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyst/ledger_sql.h"
#include "base/cleanup.h"

/* An hour on its way into the chain. */
struct sealing {
	struct sealed_hour hour;
	char *marks;
	size_t size, room;
};

static int step(struct sealing *sealing, struct json_writer *writer)
{
	CLEANUP(freep) char *record = NULL;
	size_t size;
	int r = json_take(writer, &record, &size);

	if (r < 0 || (r = chain_step(sealing->hour.hash, record, size)) < 0)
		return r;
	if (sealing->size + MARK_DIGITS > sealing->room) {
		size_t room = sealing->room == 0 ? 4096 : sealing->room * 2;
		char *marks = realloc(sealing->marks, room);
		if (marks == NULL)
			return -ENOMEM;
		sealing->marks = marks;
		sealing->room = room;
	}
	memcpy(sealing->marks + sealing->size, sealing->hour.hash, MARK_DIGITS);
	sealing->size += MARK_DIGITS;
	return 0;
}

static int add_row(void *context, const struct sealed_row *row)
{
	struct sealing *sealing = context;
	struct json_writer writer = { 0 };

	sealing->hour.rows++;
	for (int zone = 0; zone < ZONE_COUNT; zone++)
		if (row->active_uj[zone] != 0 || row->idle_uj[zone] != 0)
			sealing->hour.terms.zones |= 1u << zone;
	sealed_write_row(&writer, NULL, row);
	return step(sealing, &writer);
}

static int compute(struct ledger *ledger, struct sealing *sealing)
{
	struct json_writer writer = { 0 };
	int r = sealed_rows(ledger->sealed, sealing->hour.start, add_row, sealing);

	if (r < 0)
		return r;
	sealed_write_hour(&writer, NULL, &sealing->hour);
	return step(sealing, &writer);
}

static void bind_text(sqlite3_stmt *statement, int parameter, const char *text)
{
	sqlite3_bind_text(statement, parameter, text, -1, SQLITE_STATIC);
}

static int insert(struct ledger *ledger, const struct sealing *sealing)
{
	sqlite3_stmt *statement = ledger->statements[SQL_SEAL];
	const struct sealed_hour *hour = &sealing->hour;
	const struct terms *terms = &hour->terms;
	int r;

	sqlite3_bind_int64(statement, 1, hour->start);
	sqlite3_bind_int64(statement, 2, hour->flags);
	sqlite3_bind_int64(statement, 3, hour->rows);
	sqlite3_bind_int64(statement, 4, terms->intensity_mg);
	sqlite3_bind_int64(statement, 5, terms->covered_ppm);
	bind_text(statement, 6, terms->factor);
	bind_text(statement, 7, terms->grid);
	bind_text(statement, 8, terms->vintage);
	bind_text(statement, 9, terms->quality);
	sqlite3_bind_int64(statement, 10, terms->pue_ppm);
	bind_text(statement, 11, terms->pue_source);
	sqlite3_bind_int64(statement, 12, terms->zones);
	bind_text(statement, 13, terms->meter);
	sqlite3_bind_int64(statement, 14, terms->error_ppm);
	bind_text(statement, 15, hour->previous);
	bind_text(statement, 16, hour->hash);
	sqlite3_bind_text(statement, 17, sealing->marks, (int)sealing->size, SQLITE_STATIC);
	r = ledger_run(ledger, SQL_SEAL);
	sqlite3_clear_bindings(statement); /* the texts are ours */
	return r;
}

/* The hash the next hour follows. */
static int last_hash(struct ledger *ledger, char ret_hash[static CHAIN_HEX_SIZE])
{
	sqlite3_stmt *statement = ledger->statements[SQL_LAST_HASH];
	int code = sqlite3_step(statement), r = 0;

	strcpy(ret_hash, CHAIN_GENESIS);
	if (code == SQLITE_ROW && sqlite3_column_bytes(statement, 0) == CHAIN_HEX_SIZE - 1)
		memcpy(ret_hash, sqlite3_column_text(statement, 0), CHAIN_HEX_SIZE);
	else if (code != SQLITE_DONE)
		r = ledger_errno(ledger, code == SQLITE_ROW ? SQLITE_CORRUPT : code);
	sqlite3_reset(statement);
	return r;
}

/* 1 = *ret_hour is the oldest that is not sealed, 0 = there is none. */
static int next_hour(struct ledger *ledger, int64_t closed_until, int64_t *ret_hour)
{
	sqlite3_stmt *statement = ledger->statements[SQL_UNSEALED_HOUR];
	int code = sqlite3_step(statement), r;

	r = code == SQLITE_ROW ? sqlite3_column_type(statement, 0) != SQLITE_NULL
			       : ledger_errno(ledger, code);
	*ret_hour = sqlite3_column_int64(statement, 0);
	sqlite3_reset(statement);
	return r > 0 && *ret_hour >= closed_until ? 0 : r;
}

static int seal(struct ledger *ledger, struct sealing *sealing)
{
	int r = ledger_run(ledger, SQL_BEGIN);

	if (r == 0)
		r = last_hash(ledger, sealing->hour.previous);
	strcpy(sealing->hour.hash, sealing->hour.previous);
	if (r == 0)
		r = compute(ledger, sealing);
	if (r == 0)
		r = insert(ledger, sealing);
	if (r == 0)
		r = ledger_run(ledger, SQL_COMMIT);
	if (r < 0)
		ledger_abandon(ledger);
	return r;
}

int ledger_seal(struct ledger *ledger, int64_t closed_until, int64_t passed_until, ledger_terms_fn *terms,
	void *context)
{
	int r = 0;

	if (ledger->is_open)
		return -EBUSY;
	for (int i = 0; i < LEDGER_SEALS_MAX; i++) {
		struct sealing sealing = { 0 };
		r = next_hour(ledger, closed_until, &sealing.hour.start);
		if (r <= 0)
			break;
		if (sealing.hour.start + LEDGER_HOUR_SECONDS > passed_until)
			sealing.hour.flags = HOUR_INCOMPLETE;
		terms(context, sealing.hour.start, &sealing.hour.terms);
		r = seal(ledger, &sealing);
		free(sealing.marks);
		if (r < 0)
			break;
	}
	return r;
}
