/* What the ledger keeps: slots become hours, hours become days, and the oldest go. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "analyst/ledger/sql.h"
#include "base/kst.h"

static int run_before(struct ledger *ledger, enum statement which, int64_t before)
{
	sqlite3_bind_int64(ledger->statements[which], 1, before);
	return ledger_run(ledger, which);
}

int ledger_first_integer(struct ledger *ledger, enum statement which, int64_t *ret_value)
{
	sqlite3_stmt *statement = ledger->statements[which];
	int code = sqlite3_step(statement);

	*ret_value = code == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
	sqlite3_reset(statement);
	return code == SQLITE_ROW ? 0 : ledger_errno(ledger, code);
}

/* Over three quarters of the limit the oldest day goes: the rest is room for what is written meanwhile. */
static int find_horizon(struct ledger *ledger, int64_t now, int64_t days, int64_t *ret_before)
{
	int64_t pages = 0, oldest = 0, days_until = 0;
	int r;

	*ret_before = now - days * DAY_SECONDS;
	if ((r = ledger_first_integer(ledger, SQL_PAGES_USED, &pages)) < 0 ||
		(r = ledger_first_integer(ledger, SQL_OLDEST_HOUR, &oldest)) < 0 ||
		(r = ledger_first_integer(ledger, SQL_DAYS_UNTIL, &days_until)) < 0)
		return r;
	if (pages > ledger->pages_max / 4 * 3 && oldest + DAY_SECONDS > *ret_before)
		*ret_before = oldest + DAY_SECONDS;
	if (*ret_before < days_until) /* a day goes as a whole */
		*ret_before = kst_midnight(*ret_before);
	return 0;
}

static int roll_up(struct ledger *ledger, int64_t slots_before, int64_t hours_before)
{
	const struct {
		enum statement which;
		int64_t before;
	} steps[] = {
		{ SQL_ROLL_NODE, slots_before },
		{ SQL_ROLL_WORKLOAD, slots_before },
		{ SQL_ROLLED_NODE_GONE, slots_before },
		{ SQL_ROLLED_WORKLOAD_GONE, slots_before },
		{ SQL_OLD_NODE_GONE, hours_before },
		{ SQL_OLD_WORKLOAD_GONE, hours_before },
		{ SQL_OLD_DAYS_GONE, hours_before },
		{ SQL_OLD_SEALED_GONE, hours_before },
		{ SQL_OLD_SEALED_DAYS_GONE, hours_before },
		{ SQL_OLD_LOADS_GONE, slots_before - LEDGER_LOAD_DAYS * DAY_SECONDS },
	};
	int before = sqlite3_total_changes(ledger->db), r = ledger_run(ledger, SQL_BEGIN);

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && r == 0; i++)
		r = run_before(ledger, steps[i].which, steps[i].before);
	if (r == 0)
		r = ledger_run(ledger, SQL_UNUSED_WORKLOADS_GONE);
	if (r == 0)
		r = ledger_run(ledger, SQL_UNUSED_ALIASES_GONE);
	if (r == 0)
		r = ledger_run(ledger, SQL_COMMIT);
	if (r < 0)
		ledger_abandon(ledger);
	if (sqlite3_total_changes(ledger->db) != before)
		recent_clear(&ledger->recent);
	return r;
}

int ledger_keep_up(struct ledger *ledger, int64_t now, int64_t days)
{
	int64_t slots_before = (now / LEDGER_HOUR_SECONDS - LEDGER_SLOT_HOURS) * LEDGER_HOUR_SECONDS,
		hours_before = 0;
	int r;

	if (ledger->is_open)
		return -EBUSY;
	r = find_horizon(ledger, now, days, &hours_before);
	if (hours_before > ledger->rolling.day)
		ledger->rolling.day = 0; /* its hours go, or some of them */
	return r == 0 ? roll_up(ledger, slots_before, hours_before) : r;
}
