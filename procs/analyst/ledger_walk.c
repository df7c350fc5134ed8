#include <stdio.h>

#include "analyst/ledger_query.h"
#include "analyst/ledger_sql.h"

static bool read_piece(
	sqlite3_stmt *statement, const struct usage_window *window, struct ledger_piece *ret_piece)
{
	int state = sqlite3_column_int(statement, 3);

	*ret_piece = (struct ledger_piece) { .start = sqlite3_column_int64(statement, 1),
		.seconds = sqlite3_column_int64(statement, 2),
		.present_ns = (uint64_t)sqlite3_column_int64(statement, 4),
		.idle_uj = (double)sqlite3_column_int64(statement, 6) };
	ret_piece->energy_uj = (double)sqlite3_column_int64(statement, 5) + ret_piece->idle_uj;
	return state >= 0 && state < POWER_STATE_COUNT && (state != POWER_FAKE || window->allow_fake);
}

int ledger_walk(struct ledger *ledger, int64_t workload, const struct usage_window *window,
	ledger_piece_fn *each, void *context)
{
	sqlite3_stmt *statement =
		ledger_window(ledger, workload == 0 ? SQL_SUM_NODE : SQL_SUM_ONE, window, workload);
	struct ledger_piece piece;
	int code;

	while ((code = sqlite3_step(statement)) == SQLITE_ROW)
		if (read_piece(statement, window, &piece))
			each(context, &piece);
	sqlite3_reset(statement);
	return code == SQLITE_DONE ? 0 : ledger_errno(ledger, code);
}

int ledger_loads(struct ledger *ledger, int64_t workload, int64_t since, ledger_load_fn *each, void *context)
{
	sqlite3_stmt *statement = ledger->statements[SQL_LOADS];
	int code = SQLITE_DONE, r = 0;

	sqlite3_bind_int64(statement, 1, workload);
	sqlite3_bind_int64(statement, 2, since);
	while (r == 0 && (code = sqlite3_step(statement)) == SQLITE_ROW) {
		const struct ledger_load load = { .start = sqlite3_column_int64(statement, 0),
			.cpu_ns = (uint64_t)sqlite3_column_int64(statement, 1),
			.counted_ns = (uint64_t)sqlite3_column_int64(statement, 2),
			.request_millicores = (uint64_t)sqlite3_column_int64(statement, 3) };
		r = each(context, &load);
	}
	sqlite3_reset(statement);
	return r < 0 || code == SQLITE_DONE ? r : ledger_errno(ledger, code);
}

void ledger_owner(struct ledger *ledger, int64_t workload, char owner[static 254], char kind[static 64])
{
	sqlite3_stmt *statement = ledger->statements[SQL_OWNER];

	owner[0] = kind[0] = '\0';
	sqlite3_bind_int64(statement, 1, workload);
	if (sqlite3_step(statement) == SQLITE_ROW) {
		snprintf(owner, 254, "%s", (const char *)sqlite3_column_text(statement, 0));
		snprintf(kind, 64, "%s", (const char *)sqlite3_column_text(statement, 1));
	}
	sqlite3_reset(statement);
}

int ledger_container(struct ledger *ledger, int64_t workload, char container[static 254])
{
	sqlite3_stmt *statement = ledger->statements[SQL_CONTAINERS];
	int count = 0;

	container[0] = '\0';
	sqlite3_bind_int64(statement, 1, workload);
	if (sqlite3_step(statement) == SQLITE_ROW && (count = sqlite3_column_int(statement, 1)) > 0)
		snprintf(container, 254, "%s", (const char *)sqlite3_column_text(statement, 0));
	sqlite3_reset(statement);
	return count;
}
