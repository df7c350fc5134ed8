/* A day of sealed hours becomes one row a workload and state, and a record of the days' hash chain. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyst/ledger_sql.h"
#include "audit/verify.h"
#include "base/kst.h"
#include "base/wide.h"

#define HOURS        (DAY_SECONDS / LEDGER_HOUR_SECONDS)
#define UJ_PER_WH    UINT64_C(3600000000)
#define NG_PER_UJ_MG (UJ_PER_WH / 1000) /* ng of 1 uJ at 1 mg/kWh: 1 over this */

struct terms_of_day {
	struct terms terms[HOURS];
	bool is_sealed[HOURS];
};

static int read_terms(struct ledger *ledger, int64_t day, struct terms_of_day *ret)
{
	struct sealed_hour hour;
	int r;

	*ret = (struct terms_of_day) { 0 };
	sealed_select(ledger->sealed, day, day + DAY_SECONDS);
	while ((r = sealed_next(ledger->sealed, &hour)) > 0) {
		int64_t index = (hour.start - day) / LEDGER_HOUR_SECONDS;
		ret->terms[index] = hour.terms;
		ret->is_sealed[index] = true;
	}
	return r;
}

/* What the terms of the hour make of a row's energy. */
static void bind_worth(
	sqlite3_stmt *add, int parameter, const struct energy *energy, const struct terms *terms)
{
	uint64_t it_uj = 0, facility_uj;

	for (int zone = 0; zone < ZONE_COUNT; zone++)
		if (zone_is_counted((enum zone)zone, terms->zones))
			it_uj += energy->active[zone] + energy->idle[zone];
	facility_uj = mul_div_u64(it_uj, (uint64_t)terms->pue_ppm, 1000000);
	sqlite3_bind_int64(add, parameter, (int64_t)it_uj);
	sqlite3_bind_int64(add, parameter + 1, (int64_t)facility_uj);
	sqlite3_bind_int64(add, parameter + 2,
		(int64_t)mul_div_u64(facility_uj, (uint64_t)terms->intensity_mg, NG_PER_UJ_MG));
}

static int add_hour(struct ledger *ledger, int64_t day, const struct terms_of_day *of_day)
{
	sqlite3_stmt *row = ledger->statements[SQL_HOURS_OF_DAY], *add = ledger->statements[SQL_ADD_DAY];
	int64_t index = (sqlite3_column_int64(row, 1) - day) / LEDGER_HOUR_SECONDS;
	struct energy energy;

	if (!of_day->is_sealed[index])
		return -EBADMSG;
	ledger_read_energy(row, 5, &energy);
	sqlite3_bind_int64(add, 1, sqlite3_column_int64(row, 0));
	sqlite3_bind_int64(add, 2, day);
	for (int column = 2; column <= 4; column++) /* state, present_ns, flags */
		sqlite3_bind_int64(add, column + 1, sqlite3_column_int64(row, column));
	ledger_bind_energy(add, 6, &energy);
	bind_worth(add, 6 + 2 * ZONE_COUNT, &energy, &of_day->terms[index]);
	return ledger_run(ledger, SQL_ADD_DAY);
}

static int add_hours(struct ledger *ledger, int64_t day)
{
	sqlite3_stmt *row = ledger->statements[SQL_HOURS_OF_DAY];
	struct terms_of_day of_day;
	int code = SQLITE_DONE, r = read_terms(ledger, day, &of_day);

	sqlite3_bind_int64(row, 1, day);
	while (r == 0 && (code = sqlite3_step(row)) == SQLITE_ROW)
		r = add_hour(ledger, day, &of_day);
	if (r == 0 && code != SQLITE_DONE)
		r = ledger_errno(ledger, code);
	sqlite3_reset(row);
	return r;
}

static int add_record(void *context, const char *record, size_t size, const char *what)
{
	(void)what;
	return sealing_step(context, record, size);
}

static int seal_day(struct ledger *ledger, int64_t day)
{
	sqlite3_stmt *statement = ledger->statements[SQL_SEAL_DAY];
	struct sealing sealing = { 0 };
	char previous[CHAIN_HEX_SIZE];
	int r = ledger_last_hash(ledger, SQL_LAST_DAY, previous);

	strcpy(sealing.hash, previous);
	if (r == 0)
		r = sealed_day_records(ledger->sealed, day, add_record, &sealing);
	if (r == 0) {
		sqlite3_bind_int64(statement, 1, day);
		sqlite3_bind_text(statement, 2, previous, -1, SQLITE_STATIC);
		sqlite3_bind_text(statement, 3, sealing.hash, -1, SQLITE_STATIC);
		sqlite3_bind_text(statement, 4, sealing.marks, (int)sealing.size, SQLITE_STATIC);
		r = ledger_run(ledger, SQL_SEAL_DAY);
		sqlite3_clear_bindings(statement); /* the texts are ours */
	}
	free(sealing.marks);
	return r;
}

static int gone(struct ledger *ledger, enum statement which, int64_t day)
{
	sqlite3_bind_int64(ledger->statements[which], 1, day);
	return ledger_run(ledger, which);
}

static int roll(struct ledger *ledger, int64_t day)
{
	int r = ledger_run(ledger, SQL_BEGIN);

	if (r == 0)
		r = add_hours(ledger, day);
	if (r == 0)
		r = gone(ledger, SQL_ROLLED_HOURS_GONE, day);
	if (r == 0)
		r = gone(ledger, SQL_ROLLED_MARKS_GONE, day);
	if (r == 0)
		r = seal_day(ledger, day);
	if (r == 0)
		r = ledger_run(ledger, SQL_COMMIT);
	if (r < 0)
		ledger_abandon(ledger);
	return r;
}

/* What was tampered with stays as it is, for those who look for it. */
static int check(struct ledger *ledger, int64_t day)
{
	struct audit audit;
	int r = audit_ledger(ledger->sealed, day, day + DAY_SECONDS, &audit);

	if (r < 0 || audit.fault[0] == '\0')
		return r;
	ledger->broken_day = day;
	snprintf(ledger->message, sizeof(ledger->message),
		"%.200s; the hours of that day and later ones stay", audit.fault);
	return -EBADMSG;
}

int ledger_roll_day(struct ledger *ledger, int64_t before)
{
	int64_t first = 0, open = 0, day;
	int r;

	if ((r = ledger_first_integer(ledger, SQL_NEXT_DAY, &first)) < 0 ||
		(r = ledger_first_integer(ledger, SQL_UNSEALED_HOUR, &open)) < 0)
		return r;
	day = kst_midnight(first);
	if (first == 0 || day >= before || day == ledger->broken_day ||
		(open != 0 && open < day + DAY_SECONDS))
		return 0;
	r = check(ledger, day);
	return r < 0 ? r : roll(ledger, day);
}
