#include "analyst/ledger/ledger.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "analyst/ledger/query.h"
#include "analyst/ledger/sql.h"
#include "base/cleanup.h"

#define BUSY_MS 200

#define CHECKED_AT_START_MAX                                                                                 \
	(INT64_C(64) << 20) /* larger files would delay the start: they are checked as they are read */

int ledger_errno(struct ledger *ledger, int code)
{
	snprintf(ledger->message, sizeof(ledger->message), "%s",
		ledger->db != NULL ? sqlite3_errmsg(ledger->db) : sqlite3_errstr(code));
	switch (code & 0xff) {
	case SQLITE_OK:
	case SQLITE_DONE:
	case SQLITE_ROW: return 0;
	case SQLITE_FULL: return -ENOSPC;
	case SQLITE_BUSY:
	case SQLITE_LOCKED: return -EBUSY;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB: return -EBADMSG;
	case SQLITE_NOMEM: return -ENOMEM;
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_AUTH: return -EACCES;
	case SQLITE_CANTOPEN:
		code = ledger->db != NULL ? sqlite3_system_errno(ledger->db) : 0;
		return code > 0 ? -code : -EIO;
	default: return -EIO;
	}
}

int ledger_run(struct ledger *ledger, enum statement which)
{
	int code, r;

	do
		code = sqlite3_step(ledger->statements[which]);
	while (code == SQLITE_ROW);
	r = code == SQLITE_DONE ? 0 : ledger_errno(ledger, code);
	sqlite3_reset(ledger->statements[which]);
	return r;
}

const char *ledger_message(const struct ledger *ledger)
{
	return ledger->message;
}

static int execute(struct ledger *ledger, const char *sql)
{
	int code = sqlite3_exec(ledger->db, sql, NULL, NULL, NULL);

	return code == SQLITE_OK ? 0 : ledger_errno(ledger, code);
}

/* The first column of the first row, or `otherwise`. */
static int64_t ask_integer(struct ledger *ledger, const char *sql, int64_t otherwise)
{
	sqlite3_stmt *statement = NULL;
	int64_t value = otherwise;

	if (sqlite3_prepare_v2(ledger->db, sql, -1, &statement, NULL) == SQLITE_OK &&
		sqlite3_step(statement) == SQLITE_ROW)
		value = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return value;
}

static int check_integrity(struct ledger *ledger)
{
	sqlite3_stmt *statement = NULL;
	int64_t bytes = ask_integer(ledger, "PRAGMA page_count", 0) * LEDGER_PAGE_BYTES;
	bool is_fine = false;
	int code;

	if (bytes > CHECKED_AT_START_MAX)
		return 0;
	code = sqlite3_prepare_v2(ledger->db, "PRAGMA quick_check(1)", -1, &statement, NULL);
	if (code == SQLITE_OK && (code = sqlite3_step(statement)) == SQLITE_ROW)
		is_fine = strcmp((const char *)sqlite3_column_text(statement, 0), "ok") == 0;
	sqlite3_finalize(statement);
	return is_fine ? 0 : -EBADMSG;
}

static int prepare_schema(struct ledger *ledger)
{
	int64_t version = ask_integer(ledger, "PRAGMA user_version", -1);
	int r;

	if (version < 0)
		return -EBADMSG;
	if (version > atoi(LEDGER_VERSION))
		return -EPROTONOSUPPORT;
	if (version > 0) {
		r = check_integrity(ledger);
		for (; r == 0 && version < atoi(LEDGER_VERSION); version++)
			r = execute(ledger, ledger_migrations[version]);
		return r;
	}
	if (ask_integer(ledger, "SELECT count(*) FROM sqlite_master", 1) != 0)
		return -EBADMSG; /* somebody else's database */
	r = 0;
	for (const char *const *sql = ledger_schema; *sql != NULL && r == 0; sql++)
		r = execute(ledger, *sql);
	if (r < 0)
		sqlite3_exec(ledger->db, "ROLLBACK", NULL, NULL, NULL);
	return r;
}

/* reaches(reach, namespace) in our statements */
static void sql_reaches(sqlite3_context *context, int count, sqlite3_value **values)
{
	const char *reach = (const char *)sqlite3_value_text(values[0]),
		   *namespace = (const char *)sqlite3_value_text(values[1]);

	(void)count;
	sqlite3_result_int(context, reach != NULL && namespace != NULL && reach_reaches(reach, namespace));
}

static int prepare_statements(struct ledger *ledger)
{
	int r = sqlite3_create_function_v2(ledger->db, "reaches", 2, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL,
		sql_reaches, NULL, NULL, NULL);

	if (r != SQLITE_OK)
		return ledger_errno(ledger, r);
	for (size_t i = 0; i < STATEMENT_COUNT; i++) {
		int code = sqlite3_prepare_v3(ledger->db, ledger_statements[i], -1, SQLITE_PREPARE_PERSISTENT,
			&ledger->statements[i], NULL);
		if (code != SQLITE_OK)
			return ledger_errno(ledger, code);
	}
	return 0;
}

static int prepare_reading(struct ledger *ledger)
{
	int r = sealed_open(&ledger->sealed, ledger->db);

	if (r < 0)
		ledger_errno(ledger, SQLITE_CORRUPT);
	return r;
}

static int open_at(const char *path, struct ledger **ret_ledger)
{
	struct ledger *ledger = calloc(1, sizeof(*ledger));
	int code, r;

	if (ledger == NULL)
		return -ENOMEM;
	ledger->files.lock = -1;
	code = sqlite3_open_v2(
		path, &ledger->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
	r = code == SQLITE_OK ? 0 : ledger_errno(ledger, code);
	if (r == 0) {
		sqlite3_busy_timeout(ledger->db, BUSY_MS);
		/* NORMAL: a power cut may undo the last commits, and then begins a new epoch anyway (CONTRACT). */
		r = execute(ledger,
			"PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY;"
			"PRAGMA journal_size_limit = 16777216; PRAGMA cache_size = -8192; PRAGMA cache_spill "
			"= " LEDGER_DIRTY "; PRAGMA mmap_size = 0;");
	}
	if (r == 0)
		r = prepare_schema(ledger);
	if (r == 0) {
		ledger_limit_pages(ledger, LEDGER_BYTES_MAX / LEDGER_PAGE_BYTES);
		r = execute(ledger, ledger_rolling);
	}
	if (r == 0)
		r = prepare_statements(ledger);
	if (r == 0)
		r = prepare_reading(ledger);
	/* Every file the ledger ever needs is opened before the sandbox: the log, its index, and with the first synced
	 * write the folder, which SQLite syncs once. */
	if (r == 0)
		r = execute(ledger,
			"PRAGMA synchronous = FULL; BEGIN IMMEDIATE; PRAGMA user_version = " LEDGER_VERSION
			"; COMMIT; PRAGMA synchronous = NORMAL;");
	if (r < 0) {
		ledger_close(ledger);
		return r;
	}
	ledger->next_workload = ask_integer(ledger, ledger_statements[SQL_MAX_WORKLOAD], 0) + 1;
	*ret_ledger = ledger;
	return 0;
}

static int open_or_set_aside(const char *path, struct ledger **ret_ledger, bool *ret_set_aside)
{
	mode_t mask = umask(0077);
	int r = open_at(path, ret_ledger);

	if (r == -EBADMSG && (r = files_set_aside(path)) == 0) {
		*ret_set_aside = true;
		r = open_at(path, ret_ledger);
	}
	umask(mask);
	return r;
}

int ledger_open(struct ledger **ret_ledger, const char *folder, bool *ret_set_aside)
{
	char path[FILES_PATH_MAX];
	unsigned char random;
	struct files files;
	int r = files_lock(&files, folder);

	*ret_set_aside = false;
	if (r < 0)
		return r;
	snprintf(path, sizeof(path), "%s/ledger.db", folder);
	/* SQLite opens /dev/urandom at the first number it needs: after a crash that is when the log it took over
	 * starts again, long after the sandbox. */
	sqlite3_randomness(sizeof(random), &random);
	r = open_or_set_aside(path, ret_ledger, ret_set_aside);
	if (r < 0) {
		files_unlock(&files);
		return r;
	}
	r = files_note(&files, path);
	(*ret_ledger)->files = files;
	if (r < 0)
		ledger_close(*ret_ledger);
	return r;
}

void ledger_close(struct ledger *ledger)
{
	if (ledger == NULL)
		return;
	for (size_t i = 0; i < STATEMENT_COUNT; i++)
		sqlite3_finalize(ledger->statements[i]);
	sealed_close(ledger->sealed);
	recent_done(&ledger->recent);
	named_clear(&ledger->named);
	/* At the end SQLite leaves the log of a file that was moved beside, where the next one would throw it away. */
	if (ledger->db != NULL && ledger_has_moved(ledger))
		sqlite3_wal_checkpoint_v2(ledger->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	sqlite3_close(ledger->db);
	files_unlock(&ledger->files);
	free(ledger);
}

bool ledger_has_moved(struct ledger *ledger)
{
	return files_have_moved(&ledger->files);
}

void ledger_limit_pages(struct ledger *ledger, int64_t pages)
{
	char sql[64];

	ledger->pages_max = pages;
	snprintf(sql, sizeof(sql), "PRAGMA max_page_count = %lld", (long long)pages);
	sqlite3_exec(ledger->db, sql, NULL, NULL, NULL);
}

void ledger_read_energy(sqlite3_stmt *statement, int column, struct energy *ret_energy)
{
	for (int zone = 0; zone < ZONE_COUNT; zone++) {
		ret_energy->active[zone] = (uint64_t)sqlite3_column_int64(statement, column + 2 * zone);
		ret_energy->idle[zone] = (uint64_t)sqlite3_column_int64(statement, column + 2 * zone + 1);
	}
}

int ledger_load_state(struct ledger *ledger, struct ledger_state *ret_state)
{
	sqlite3_stmt *statement = ledger->statements[SQL_LOAD_STATE];
	int code = sqlite3_step(statement), r = 0;

	*ret_state = (struct ledger_state) { 0 };
	if (code == SQLITE_ROW) {
		if (sqlite3_column_bytes(statement, 0) == (int)sizeof(ret_state->boot_id))
			memcpy(ret_state->boot_id, sqlite3_column_blob(statement, 0),
				sizeof(ret_state->boot_id));
		ret_state->birth_ns = (uint64_t)sqlite3_column_int64(statement, 1);
		ret_state->energy_epoch = (uint64_t)sqlite3_column_int64(statement, 2);
		ret_state->committed_seq = (uint64_t)sqlite3_column_int64(statement, 3);
		ret_state->first_boot_ns = (uint64_t)sqlite3_column_int64(statement, 4);
		ret_state->last_boot_ns = (uint64_t)sqlite3_column_int64(statement, 5);
		ret_state->last_real_ns = (uint64_t)sqlite3_column_int64(statement, 6);
		ret_state->closed_until = sqlite3_column_int64(statement, 7);
	} else if (code != SQLITE_DONE)
		r = ledger_errno(ledger, code);
	sqlite3_reset(statement);
	return r;
}

static void copy_column(sqlite3_stmt *statement, int column, char *text, size_t size)
{
	const unsigned char *value = sqlite3_column_text(statement, column);

	snprintf(text, size, "%s", value != NULL ? (const char *)value : "");
}

int ledger_load_baselines(struct ledger *ledger, ledger_baseline_fn *each, void *context)
{
	sqlite3_stmt *statement = ledger->statements[SQL_LOAD_BASELINES];
	int code, r = 0;

	while (r == 0 && (code = sqlite3_step(statement)) == SQLITE_ROW) {
		struct ledger_baseline baseline = { .id = (uint64_t)sqlite3_column_int64(statement, 0),
			.workload = sqlite3_column_int64(statement, 1),
			.is_final = sqlite3_column_int(statement, 2) != 0 };
		struct ledger_identity identity = { .kind = WORKLOAD_SYSTEM };
		int kind = sqlite3_column_int(statement, 3);
		if (kind >= 0 && kind < WORKLOAD_KIND_COUNT)
			identity.kind = (enum workload_kind)kind;
		copy_column(statement, 4, identity.namespace, sizeof(identity.namespace));
		copy_column(statement, 5, identity.name, sizeof(identity.name));
		ledger_read_energy(statement, 6, &baseline.energy);
		r = each(context, &baseline, &identity);
	}
	if (r == 0 && code != SQLITE_DONE)
		r = ledger_errno(ledger, code);
	sqlite3_reset(statement);
	return r;
}

int ledger_find_identity(struct ledger *ledger, const struct ledger_identity *identity, int64_t *ret_workload)
{
	sqlite3_stmt *statement = ledger->statements[SQL_FIND_IDENTITY];
	int code, r;

	sqlite3_bind_int(statement, 1, (int)identity->kind);
	sqlite3_bind_text(statement, 2, identity->namespace, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 3, identity->name, -1, SQLITE_STATIC);
	code = sqlite3_step(statement);
	r = code == SQLITE_ROW ? 0 : code == SQLITE_DONE ? -ENOENT : ledger_errno(ledger, code);
	if (r == 0)
		*ret_workload = sqlite3_column_int64(statement, 0);
	sqlite3_reset(statement);
	return r;
}

int64_t ledger_new_workload(struct ledger *ledger)
{
	return ledger->next_workload++;
}

bool ledger_has_closed(struct ledger *ledger, int64_t workload, int64_t closed_until)
{
	sqlite3_stmt *statement = ledger->statements[SQL_HAS_CLOSED];
	bool has_closed;

	sqlite3_bind_int64(statement, 1, workload);
	sqlite3_bind_int64(statement, 2, closed_until);
	/* who cannot be asked may have: a second name does no harm, a changed one breaks the chain */
	has_closed = sqlite3_step(statement) != SQLITE_ROW || sqlite3_column_int(statement, 0) != 0;
	sqlite3_reset(statement);
	return has_closed;
}
