/*
 * A day of sealed hours becomes one row a workload and state, and a record of the days' hash chain. In steps, for a turn of the
 * analyst must be short: the hours are added up in memory one by one, then one transaction puts the day in their place. They
 * do not change meanwhile: they are sealed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyst/ledger/sql.h"
#include "audit/verify.h"
#include "base/kst.h"
#include "base/wide.h"

#define HOURS        (DAY_SECONDS / LEDGER_HOUR_SECONDS)
#define UJ_PER_WH    UINT64_C(3600000000)
#define NG_PER_UJ_MG (UJ_PER_WH / 1000) /* ng of 1 uJ at 1 mg/kWh: 1 over this */

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

static int add_row(struct ledger *ledger, const struct terms *terms)
{
	sqlite3_stmt *row = ledger->statements[SQL_ROWS_OF_HOUR], *add = ledger->statements[SQL_ADD_DAY];
	struct energy energy;

	ledger_read_energy(row, 4, &energy);
	sqlite3_bind_int64(add, 1, sqlite3_column_int64(row, 0));
	sqlite3_bind_int64(add, 2, ledger->rolling.day);
	for (int column = 1; column <= 3; column++) /* state, present_ns, flags */
		sqlite3_bind_int64(add, column + 2, sqlite3_column_int64(row, column));
	ledger_bind_energy(add, 6, &energy);
	bind_worth(add, 6 + 2 * ZONE_COUNT, &energy, terms);
	return ledger_run(ledger, SQL_ADD_DAY);
}

/* `terms` NULL: the hour was not sealed, and has no rows unless somebody put them there. */
static int add_rows(struct ledger *ledger, int64_t start, const struct terms *terms)
{
	sqlite3_stmt *row = ledger->statements[SQL_ROWS_OF_HOUR];
	int code = SQLITE_DONE, r = ledger_run(ledger, SQL_BEGIN);

	sqlite3_bind_int64(row, 1, start);
	while (r == 0 && (code = sqlite3_step(row)) == SQLITE_ROW)
		r = terms != NULL ? add_row(ledger, terms) : -EBADMSG;
	if (r == 0 && code != SQLITE_DONE)
		r = ledger_errno(ledger, code);
	sqlite3_reset(row);
	if (r == 0)
		r = ledger_run(ledger, SQL_COMMIT);
	if (r < 0)
		ledger_abandon(ledger);
	return r;
}

/* What was tampered with stays as it is, for those who look for it. */
static int refuse(struct ledger *ledger, const char *fault)
{
	ledger->broken_day = ledger->rolling.day;
	snprintf(ledger->message, sizeof(ledger->message),
		"%.200s; the hours of that day and later ones stay", fault);
	return -EBADMSG;
}

/* 1 = it is sealed and holds, 0 = there is none, or -errno. */
static int read_hour(struct ledger *ledger, int64_t start, struct sealed_hour *ret_hour)
{
	struct rolling *rolling = &ledger->rolling;
	struct audit audit;
	int r;

	sealed_select(ledger->sealed, start, start + LEDGER_HOUR_SECONDS);
	r = sealed_next(ledger->sealed, ret_hour);
	if (r <= 0)
		return r;
	if (rolling->head[0] != '\0' && strcmp(rolling->head, ret_hour->previous) != 0)
		return refuse(ledger, "an hour does not follow the one before it");
	r = audit_ledger(ledger->sealed, start, start + LEDGER_HOUR_SECONDS, &audit);
	if (r == 0 && audit.fault[0][0] != '\0')
		r = refuse(ledger, audit.fault[0]);
	strcpy(rolling->head, audit.head);
	return r < 0 ? r : 1;
}

static int add_hour(struct ledger *ledger)
{
	struct rolling *rolling = &ledger->rolling;
	int64_t start = rolling->day + rolling->hour * LEDGER_HOUR_SECONDS;
	struct sealed_hour hour;
	int r = read_hour(ledger, start, &hour);

	if (r >= 0)
		r = add_rows(ledger, start, r > 0 ? &hour.terms : NULL);
	rolling->hour++;
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

static int put_day(struct ledger *ledger)
{
	int64_t day = ledger->rolling.day;
	int r = ledger_run(ledger, SQL_BEGIN);

	if (r == 0)
		r = ledger_run(ledger, SQL_PUT_ROLLED_DAY);
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
	recent_forget_before(&ledger->recent, day + DAY_SECONDS);
	ledger->rolling.day = 0;
	return r;
}

/* The oldest day that is kept by the hour, if it is old enough and all of it is sealed. 1, 0 or -errno. */
static int find_day(struct ledger *ledger, int64_t now, int64_t *ret_day)
{
	int64_t first = 0, open = 0, day, before = kst_midnight(now - LEDGER_HOUR_DAYS * DAY_SECONDS);
	int r;

	if ((r = ledger_first_integer(ledger, SQL_NEXT_DAY, &first)) < 0)
		return r;
	day = kst_midnight(first);
	if (first == 0 || day >= before || day == ledger->broken_day)
		return 0;
	if ((r = ledger_first_integer(ledger, SQL_UNSEALED_HOUR, &open)) < 0)
		return r;
	*ret_day = day;
	return open == 0 || open >= day + DAY_SECONDS;
}

static int begin_day(struct ledger *ledger, int64_t day)
{
	int r;

	ledger->rolling = (struct rolling) { .day = day };
	r = ledger_run(ledger, SQL_ROLLED_DAY_GONE);
	return r < 0 ? r : 1;
}

bool ledger_has_old_day(struct ledger *ledger, int64_t now)
{
	int64_t day;

	return ledger->rolling.day != 0 || find_day(ledger, now, &day) > 0;
}

int ledger_roll_step(struct ledger *ledger, int64_t now)
{
	int64_t day;
	int r = 1;

	if (ledger->is_open)
		return -EBUSY;
	if (ledger->rolling.day == 0 && (r = find_day(ledger, now, &day)) > 0)
		r = begin_day(ledger, day);
	if (r <= 0)
		return r;
	r = ledger->rolling.hour < HOURS ? add_hour(ledger) : put_day(ledger);
	if (r < 0)
		ledger->rolling.day = 0;
	return r < 0 ? r : 1;
}
