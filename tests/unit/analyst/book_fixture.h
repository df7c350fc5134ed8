/* A book with a ledger in a folder of its own, and frames made by hand. */
#pragma once

#include "tests/unit/unit.h"

#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyst/book/book.h"
#include "base/clock.h"
#include "ipc/frame.h"

#define FIXTURE_EPOCH UINT64_C(1700000000000000000)
#define FIXTURE_REAL  (UINT64_C(1795478400) * NS_PER_SECOND) /* 2026-11-24T09:00:00+09:00, a whole hour */
#define FIXTURE_BOOT  (UINT64_C(1000) * NS_PER_SECOND)

struct fixture {
	char folder[64];
	struct ledger *ledger;
	struct book book;
	struct frame_head head;
	struct power_once once;
};

static inline void fixture_open(struct fixture *f)
{
	bool is_aside;

	assert_int_equal(ledger_open(&f->ledger, f->folder, &is_aside), 0);
	assert_int_equal(book_open(&f->book, f->ledger, 1000), 0);
}

static inline void fixture_close(struct fixture *f)
{
	book_done(&f->book);
	ledger_close(f->ledger);
}

static inline void fixture_make(struct fixture *f)
{
	*f = (struct fixture) { .head = { .kind = FRAME_power,
					.epoch.birth_ns = 1,
					.energy_epoch = FIXTURE_EPOCH,
					.seq = 1,
					.parts = 1 },
		.once = { .state = POWER_MEASURED,
			.source = { "powercap", 8 },
			.zone_mask = 1u << ZONE_PACKAGE | 1u << ZONE_DRAM,
			.mono_ns = FIXTURE_BOOT,
			.boot_ns = FIXTURE_BOOT,
			.first_boot_ns = FIXTURE_BOOT,
			.real_ns = FIXTURE_REAL,
			.cpus = 4 } };
	memset(f->head.epoch.boot_id, 7, 16);
	strcpy(f->folder, "/tmp/tanso-analyst-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	fixture_open(f);
}

static inline void fixture_destroy(struct fixture *f)
{
	char command[128];

	fixture_close(f);
	snprintf(command, sizeof(command), "rm -rf '%s'", f->folder);
	assert_int_equal(system(command), 0);
}

/* Names a row: kind, namespace, workload and whatever else is set in `row`. */
static inline void fixture_name_row(struct fixture *f, const struct workload_row *row)
{
	const struct workload_once once = { 0 };
	const struct frame frame = { .head = { .kind = FRAME_workload, .parts = 1 },
		.once = &once,
		.rows = row,
		.row_count = 1,
		.is_last = true };

	assert_int_equal(book_apply_workload(&f->book, &frame), 0);
}

static inline void fixture_name(
	struct fixture *f, uint64_t id, enum workload_kind kind, const char *namespace, const char *name)
{
	const struct workload_row row = { .op = TOPOLOGY_ADD,
		.id = id,
		.kind = (uint8_t)kind,
		.namespace = text_of(namespace),
		.workload = text_of(name) };

	fixture_name_row(f, &row);
}

/* Lets `seconds` pass. */
static inline void fixture_pass(struct fixture *f, double seconds)
{
	uint64_t ns = (uint64_t)(seconds * 1e9);

	f->once.mono_ns += ns;
	f->once.boot_ns += ns;
	f->once.real_ns += ns;
	f->once.counted_ns += ns;
	f->head.seq++;
}

static inline int fixture_send(struct fixture *f, const struct power_row *rows, size_t count)
{
	const struct frame frame = {
		.head = f->head, .once = &f->once, .rows = rows, .row_count = count, .is_last = true
	};

	return book_apply_power(&f->book, &frame);
}

/* One number the ledger holds. */
static inline int64_t fixture_ask(struct fixture *f, const char *sql)
{
	char path[128];
	sqlite3 *db = NULL;
	sqlite3_stmt *statement = NULL;
	int64_t value;

	snprintf(path, sizeof(path), "%s/ledger.db", f->folder);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	value = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	sqlite3_close(db);
	return value;
}

/* How many slots there are in which the workloads do not add up to the node. */
#define BALANCE                                                                                              \
	"SELECT count(*) FROM (SELECT n.slot, n.state, n.active_package AS node, "                           \
	"coalesce(sum(w.active_package"                                                                      \
	" + w.idle_package), 0) AS given FROM all_node n LEFT JOIN all_workload w ON w.slot = n.slot AND"    \
	" w.state = n.state GROUP BY n.slot, n.state HAVING node <> given)"
#define NODE_PACKAGE "SELECT total_uj FROM node_total WHERE zone = 'package'"

static inline struct power_row fixture_row(uint64_t id, uint64_t package_uj)
{
	return (struct power_row) { .id = id, .active_uj.by[ZONE_PACKAGE] = package_uj };
}

static inline void fixture_set_node(struct fixture *f, uint64_t total_uj, uint64_t idle_uj)
{
	f->once.total_uj.by[ZONE_PACKAGE] = total_uj;
	f->once.idle_uj.by[ZONE_PACKAGE] = idle_uj;
}
