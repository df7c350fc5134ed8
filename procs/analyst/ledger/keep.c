/* What the ledger keeps: slots become hours, hours become days, and the oldest go. */
#include <errno.h>

#include "analyst/ledger/sql.h"
#include "base/cleanup.h"
#include "base/clock.h"
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

/* One day a call: a clock that is years ahead for an hour does not take the ledger with it. Over three quarters of the limit the oldest
 * day goes: the rest is room for what is written meanwhile. */
static int find_horizon(struct ledger *ledger, int64_t now, int64_t days, int64_t *ret_before)
{
	int64_t pages = 0, oldest = 0, days_until = 0;
	int r;

	*ret_before = now - days * DAY_SECONDS;
	if ((r = ledger_first_integer(ledger, SQL_PAGES_USED, &pages)) < 0 ||
		(r = ledger_first_integer(ledger, SQL_OLDEST_HOUR, &oldest)) < 0 ||
		(r = ledger_first_integer(ledger, SQL_DAYS_UNTIL, &days_until)) < 0)
		return r;
	if (pages > ledger->pages_max / 4 * 3 || *ret_before > oldest + DAY_SECONDS)
		*ret_before = oldest + DAY_SECONDS;
	if (*ret_before < days_until) /* a day goes as a whole */
		*ret_before = kst_midnight(*ret_before);
	return 0;
}

static int run_all(struct ledger *ledger, const enum statement *steps, size_t count, int64_t before)
{
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++)
		r = run_before(ledger, steps[i], before);
	return r;
}

/* Has the node a row before then? Where it has none no workload has one, and a million of them need not be asked. */
static bool has_before(struct ledger *ledger, enum statement which, int64_t before)
{
	int64_t first = 0;

	return ledger_first_integer(ledger, which, &first) < 0 || (first != 0 && first < before);
}

/* Names that nothing is known of any more. */
static int forget_unused(struct ledger *ledger, int64_t from, int64_t to)
{
	sqlite3_stmt *statement = ledger->statements[SQL_UNUSED_WORKLOADS_GONE];
	int code = SQLITE_DONE, r = 0;

	sqlite3_bind_int64(statement, 1, from);
	sqlite3_bind_int64(statement, 2, to);
	while (r == 0 && (code = sqlite3_step(statement)) == SQLITE_ROW) {
		int64_t workload = sqlite3_column_int64(statement, 0);
		named_forget(&ledger->named, workload);
		r = run_before(ledger, SQL_UNUSED_ALIASES_GONE, workload);
	}
	if (r == 0 && code != SQLITE_DONE)
		r = ledger_errno(ledger, code);
	sqlite3_reset(statement);
	return r;
}

/* Looks through some of the workloads, and goes on there the next time. */
static int sweep(struct ledger *ledger, int64_t loads_before)
{
	sqlite3_stmt *next = ledger->statements[SQL_SWEEP_UNTIL],
		     *loads = ledger->statements[SQL_OLD_LOADS_GONE],
		     *memory = ledger->statements[SQL_OLD_MEMORY_GONE];
	int64_t from = ledger->swept_until, to = 0;
	int r;

	sqlite3_bind_int64(next, 1, from);
	r = ledger_first_integer(ledger, SQL_SWEEP_UNTIL, &to);
	sqlite3_bind_int64(loads, 2, from);
	sqlite3_bind_int64(loads, 3, to);
	if (r == 0)
		r = run_before(ledger, SQL_OLD_LOADS_GONE, loads_before);
	sqlite3_bind_int64(memory, 2, from);
	sqlite3_bind_int64(memory, 3, to);
	if (r == 0)
		r = run_before(ledger, SQL_OLD_MEMORY_GONE, loads_before);
	if (r == 0)
		r = forget_unused(ledger, from, to);
	ledger->swept_until = to == INT64_MAX ? 0 : to;
	return r;
}

/* The slots of some workloads become hours, with the last ones the node's: `rolled_until` is 0 then. */
static int roll_some(struct ledger *ledger)
{
	static const enum statement node[] = { SQL_ROLL_NODE, SQL_ROLLED_NODE_GONE },
				    workloads[] = { SQL_ROLL_WORKLOAD, SQL_ROLLED_WORKLOAD_GONE };
	int64_t from = ledger->rolled_until, to = 0;
	int r = ledger_run(ledger, SQL_BEGIN);

	sqlite3_bind_int64(ledger->statements[SQL_ROLL_UNTIL], 1, from);
	if (r == 0)
		r = ledger_first_integer(ledger, SQL_ROLL_UNTIL, &to);
	for (size_t i = 0; i < ARRAY_SIZE(workloads); i++)
		sqlite3_bind_int64(ledger->statements[workloads[i]], 2, from);
	if (r == 0)
		r = run_all(ledger, workloads, ARRAY_SIZE(workloads), ledger->roll_before);
	if (r == 0 && to == 0)
		r = run_all(ledger, node, ARRAY_SIZE(node), ledger->roll_before);
	if (r == 0)
		r = ledger_run(ledger, SQL_COMMIT);
	if (r < 0)
		ledger_abandon(ledger);
	else
		ledger->rolled_until = to;
	return r;
}

/* As long as a step may take. The node is the last, by which one sees that something is left: 1. */
static int roll_slots(struct ledger *ledger, int64_t before)
{
	uint64_t end_ns = clock_mono_ns() + LEDGER_STEP_MS * NS_PER_MILLISECOND;
	int r;

	if (ledger->rolled_until == 0 && !has_before(ledger, SQL_OLDEST_SLOT, before))
		return 0;
	if (ledger->rolled_until == 0)
		ledger->roll_before = before;
	do
		r = roll_some(ledger);
	while (r == 0 && ledger->rolled_until != 0 && clock_mono_ns() < end_ns);
	recent_forget_before(&ledger->recent, ledger->roll_before);
	return r < 0 ? r : ledger->rolled_until != 0;
}

static int forget_old(struct ledger *ledger, int64_t hours_before, int64_t loads_before)
{
	static const enum statement hours[] = { SQL_OLD_NODE_GONE, SQL_OLD_WORKLOAD_GONE, SQL_OLD_DAYS_GONE,
		SQL_OLD_SEALED_GONE, SQL_OLD_SEALED_DAYS_GONE };
	int r = ledger_run(ledger, SQL_BEGIN);

	if (r == 0 && has_before(ledger, SQL_OLDEST_HOUR, hours_before))
		r = run_all(ledger, hours, ARRAY_SIZE(hours), hours_before);
	if (r == 0)
		r = sweep(ledger, loads_before);
	if (r == 0)
		r = ledger_run(ledger, SQL_COMMIT);
	if (r < 0)
		ledger_abandon(ledger);
	recent_forget_before(&ledger->recent, hours_before);
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
	if (r == 0)
		r = roll_slots(ledger, slots_before);
	return r == 0 ? forget_old(ledger, hours_before, slots_before - LEDGER_LOAD_DAYS * DAY_SECONDS) : r;
}
