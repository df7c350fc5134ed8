/* What the ledger takes on the disk is what docs/methodology.md says, what is too old goes, and a limit is kept by the oldest days. */
#include "tests/unit/unit.h"

#include <sys/stat.h>

#include "analyst/ledger/sql.h"
#include "base/kst.h"

#define BEGIN_S   INT64_C(1795446000) /* 2026-11-24T00:00:00+09:00 */
#define WORKLOADS 24
#define WAL_MAX   (16 << 20) /* journal_size_limit */

struct disk {
	char folder[64];
	struct ledger *ledger;
	struct ledger_state state;
	int64_t now;
};

static void begin(struct disk *d)
{
	bool is_aside;

	*d = (struct disk) { .folder = "/tmp/tanso-analyst-XXXXXX",
		.now = BEGIN_S,
		.state = { .energy_epoch = 1, .first_boot_ns = 1, .closed_until = BEGIN_S } };
	assert_non_null(mkdtemp(d->folder));
	assert_int_equal(ledger_open(&d->ledger, d->folder, &is_aside), 0);
	assert_int_equal(sqlite3_exec(d->ledger->db, "PRAGMA synchronous = OFF", NULL, NULL, NULL),
		SQLITE_OK); /* sizes, not power cuts */
	for (int64_t workload = 1; workload <= WORKLOADS; workload++) {
		struct ledger_identity identity = { .kind = WORKLOAD_POD, .namespace = "production" };
		const struct ledger_baseline baseline = { .id = (uint64_t)workload, .workload = workload };
		snprintf(identity.name, sizeof(identity.name), "checkout-service-7d9c6bf4-%05d",
			(int)workload);
		ledger_put_workload(d->ledger, workload, &identity);
		ledger_put_baseline(d->ledger, &baseline);
		ledger_put_alias(d->ledger, workload, ALIAS_OWNER, "checkout-service", "Deployment");
		ledger_put_alias(d->ledger, workload, ALIAS_POD_UID, identity.name, "");
	}
	assert_int_equal(ledger_commit(d->ledger, &d->state), 0);
}

static void end(struct disk *d)
{
	char command[128];

	ledger_close(d->ledger);
	snprintf(command, sizeof(command), "rm -rf '%s'", d->folder);
	assert_int_equal(system(command), 0);
}

static int64_t size_of(const struct disk *d, const char *file)
{
	struct stat about;
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", d->folder, file);
	return stat(path, &about) == 0 ? (int64_t)about.st_size : 0;
}

/* From now on all of it is in the file. */
static void checkpoint(const struct disk *d)
{
	assert_int_equal(
		sqlite3_wal_checkpoint_v2(d->ledger->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL),
		SQLITE_OK);
}

/* Two zones, as hosts have them; energies as wide as real ones. */
static struct ledger_slot slot_of(const struct disk *d, int64_t seconds, uint64_t part)
{
	struct ledger_slot slot = {
		.start = d->now, .state = POWER_MEASURED, .present_ns = (uint64_t)seconds * 1000000000
	};

	slot.energy.active[ZONE_PACKAGE] = (uint64_t)seconds * (45200000 + part * 7919);
	slot.energy.active[ZONE_DRAM] = (uint64_t)seconds * (12300000 + part * 104729);
	return slot;
}

static void tell(void *context, int64_t hour, struct terms *ret_terms)
{
	(void)context, (void)hour;
	*ret_terms = (struct terms) { .intensity_mg = 423000, .pue_ppm = 1400000, .zones = 3 };
}

/* As the analyst does it each hour. */
static void settle(struct disk *d, int64_t days)
{
	d->state.closed_until = d->now / LEDGER_HOUR_SECONDS * LEDGER_HOUR_SECONDS;
	d->state.last_real_ns = (uint64_t)d->now * 1000000000;
	d->state.committed_seq++;
	assert_int_equal(ledger_commit(d->ledger, &d->state), 0);
	while (ledger_seal(d->ledger, d->state.closed_until, d->now, tell, NULL) > 0)
		;
	assert_int_equal(ledger_keep_up(d->ledger, d->now, days), 0);
	while (ledger_roll_step(d->ledger, d->now) > 0)
		;
}

static void add_slot(struct disk *d, int64_t seconds)
{
	struct ledger_slot slot = slot_of(d, seconds, WORKLOADS);

	ledger_add_node(d->ledger, &slot);
	for (int64_t workload = 1; workload <= WORKLOADS; workload++) {
		slot = slot_of(d, seconds, (uint64_t)workload);
		ledger_add_workload(d->ledger, workload, &slot);
	}
}

static void add_loads(struct disk *d)
{
	for (int64_t workload = 1; workload <= WORKLOADS; workload++) {
		const struct ledger_load load = { .start = d->now,
			.cpu_ns = UINT64_C(300000000000) / (uint64_t)workload,
			.counted_ns = UINT64_C(300000000000),
			.request_millicores = 500 };
		ledger_add_load(d->ledger, workload, &load);
	}
}

/* Written once a minute by as many as hold a little more: in the end it is a row for three hours. */
static void add_memories(struct disk *d)
{
	for (int64_t workload = 1; workload <= WORKLOADS; workload++) {
		const struct ledger_memory memory = { .start = d->now / LEDGER_MEMORY_SECONDS *
							       LEDGER_MEMORY_SECONDS,
			.peak_bytes = UINT64_C(734003200) + (uint64_t)workload,
			.counted_ns = UINT64_C(3600000000000),
			.request_bytes = UINT64_C(1073741824),
			.limit_bytes = UINT64_C(2147483648) };
		ledger_add_memory(d->ledger, workload, &memory);
	}
}

/* One hour of all of them. What is rolled up to hours is the same of one slot and of twelve: those that nobody will see need not
 * be twelve. */
static void pass_hour(struct disk *d, bool with_slots, bool with_loads)
{
	if (with_loads)
		add_memories(d);
	for (int i = 0; i < 12; i++, d->now += LEDGER_SLOT_SECONDS) {
		if (with_slots || i == 0)
			add_slot(d, with_slots ? LEDGER_SLOT_SECONDS : LEDGER_HOUR_SECONDS);
		if (with_loads)
			add_loads(d);
	}
}

static int64_t integer_of(const struct disk *d, const char *sql)
{
	sqlite3_stmt *statement = NULL;
	int64_t value;

	assert_int_equal(sqlite3_prepare_v2(d->ledger->db, sql, -1, &statement, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	value = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return value;
}

/* docs/methodology.md, "Size" */
static int64_t formula(int64_t workloads, int64_t days)
{
	return workloads * (300 * 61 + 217 * 12 * 32 + 73 * 45 + 24 * 35 * 86 + days * 83 + 400) +
	       24 * days * 390;
}

static void the_formula_is_the_one_of_the_documentation(void **state)
{
	static char text[200000];
	FILE *file = fopen(TANSO_SOURCE_DIR "/docs/methodology.md", "r");

	(void)state;
	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	assert_non_null(strstr(text, "W · (300 · 61 + 217 · 12 · 32 + 73 · 45 + 24 · 35 · 86 + D · 83 + 400) "
				     "+ 24 · D · 390 bytes"));
	assert_non_null(strstr(text, "100 workloads for 400 days ≈ 24 MB"));
	assert_in_range(formula(100, 400), 24000000, 24999999);
}

static void the_file_is_as_large_as_the_formula_says(void **state)
{
	enum { HOURS = 40 * 24, LOAD_HOURS = LEDGER_LOAD_DAYS * 24 + LEDGER_SLOT_HOURS };
	struct disk d;

	(void)state;
	begin(&d);
	for (int hour = 1; hour <= HOURS; hour++) {
		pass_hour(&d, hour > HOURS - LEDGER_SLOT_HOURS, hour > HOURS - LOAD_HOURS);
		if (hour % 24 == 0)
			settle(&d, 400);
	}
	/* all there is of each kind */
	assert_int_equal(
		integer_of(&d, "SELECT count(*) FROM slot_workload"), WORKLOADS * LEDGER_SLOT_HOURS * 12);
	assert_int_equal(integer_of(&d, "SELECT count(*) FROM load_workload"), WORKLOADS * LOAD_HOURS * 12);
	assert_in_range(integer_of(&d, "SELECT count(*) FROM memory_workload"), WORKLOADS * (LOAD_HOURS / 3),
		WORKLOADS * (LOAD_HOURS / 3 + 1));
	assert_in_range(integer_of(&d, "SELECT count(*) FROM hour_workload"), WORKLOADS * 24 * 33,
		WORKLOADS * 24 * 35);
	assert_in_range(integer_of(&d, "SELECT count(*) FROM day_workload"), WORKLOADS * 4, WORKLOADS * 6);
	assert_true(size_of(&d, "ledger.db-wal") <= WAL_MAX);
	checkpoint(&d);
	int64_t size = size_of(&d, "ledger.db") + size_of(&d, "ledger.db-wal"),
		stated = formula(WORKLOADS, 40);
	assert_in_range(size, stated * 4 / 5, stated * 3 / 2);
	end(&d);
}

static void what_is_too_old_goes_and_its_room_is_used_again(void **state)
{
	struct disk d;
	int64_t size = 0;

	(void)state;
	begin(&d);
	for (int hour = 1; hour <= 24 * 24; hour++) {
		pass_hour(&d, false, false);
		if (hour % 24 == 0)
			settle(&d, 3);
		if (hour % (8 * 24) == 0)
			checkpoint(&d);
		if (hour == 8 * 24)
			size = size_of(&d, "ledger.db");
	}
	assert_true(integer_of(&d, "SELECT min(slot) FROM hour_workload") >= d.now - 3 * DAY_SECONDS);
	assert_true(integer_of(&d, "SELECT min(slot) FROM hour_node") >= d.now - 3 * DAY_SECONDS);
	assert_true(integer_of(&d, "SELECT min(start) FROM sealed_hour") >= d.now - 3 * DAY_SECONDS);
	assert_true(size > 0 && size_of(&d, "ledger.db") <= size + size / 10);
	end(&d);
}

/* A file that may have 640 KiB, and 20 days that would take twice as much. */
static void over_the_limit_the_oldest_days_go_and_nothing_is_refused(void **state)
{
	enum { PAGES = 160 };
	int64_t before = 0;
	struct disk d;

	(void)state;
	begin(&d);
	ledger_limit_pages(d.ledger, PAGES);
	for (int hour = 1; hour <= 20 * 24; hour++) {
		pass_hour(&d, false, false);
		if (hour % 6 != 0)
			continue;
		settle(&d, 400); /* whose commit is refused where there is no room */
		assert_true(integer_of(&d, "PRAGMA page_count") <= PAGES);
		int64_t oldest = integer_of(&d, "SELECT min(slot) FROM hour_node");
		assert_true(oldest >= before && oldest <= before + (before > 0 ? DAY_SECONDS : oldest));
		before = oldest;
	}
	assert_true(before > BEGIN_S + 10 * DAY_SECONDS); /* the old is gone */
	assert_true(before < d.now - 2 * DAY_SECONDS);    /* and no more than has to */
	assert_true(integer_of(&d, "SELECT min(slot) FROM hour_workload") >= before);
	checkpoint(&d);
	assert_true(size_of(&d, "ledger.db") <= PAGES * LEDGER_PAGE_BYTES);
	end(&d);
}

#define MANY      600
#define STEP_ROWS (250 * 13 + 10) /* of 250 workloads an hour's twelve slots and the hour, and the node's */

struct steps {
	sqlite3 *db;
	int64_t before, most;
};

static int on_commit(void *context)
{
	struct steps *steps = context;
	int64_t changes = sqlite3_total_changes64(steps->db) - steps->before;

	steps->most = changes > steps->most ? changes : steps->most;
	steps->before += changes;
	return 0;
}

/* One transaction for all workloads kept questions waiting for half a second with 10 000. */
static void slots_become_hours_in_transactions_of_some_workloads(void **state)
{
	struct disk d;
	struct steps steps = { 0 };
	int r;

	(void)state;
	begin(&d);
	for (int i = 0; i < 12; i++, d.now += LEDGER_SLOT_SECONDS) {
		struct ledger_slot slot = slot_of(&d, LEDGER_SLOT_SECONDS, 0);
		ledger_add_node(d.ledger, &slot);
		for (int64_t workload = 1; workload <= MANY; workload++)
			ledger_add_workload(d.ledger, workload, &slot);
	}
	assert_int_equal(ledger_commit(d.ledger, &d.state), 0);
	steps.db = d.ledger->db;
	steps.before = sqlite3_total_changes64(steps.db);
	sqlite3_commit_hook(steps.db, on_commit, &steps);
	do
		r = ledger_keep_up(d.ledger, d.now + 26 * 3600, 400);
	while (r > 0);
	assert_int_equal(r, 0);
	assert_in_range(steps.most, 12, STEP_ROWS);
	assert_int_equal(
		integer_of(&d, "SELECT count(*) FROM hour_workload WHERE present_ns = 3600000000000"), MANY);
	assert_int_equal(integer_of(&d, "SELECT count(*) FROM slot_workload"), 0);
	assert_int_equal(integer_of(&d, "SELECT count(*) FROM hour_node"), 1);
	end(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slots_become_hours_in_transactions_of_some_workloads),
		cmocka_unit_test(the_formula_is_the_one_of_the_documentation),
		cmocka_unit_test(the_file_is_as_large_as_the_formula_says),
		cmocka_unit_test(what_is_too_old_goes_and_its_room_is_used_again),
		cmocka_unit_test(over_the_limit_the_oldest_days_go_and_nothing_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
