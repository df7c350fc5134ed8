/* Writes of the ledger: one transaction, spoilt by the first failure. */

#include "analyst/ledger/sql.h"

/* Pages written since this was asked before. */
static uint64_t pages_written(struct ledger *ledger)
{
	int pages = 0, unused;

	sqlite3_db_status(ledger->db, SQLITE_DBSTATUS_CACHE_WRITE, &pages, &unused, true);
	return pages > 0 ? (uint64_t)pages : 0;
}

/* Opens the transaction if need be; NULL when it is spoilt. */
static sqlite3_stmt *begin(struct ledger *ledger, enum statement which)
{
	if (ledger->failure != 0)
		return NULL;
	if (!ledger->is_open) {
		ledger->failure = ledger_run(ledger, SQL_BEGIN);
		if (ledger->failure != 0)
			return NULL;
		ledger->is_open = true;
		pages_written(ledger);
	}
	return ledger->statements[which];
}

static void run(struct ledger *ledger, enum statement which)
{
	int r = ledger_run(ledger, which);

	if (r < 0 && ledger->failure == 0)
		ledger->failure = r;
}

void ledger_bind_energy(sqlite3_stmt *statement, int parameter, const struct energy *energy)
{
	for (int zone = 0; zone < ZONE_COUNT; zone++) {
		sqlite3_bind_int64(statement, parameter + 2 * zone, (int64_t)energy->active[zone]);
		sqlite3_bind_int64(statement, parameter + 2 * zone + 1, (int64_t)energy->idle[zone]);
	}
}

static void bind_slot(sqlite3_stmt *statement, int parameter, const struct ledger_slot *slot)
{
	sqlite3_bind_int64(statement, parameter, slot->start);
	sqlite3_bind_int(statement, parameter + 1, (int)slot->state);
	sqlite3_bind_int64(statement, parameter + 2, (int64_t)slot->present_ns);
	sqlite3_bind_int64(statement, parameter + 3, slot->flags);
	ledger_bind_energy(statement, parameter + 4, &slot->energy);
}

void ledger_add_node(struct ledger *ledger, const struct ledger_slot *slot)
{
	sqlite3_stmt *statement = begin(ledger, SQL_ADD_NODE);

	if (statement == NULL)
		return;
	bind_slot(statement, 1, slot);
	run(ledger, SQL_ADD_NODE);
	recent_book(&ledger->recent, 0, slot);
}

void ledger_add_workload(struct ledger *ledger, int64_t workload, const struct ledger_slot *slot)
{
	sqlite3_stmt *statement = begin(ledger, SQL_ADD_WORKLOAD);

	if (statement == NULL)
		return;
	sqlite3_bind_int64(statement, 1, workload);
	bind_slot(statement, 2, slot);
	run(ledger, SQL_ADD_WORKLOAD);
	recent_book(&ledger->recent, workload, slot);
}

void ledger_add_load(struct ledger *ledger, int64_t workload, const struct ledger_load *load)
{
	sqlite3_stmt *statement = begin(ledger, SQL_ADD_LOAD);

	if (statement == NULL)
		return;
	sqlite3_bind_int64(statement, 1, workload);
	sqlite3_bind_int64(statement, 2, load->start);
	sqlite3_bind_int64(statement, 3, (int64_t)load->cpu_ns);
	sqlite3_bind_int64(statement, 4, (int64_t)load->counted_ns);
	sqlite3_bind_int64(statement, 5, (int64_t)load->request_millicores);
	run(ledger, SQL_ADD_LOAD);
}

void ledger_add_memory(struct ledger *ledger, int64_t workload, const struct ledger_memory *memory)
{
	sqlite3_stmt *statement = begin(ledger, SQL_ADD_MEMORY);

	if (statement == NULL)
		return;
	sqlite3_bind_int64(statement, 1, workload);
	sqlite3_bind_int64(statement, 2, memory->start);
	sqlite3_bind_int64(statement, 3, (int64_t)memory->peak_bytes);
	sqlite3_bind_int64(statement, 4, (int64_t)memory->counted_ns);
	sqlite3_bind_int64(statement, 5, (int64_t)memory->request_bytes);
	sqlite3_bind_int64(statement, 6, (int64_t)memory->limit_bytes);
	sqlite3_bind_int64(statement, 7, (int64_t)memory->oom_kills);
	run(ledger, SQL_ADD_MEMORY);
}

void ledger_put_baseline(struct ledger *ledger, const struct ledger_baseline *baseline)
{
	sqlite3_stmt *statement = begin(ledger, SQL_PUT_BASELINE);

	if (statement == NULL)
		return;
	sqlite3_bind_int64(statement, 1, (int64_t)baseline->id);
	sqlite3_bind_int64(statement, 2, baseline->workload);
	sqlite3_bind_int(statement, 3, baseline->is_final);
	ledger_bind_energy(statement, 4, &baseline->energy);
	run(ledger, SQL_PUT_BASELINE);
}

void ledger_forget_baseline(struct ledger *ledger, uint64_t id)
{
	sqlite3_stmt *statement = begin(ledger, SQL_FORGET_BASELINE);

	if (statement == NULL)
		return;
	sqlite3_bind_int64(statement, 1, (int64_t)id);
	run(ledger, SQL_FORGET_BASELINE);
}

void ledger_forget_all_baselines(struct ledger *ledger)
{
	if (begin(ledger, SQL_FORGET_BASELINES) != NULL)
		run(ledger, SQL_FORGET_BASELINES);
}

void ledger_put_workload(struct ledger *ledger, int64_t workload, const struct ledger_identity *identity)
{
	sqlite3_stmt *statement = begin(ledger, SQL_PUT_WORKLOAD);

	if (statement == NULL)
		return;
	sqlite3_bind_int64(statement, 1, workload);
	sqlite3_bind_int(statement, 2, (int)identity->kind);
	sqlite3_bind_text(statement, 3, identity->namespace, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 4, identity->name, -1, SQLITE_STATIC);
	run(ledger, SQL_PUT_WORKLOAD);
	named_put(&ledger->named, workload, identity);
}

static void put_owner(struct ledger *ledger, int64_t workload, const char *owner, const char *kind)
{
	bool may_go = named_may_be_inferred(&ledger->named, workload);

	for (int which = SQL_PUT_OWNER; which <= (may_go ? SQL_INFERRED_GONE : SQL_PUT_OWNER); which++) {
		sqlite3_stmt *statement = begin(ledger, (enum statement)which);
		if (statement == NULL)
			return;
		sqlite3_bind_text(statement, 1, owner, -1, SQLITE_STATIC);
		sqlite3_bind_int64(statement, 2, workload);
		sqlite3_bind_text(statement, 3, kind, -1, SQLITE_STATIC);
		run(ledger, (enum statement)which);
	}
	named_own(&ledger->named, workload, owner, kind);
}

void ledger_put_alias(
	struct ledger *ledger, int64_t workload, enum alias_type type, const char *value, const char *detail)
{
	sqlite3_stmt *statement;

	if (type == ALIAS_OWNER) {
		put_owner(ledger, workload, value, detail);
		return;
	}
	statement = begin(ledger, SQL_PUT_ALIAS);
	if (statement == NULL)
		return;
	sqlite3_bind_int(statement, 1, (int)type);
	sqlite3_bind_text(statement, 2, value, -1, SQLITE_STATIC);
	sqlite3_bind_int64(statement, 3, workload);
	sqlite3_bind_text(statement, 4, detail, -1, SQLITE_STATIC);
	run(ledger, SQL_PUT_ALIAS);
}

void ledger_merge(struct ledger *ledger, int64_t from, int64_t to, int64_t closed_until)
{
	recent_forget(&ledger->recent, from);
	recent_forget(&ledger->recent, to);
	recent_add_unread(&ledger->recent, to);
	named_merge(&ledger->named, from, to);
	for (int which = SQL_MERGE_SLOTS; which <= SQL_MERGE_GONE; which++) {
		sqlite3_stmt *statement = begin(ledger, (enum statement)which);
		if (statement == NULL)
			return;
		sqlite3_bind_int64(statement, 1, to);
		sqlite3_bind_int64(statement, 2, from);
		sqlite3_bind_int64(statement, 3, closed_until); /* where a statement has no ?3: -1, ignored */
		run(ledger, (enum statement)which);
	}
}

static void put_state(struct ledger *ledger, const struct ledger_state *state)
{
	sqlite3_stmt *statement = begin(ledger, SQL_PUT_STATE);

	if (statement == NULL)
		return;
	sqlite3_bind_blob(statement, 1, state->boot_id, sizeof(state->boot_id), SQLITE_STATIC);
	sqlite3_bind_int64(statement, 2, (int64_t)state->birth_ns);
	sqlite3_bind_int64(statement, 3, (int64_t)state->energy_epoch);
	sqlite3_bind_int64(statement, 4, (int64_t)state->committed_seq);
	sqlite3_bind_int64(statement, 5, (int64_t)state->first_boot_ns);
	sqlite3_bind_int64(statement, 6, (int64_t)state->last_boot_ns);
	sqlite3_bind_int64(statement, 7, (int64_t)state->last_real_ns);
	sqlite3_bind_int64(statement, 8, state->closed_until);
	run(ledger, SQL_PUT_STATE);
}

void ledger_abandon(struct ledger *ledger)
{
	/* Some failures have rolled back already. */
	if (sqlite3_get_autocommit(ledger->db) == 0)
		ledger_run(ledger, SQL_ROLLBACK);
	recent_clear(&ledger->recent);
	named_clear(&ledger->named);
	ledger->is_open = false;
	ledger->failure = 0;
}

int ledger_commit(struct ledger *ledger, const struct ledger_state *state)
{
	int r;

	put_state(ledger, state);
	if (ledger->failure == 0)
		ledger->failure = ledger_run(ledger, SQL_COMMIT);
	r = ledger->failure;
	if (r < 0)
		ledger_abandon(ledger);
	ledger->is_open = false;
	ledger->pages_written = pages_written(ledger);
	return r;
}

uint64_t ledger_pages_written(const struct ledger *ledger)
{
	return ledger->pages_written;
}
