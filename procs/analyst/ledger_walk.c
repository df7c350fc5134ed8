#include "analyst/ledger_query.h"
#include "analyst/ledger_sql.h"

static bool read_piece(
	sqlite3_stmt *statement, const struct usage_window *window, struct ledger_piece *ret_piece)
{
	int state = sqlite3_column_int(statement, 3);
	struct energy energy;

	*ret_piece = (struct ledger_piece) { .start = sqlite3_column_int64(statement, 1),
		.seconds = sqlite3_column_int64(statement, 2),
		.present_ns = (uint64_t)sqlite3_column_int64(statement, 4) };
	if (state < 0 || state >= POWER_STATE_COUNT || (state == POWER_FAKE && !window->allow_fake))
		return false;
	ledger_read_energy(statement, 6, &energy);
	for (int zone = 0; zone < ZONE_COUNT; zone++) {
		if (!zone_is_counted((enum zone)zone, window->zone_mask))
			continue;
		ret_piece->idle_uj += (double)energy.idle[zone];
		ret_piece->energy_uj += (double)energy.active[zone] + (double)energy.idle[zone];
	}
	return true;
}

int ledger_walk(struct ledger *ledger, int64_t workload, const struct usage_window *window,
	ledger_piece_fn *each, void *context)
{
	sqlite3_stmt *statement = ledger->statements[workload == 0 ? SQL_SUM_NODE : SQL_SUM_ONE];
	struct ledger_piece piece;
	int code;

	sqlite3_bind_int64(statement, 1, window->since);
	if (workload != 0)
		sqlite3_bind_int64(statement, 2, workload);
	while ((code = sqlite3_step(statement)) == SQLITE_ROW)
		if (read_piece(statement, window, &piece))
			each(context, &piece);
	sqlite3_reset(statement);
	return code == SQLITE_DONE ? 0 : ledger_errno(ledger, code);
}
