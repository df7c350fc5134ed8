/* One workload's rows: pieces of energy, CPU time, owner and containers. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyst/ledger/query.h"
#include "analyst/ledger/sql.h"

#define PIECES_FIRST 336 /* a day and more of slots */

double ledger_piece_uj(const struct ledger_piece *piece)
{
	return (double)piece->active_uj + (double)piece->idle_uj;
}

bool ledger_read_piece(sqlite3_stmt *statement, struct ledger_piece *ret_piece)
{
	int marked = sqlite3_column_int(statement, 3), state = marked & ~(int)SLOT_IMPLAUSIBLE;

	*ret_piece = (struct ledger_piece) { .start = sqlite3_column_int64(statement, 1),
		.seconds = sqlite3_column_int64(statement, 2),
		.state = (enum power_state)state,
		.is_implausible = marked != state,
		.present_ns = (uint64_t)sqlite3_column_int64(statement, 4),
		.active_uj = (uint64_t)sqlite3_column_int64(statement, 5),
		.idle_uj = (uint64_t)sqlite3_column_int64(statement, 6) };
	return state >= 0 && state < POWER_STATE_COUNT;
}

static int read_pieces(struct ledger *ledger, int64_t workload, const struct usage_window *window,
	ledger_piece_fn *each, void *context)
{
	sqlite3_stmt *statement =
		ledger_window(ledger, workload == 0 ? SQL_SUM_NODE : SQL_SUM_ONE, window, workload);
	struct ledger_piece piece;
	int code = SQLITE_DONE, r = 0;

	while (r == 0 && (code = sqlite3_step(statement)) == SQLITE_ROW)
		if (ledger_read_piece(statement, &piece))
			r = each(context, &piece);
	sqlite3_reset(statement);
	return r < 0 || code == SQLITE_DONE ? r : ledger_errno(ledger, code);
}

int ledger_gather(void *context, const struct ledger_piece *piece)
{
	struct gathered *g = context;

	if (g->count == g->room) {
		size_t room = g->room == 0 ? PIECES_FIRST : g->room * 2;
		struct ledger_piece *pieces = reallocarray(g->pieces, room, sizeof(*pieces));
		if (pieces == NULL)
			return -ENOMEM;
		g->pieces = pieces;
		g->room = room;
	}
	g->pieces[g->count++] = *piece;
	return 0;
}

/* Reads what is not kept, from that instant on. 0 or -errno. */
static int refresh(struct ledger *ledger, int64_t workload, int64_t since, uint32_t zone_mask)
{
	const struct usage_window window = { .since = since, .zone_mask = zone_mask };
	struct gathered g = { 0 };
	int r = read_pieces(ledger, workload, &window, ledger_gather, &g);

	if (r < 0) {
		free(g.pieces);
		return r;
	}
	recent_keep(&ledger->recent, workload, since, zone_mask, g.pieces, g.count);
	return 0;
}

int ledger_keep_pieces(struct ledger *ledger, int64_t workload)
{
	return refresh(ledger, workload, ledger->recent.whole_since, ledger->recent.zone_mask);
}

int ledger_each_piece(struct ledger *ledger, int64_t workload, const struct usage_window *window,
	ledger_piece_fn *each, void *context)
{
	int64_t since = recent_since(&ledger->recent, window);
	const struct ledger_piece *pieces;
	size_t count;
	int r = 0;

	if (since == INT64_MAX)
		return read_pieces(ledger, workload, window, each, context);
	if (!recent_find(&ledger->recent, workload, window, &pieces, &count) &&
		((r = refresh(ledger, workload, since, window->zone_mask)) < 0 ||
			!recent_find(&ledger->recent, workload, window, &pieces, &count)))
		return r < 0 ? r : read_pieces(ledger, workload, window, each, context);
	for (size_t i = 0; i < count && r == 0; i++)
		if (pieces[i].start >= window->since)
			r = each(context, &pieces[i]);
	return r;
}

struct walk {
	bool allow_fake;
	ledger_piece_fn *each;
	void *context;
};

static int hand_over(void *context, const struct ledger_piece *piece)
{
	const struct walk *walk = context;

	return piece->state != POWER_FAKE || walk->allow_fake ? walk->each(walk->context, piece) : 0;
}

int ledger_walk(struct ledger *ledger, int64_t workload, const struct usage_window *window,
	ledger_piece_fn *each, void *context)
{
	struct walk walk = { window->allow_fake, each, context };

	return ledger_each_piece(ledger, workload, window, hand_over, &walk);
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

int ledger_memories(
	struct ledger *ledger, int64_t workload, int64_t since, ledger_memory_fn *each, void *context)
{
	sqlite3_stmt *statement = ledger->statements[SQL_MEMORY];
	int code = SQLITE_DONE, r = 0;

	sqlite3_bind_int64(statement, 1, workload);
	sqlite3_bind_int64(statement, 2, since);
	while (r == 0 && (code = sqlite3_step(statement)) == SQLITE_ROW) {
		const struct ledger_memory memory = { .start = sqlite3_column_int64(statement, 0),
			.peak_bytes = (uint64_t)sqlite3_column_int64(statement, 1),
			.counted_ns = (uint64_t)sqlite3_column_int64(statement, 2),
			.request_bytes = (uint64_t)sqlite3_column_int64(statement, 3),
			.limit_bytes = (uint64_t)sqlite3_column_int64(statement, 4),
			.oom_kills = (uint64_t)sqlite3_column_int64(statement, 5) };
		r = each(context, &memory);
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
	if (sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_type(statement, 0) != SQLITE_NULL) {
		const char *last = (const char *)sqlite3_column_text(statement, 1);
		snprintf(container, 254, "%s", (const char *)sqlite3_column_text(statement, 0));
		count = strcmp(container, last) == 0 ? 1 : 2;
	}
	sqlite3_reset(statement);
	return count;
}
