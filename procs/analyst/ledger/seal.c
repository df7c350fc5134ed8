/* Closed hours enter the hash chain. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyst/ledger/sql.h"
#include "base/cleanup.h"
#include "base/clock.h"

/* An hour on its way into the chain. */
struct hour {
	struct sealed_hour sealed;
	struct sealing sealing;
};

int sealing_step(struct sealing *sealing, const char *record, size_t size)
{
	int r = chain_step(sealing->hash, record, size);

	if (r < 0)
		return r;
	if (sealing->size + MARK_DIGITS > sealing->room) {
		size_t room = sealing->room == 0 ? 4096 : sealing->room * 2;
		char *marks = realloc(sealing->marks, room);
		if (marks == NULL)
			return -ENOMEM;
		sealing->marks = marks;
		sealing->room = room;
	}
	memcpy(sealing->marks + sealing->size, sealing->hash, MARK_DIGITS);
	sealing->size += MARK_DIGITS;
	return 0;
}

static int step(struct hour *hour, struct json_writer *writer)
{
	CLEANUP(freep) char *record = NULL;
	size_t size;
	int r = json_take(writer, &record, &size);

	return r < 0 ? r : sealing_step(&hour->sealing, record, size);
}

static int add_row(void *context, const struct sealed_row *row)
{
	struct hour *hour = context;
	struct json_writer writer = { 0 };

	hour->sealed.rows++;
	for (int zone = 0; zone < ZONE_COUNT; zone++)
		if (row->active_uj[zone] != 0 || row->idle_uj[zone] != 0)
			hour->sealed.terms.zones |= 1u << zone;
	sealed_write_row(&writer, NULL, row);
	return step(hour, &writer);
}

static int compute(struct ledger *ledger, struct hour *hour)
{
	struct json_writer writer = { 0 };
	int r = sealed_rows(ledger->sealed, hour->sealed.start, add_row, hour);

	if (r < 0)
		return r;
	sealed_write_hour(&writer, NULL, &hour->sealed);
	return step(hour, &writer);
}

static void bind_text(sqlite3_stmt *statement, int parameter, const char *text)
{
	sqlite3_bind_text(statement, parameter, text, -1, SQLITE_STATIC);
}

static int insert(struct ledger *ledger, const struct hour *closed)
{
	sqlite3_stmt *statement = ledger->statements[SQL_SEAL];
	const struct sealed_hour *hour = &closed->sealed;
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
	bind_text(statement, 16, closed->sealing.hash);
	sqlite3_bind_text(statement, 17, closed->sealing.marks, (int)closed->sealing.size, SQLITE_STATIC);
	bind_text(statement, 18, hour->days);
	r = ledger_run(ledger, SQL_SEAL);
	sqlite3_clear_bindings(statement); /* the texts are ours */
	return r;
}

int ledger_last_hash(struct ledger *ledger, enum statement which, char ret_hash[static CHAIN_HEX_SIZE])
{
	sqlite3_stmt *statement = ledger->statements[which];
	int code = sqlite3_step(statement), r = 0;

	strcpy(ret_hash, CHAIN_GENESIS);
	if (code == SQLITE_ROW && sqlite3_column_bytes(statement, 0) == CHAIN_HEX_SIZE - 1)
		memcpy(ret_hash, sqlite3_column_text(statement, 0), CHAIN_HEX_SIZE);
	else if (code != SQLITE_DONE)
		r = ledger_errno(ledger, code == SQLITE_ROW ? SQLITE_CORRUPT : code);
	sqlite3_reset(statement);
	return r;
}

int ledger_sealed_until(struct ledger *ledger, int64_t *ret_until)
{
	return ledger_first_integer(ledger, SQL_SEALED_UNTIL, ret_until);
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

/* What it follows: the hour before it, and the last day if there is one. */
static int find_place(struct ledger *ledger, struct sealed_hour *hour)
{
	int r = ledger_last_hash(ledger, SQL_LAST_HASH, hour->previous);

	if (r == 0)
		r = ledger_last_hash(ledger, SQL_LAST_DAY, hour->days);
	if (strcmp(hour->days, CHAIN_GENESIS) == 0)
		hour->days[0] = '\0';
	return r;
}

static int seal(struct ledger *ledger, struct hour *hour)
{
	int r = ledger_run(ledger, SQL_BEGIN);

	if (r == 0)
		r = find_place(ledger, &hour->sealed);
	strcpy(hour->sealing.hash, hour->sealed.previous);
	if (r == 0)
		r = compute(ledger, hour);
	if (r == 0)
		r = insert(ledger, hour);
	if (r == 0)
		r = ledger_run(ledger, SQL_COMMIT);
	if (r < 0)
		ledger_abandon(ledger);
	return r;
}

bool ledger_has_unsealed(struct ledger *ledger, int64_t closed_until)
{
	int64_t hour;

	return next_hour(ledger, closed_until, &hour) > 0;
}

int ledger_seal(struct ledger *ledger, int64_t closed_until, int64_t passed_until, ledger_terms_fn *terms,
	void *context)
{
	uint64_t end_ns = clock_mono_ns() + LEDGER_SEALS_MS * NS_PER_MILLISECOND;
	int r;

	if (ledger->is_open)
		return -EBUSY;
	for (int i = 0; i < LEDGER_SEALS_MAX && (i == 0 || clock_mono_ns() < end_ns); i++) {
		struct hour hour = { 0 };
		r = next_hour(ledger, closed_until, &hour.sealed.start);
		if (r <= 0)
			return r;
		if (hour.sealed.start + LEDGER_HOUR_SECONDS > passed_until)
			hour.sealed.flags = HOUR_INCOMPLETE;
		terms(context, hour.sealed.start, &hour.sealed.terms);
		r = seal(ledger, &hour);
		free(hour.sealing.marks);
		if (r < 0)
			return r;
	}
	return 1;
}
