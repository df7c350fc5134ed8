#include "tests/unit/analyst/world.h"

#include <errno.h>

#include "analyst/ledger/sql.h"
#include "analyst/ledger/terms.h"
#include "audit/verify.h"

static void change(struct world *w, const char *sql)
{
	char path[128], *error = NULL;
	sqlite3 *db;

	snprintf(path, sizeof(path), "%s/ledger.db", w->f.folder);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &error) != SQLITE_OK)
		fail_msg("%s: %s", sql, error);
	sqlite3_close(db);
}

static void tell(void *context, int64_t hour, struct terms *terms)
{
	terms_of_hour(context, hour, terms);
}

static int seal(struct world *w)
{
	const struct ledger_state *state = &w->f.book.committed;
	int r;

	w->knowledge.ledger = w->f.ledger;
	do
		r = ledger_seal(w->f.ledger, state->closed_until,
			(int64_t)(state->last_real_ns / NS_PER_SECOND), tell, &w->knowledge);
	while (r > 0);
	return r;
}

static void follow(struct world *w, struct audit *ret_audit)
{
	assert_int_equal(audit_ledger(w->f.ledger->sealed, 0, INT64_MAX, ret_audit), 0);
}

static void expect_whole(struct world *w, uint64_t hours)
{
	struct audit audit;

	follow(w, &audit);
	if (audit.fault[0][0] != '\0')
		fail_msg("%s", audit.fault[0]);
	assert_int_equal(audit.hours, hours);
}

static void expect_broken(struct world *w, const char *words)
{
	struct audit audit;

	follow(w, &audit);
	if (strstr(audit.fault[0], words) == NULL)
		fail_msg("'%s' does not say '%s'", audit.fault[0], words);
}

/* The steps of one day. */
static int roll_day(struct world *w, int64_t now)
{
	int r;

	do
		r = ledger_roll_step(w->f.ledger, now);
	while (r > 0 && w->f.ledger->rolling.day != 0);
	return r;
}

static void closed_hours_are_sealed_with_their_terms(void **state)
{
	struct world w;
	struct sealed_hour hour;

	(void)state;
	make(&w);
	w.config.pue = 1.6;
	use_grid(&w, "00:00,446.25\n");
	run_hours(&w, 3.5);
	assert_int_equal(seal(&w), 0);
	expect_whole(&w, 3);
	sealed_select(w.f.ledger->sealed, 0, INT64_MAX);
	assert_int_equal(sealed_next(w.f.ledger->sealed, &hour), 1);
	assert_int_equal(hour.start, FIXTURE_REAL / NS_PER_SECOND);
	assert_int_equal(hour.terms.intensity_mg, 446250);
	assert_int_equal(hour.terms.covered_ppm, 1000000);
	assert_int_equal(hour.terms.pue_ppm, 1600000);
	assert_string_equal(hour.terms.pue_source, "declared");
	assert_string_equal(hour.terms.grid, "user_config:grid.csv");
	assert_string_equal(hour.terms.meter, "powercap");
	assert_int_equal(hour.terms.zones, 1u << ZONE_PACKAGE | 1u << ZONE_DRAM);
	assert_int_equal(hour.rows, 3); /* the node and two workloads */
	assert_int_equal(hour.flags, 0);
	assert_string_equal(hour.previous, CHAIN_GENESIS);
	sealed_select(w.f.ledger->sealed, INT64_MAX, 0); /* the statement must not hold a snapshot */
	assert_int_equal(sealed_next(w.f.ledger->sealed, &hour), 0);
	assert_int_equal(seal(&w), 0);
	expect_whole(&w, 3);
	destroy(&w);
}

static void rolling_up_and_a_restart_leave_the_chain_whole(void **state)
{
	struct world w;
	int64_t now;

	(void)state;
	make(&w);
	run_hours(&w, 5);
	assert_int_equal(seal(&w), 0);
	fixture_close(&w.f);
	fixture_open(&w.f);
	run_hours(&w, 25);
	assert_int_equal(seal(&w), 0);
	now = (int64_t)(w.f.once.real_ns / NS_PER_SECOND);
	assert_int_equal(ledger_keep_up(w.f.ledger, now + 3600, 400), 0);
	assert_true(fixture_ask(&w.f, "SELECT count(*) FROM hour_node") > 3);
	expect_whole(&w, 29);
	/* the oldest go, and the rest is a chain still */
	assert_int_equal(ledger_keep_up(w.f.ledger, now, 1), 0);
	expect_whole(&w, 23);
	destroy(&w);
}

static void every_change_is_found_and_its_record_named(void **state)
{
	static const struct {
		const char *change, *words;
	} cases[] = {
		{ "UPDATE workload SET name = 'other' WHERE name = 'ml-training-job'", "pod ai-team/other" },
		{ "UPDATE slot_workload SET active_package = active_package - 1 WHERE slot = 1795478700 AND "
		  "workload "
		  "= (SELECT id FROM workload WHERE name = 'ml-training-job')",
			"hour 2026-11-24T09:00:00+09:00, record 3, pod ai-team/ml-training-job (measured): "
			"it is not "
			"what was sealed" },
		{ "UPDATE slot_node SET idle_package = 0 WHERE slot = 1795482000",
			"10:00:00+09:00, record 1, node" },
		{ "DELETE FROM slot_workload WHERE workload = (SELECT id FROM workload WHERE name = "
		  "'sleepy.service') AND slot >= 1795482000 AND slot < 1795485600",
			"10:00:00+09:00, record 2, pod ai-team/ml-training-job (measured): it is not what "
			"was sealed, or one before it is gone" },
		{ "UPDATE sealed_hour SET pue_ppm = 1000000 WHERE start = 1795485600",
			"11:00:00+09:00, record 4, the hour itself" },
		{ "UPDATE sealed_hour SET hash = previous WHERE start = 1795485600",
			"its hash is another one" },
		{ "DELETE FROM sealed_hour WHERE start = 1795482000", "one is missing or was replaced" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct world w;
		make(&w);
		run_hours(&w, 3.5);
		assert_int_equal(seal(&w), 0);
		expect_whole(&w, 3);
		change(&w, cases[i].change);
		expect_broken(&w, cases[i].words);
		destroy(&w);
	}
}

#define DAYS_LATER (LEDGER_HOUR_DAYS + 1)
#define ENERGY_OF  "SELECT sum(active_package + idle_package + active_dram) FROM "

/* Five days of sealed hours, and the clock so far on that they are kept by the day. */
static void run_days(struct world *w)
{
	int64_t now;

	make(w);
	w->config.pue = 1.6;
	use_grid(w, "00:00,446.25\n12:00,400.125\n");
	fixture_name(&w->f, 10, WORKLOAD_POD, "ai-team", "ml-training-job");
	for (uint64_t i = 1; i <= 5 * 24; i++) {
		const struct power_row row = { .id = 10, .active_uj.by[ZONE_PACKAGE] = i * i * 1000003 };
		w->f.once.total_uj.by[ZONE_PACKAGE] = i * i * 1000003 + i * 77777;
		w->f.once.idle_uj.by[ZONE_PACKAGE] = i * 77777;
		fixture_pass(&w->f, 3600);
		assert_int_equal(fixture_send(&w->f, &row, 1), 0);
		assert_int_equal(book_commit(&w->f.book), 0);
		assert_int_equal(seal(w), 0);
	}
	w->knowledge.now_real_ns = w->f.once.real_ns;
	now = (int64_t)(w->f.once.real_ns / NS_PER_SECOND);
	now += DAYS_LATER * 86400;
	assert_int_equal(ledger_keep_up(w->f.ledger, now, 400), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(roll_day(w, now), 1);
}

static void hours_become_days_and_no_microjoule_is_lost(void **state)
{
	struct world w;
	int64_t now;

	(void)state;
	run_days(&w);
	now = (int64_t)(w.f.once.real_ns / NS_PER_SECOND);
	assert_int_equal(fixture_ask(&w.f, "SELECT count(*) FROM sealed_day"), 2);
	assert_int_equal(fixture_ask(&w.f, "SELECT count(*) FROM day_workload"), 2);
	assert_int_equal(
		fixture_ask(&w.f,
			"SELECT min((slot + 32400) % 86400) + max((slot + 32400) % 86400) FROM day_workload"),
		0);
	assert_int_equal(fixture_ask(&w.f, "SELECT count(*) FROM hour_workload WHERE slot < (SELECT "
					   "max(start) + 86400 FROM sealed_day)"),
		0);
	assert_int_equal(fixture_ask(&w.f, ENERGY_OF "all_workload"), 120 * 120 * INT64_C(1000003));
	assert_int_equal(
		fixture_ask(&w.f, "SELECT sum(active_package) - (" ENERGY_OF "all_workload) FROM all_node"),
		0);
	assert_int_equal(fixture_ask(&w.f, "SELECT sum(it_uj - active_package) FROM day_workload"), 0);
	/* by each hour's terms, rounded down to whole units of its row */
	assert_int_equal(fixture_ask(&w.f, "SELECT sum(it_uj) * 16 / 10 - sum(facility_uj) BETWEEN 0 AND 48 "
					   "FROM day_workload"),
		1);
	expect_whole(&w, 119);
	/* questions over both tiers, and the seam: hours that come now know the last day */
	w.knowledge.now_real_ns += DAYS_LATER * 86400 * NS_PER_SECOND;
	assert_int_equal(assess(&w, "{\"workload_name\":\"ml-training-job\",\"window\":\"P60D\"}"), 200);
	expect_number(&w, "mean_power_watts", 120 * 120 * 1.000003 / (120 * 3600));
	assert_int_equal(ask(&w, "power_history", "{\"window\":\"P60D\"}"), 200);
	expect_number(&w, "step_seconds", 86400);
	assert_int_equal(roll_day(&w, now + DAYS_LATER * 86400), 1);
	fixture_close(&w.f);
	fixture_open(&w.f);
	w.f.head.seq += 1000;
	expect_whole(&w, 119);
	/* the oldest day goes whole, with its hours */
	assert_int_equal(ledger_keep_up(w.f.ledger, now + DAYS_LATER * 86400, DAYS_LATER + 3), 0);
	assert_int_equal(
		fixture_ask(&w.f,
			"SELECT count(*) FROM sealed_day WHERE start >= (SELECT min(slot) FROM hour_node)"),
		fixture_ask(&w.f, "SELECT count(*) FROM sealed_day"));
	expect_whole(&w, (uint64_t)fixture_ask(&w.f, "SELECT count(*) FROM sealed_hour"));
	destroy(&w);
}

static void every_change_of_a_day_is_found_and_its_record_named(void **state)
{
	static const struct {
		const char *change, *words;
	} cases[] = {
		{ "UPDATE day_workload SET active_package = active_package - 1 WHERE slot = 1795532400",
			"day 2026-11-25T00:00:00+09:00, record 49, pod ai-team/ml-training-job" },
		{ "UPDATE day_workload SET emissions_ng = emissions_ng - 1 WHERE slot = 1795532400",
			"record 49, pod ai-team" },
		{ "UPDATE hour_node SET idle_package = 0 WHERE slot = 1795532400",
			"day 2026-11-25T00:00:00+09:00, record 1, node" },
		{ "UPDATE sealed_hour SET intensity_mg = 1 WHERE start = 1795532400",
			"day 2026-11-25T00:00:00+09:00, record 2, an hour of it" },
		{ "CREATE TEMP TABLE t AS SELECT * FROM hour_workload LIMIT 1; UPDATE t SET slot = "
		  "1795536000; "
		  "INSERT INTO hour_workload SELECT * FROM t",
			"day 2026-11-25T00:00:00+09:00, record 4, pod" },
		{ "DELETE FROM sealed_hour WHERE start = 1795536000",
			"day 2026-11-25T00:00:00+09:00, record 3" },
		{ "UPDATE sealed_day SET hash = previous WHERE start = 1795532400",
			"its hash is another one" },
		{ "DELETE FROM sealed_day WHERE start = 1795532400", "there was no such record" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct world w;
		run_days(&w);
		expect_whole(&w, 119);
		change(&w, cases[i].change);
		expect_broken(&w, cases[i].words);
		destroy(&w);
	}
}

/* Between two steps nothing is half a day: not for a question, not for an auditor, not for the process that comes after a crash. */
static void a_day_that_is_not_whole_yet_is_seen_by_nobody(void **state)
{
	struct world w;
	int64_t now;

	(void)state;
	run_days(&w);
	now = (int64_t)(w.f.once.real_ns / NS_PER_SECOND) + DAYS_LATER * 86400;
	for (int i = 0; i < 24; i++) {
		assert_int_equal(ledger_roll_step(w.f.ledger, now), 1);
		assert_int_equal(fixture_ask(&w.f, "SELECT count(*) FROM sealed_day"), 2);
		assert_int_equal(fixture_ask(&w.f, ENERGY_OF "all_workload"), 120 * 120 * INT64_C(1000003));
		expect_whole(&w, 119);
	}
	fixture_close(&w.f); /* and what was added up so far is gone */
	fixture_open(&w.f);
	w.f.head.seq += 1000;
	assert_int_equal(fixture_ask(&w.f, "SELECT count(*) FROM sealed_day"), 2);
	assert_int_equal(roll_day(&w, now), 1);
	assert_int_equal(fixture_ask(&w.f, "SELECT count(*) FROM sealed_day"), 3);
	assert_int_equal(fixture_ask(&w.f, ENERGY_OF "all_workload"), 120 * 120 * INT64_C(1000003));
	expect_whole(&w, 119);
	destroy(&w);
}

/* An old day that goes while it is being added up is not made of what was read of it before. */
static void a_day_that_grows_too_old_meanwhile_is_let_go(void **state)
{
	struct world w;
	int64_t now;

	(void)state;
	run_days(&w);
	now = (int64_t)(w.f.once.real_ns / NS_PER_SECOND) + DAYS_LATER * 86400;
	for (int i = 0; i < 12; i++)
		assert_int_equal(ledger_roll_step(w.f.ledger, now), 1);
	for (int day = 0; day < 3; day++)
		assert_int_equal(ledger_keep_up(w.f.ledger, now, DAYS_LATER + 1), 0);
	assert_int_equal(w.f.ledger->rolling.day, 0);
	while (ledger_roll_step(w.f.ledger, now) > 0)
		;
	assert_int_equal(fixture_ask(&w.f, "SELECT (SELECT sum(active_package) FROM all_node) - (" ENERGY_OF
					   "all_workload)"),
		0);
	destroy(&w);
}

/* What was tampered with is not tidied away. */
static void hours_that_do_not_hold_become_no_day(void **state)
{
	struct world w;
	int64_t now;

	(void)state;
	run_days(&w);
	now = (int64_t)(w.f.once.real_ns / NS_PER_SECOND) + DAYS_LATER * 86400;
	change(&w, "UPDATE hour_workload SET active_package = 1 WHERE slot = (SELECT min(slot) FROM "
		   "hour_workload)");
	assert_int_equal(roll_day(&w, now), -EBADMSG);
	assert_non_null(strstr(ledger_message(w.f.ledger), "it is not what was sealed"));
	assert_int_equal(roll_day(&w, now), 0);
	assert_int_equal(fixture_ask(&w.f, "SELECT count(*) FROM sealed_day"), 2);
	destroy(&w);
}

/* A name that comes after an hour was closed: the hour keeps the old one, and every question counts it for the new. */
static void a_late_name_changes_no_closed_hour(void **state)
{
	const char *uid = "0a1b2c3d-0000-1111-2222-333344445555";
	struct world w;
	struct workload_row pod = { .op = TOPOLOGY_ADD,
		.id = 20,
		.kind = WORKLOAD_POD,
		.namespace = text_of("kubepods"),
		.workload = text_of(uid),
		.pod = text_of(uid),
		.pod_uid = text_of(uid) };

	(void)state;
	make(&w);
	fixture_name_row(&w.f, &pod);
	for (uint64_t i = 1; i <= 150; i++) {
		const struct power_row row = { .id = 20, .active_uj.by[ZONE_PACKAGE] = i * 1000 };
		if (i == 101) { /* with a new slot: times of one slot do not add up */
			pod.namespace = text_of("prod");
			pod.workload = pod.pod = text_of("web-0");
			fixture_name_row(&w.f, &pod);
		}
		w.f.once.total_uj.by[ZONE_PACKAGE] = i * 1000;
		fixture_pass(&w.f, 60);
		assert_int_equal(fixture_send(&w.f, &row, 1), 0);
		assert_int_equal(book_commit(&w.f.book), 0);
		assert_int_equal(seal(&w), 0);
	}
	expect_whole(&w, 2);
	w.knowledge.now_real_ns = w.f.once.real_ns;
	assert_int_equal(fixture_ask(&w.f, "SELECT count(*) FROM workload"), 2);
	assert_int_equal(assess(&w, "{\"workload_name\":\"web-0\"}"), 200);
	expect_number(&w, "mean_power_watts", 150000 / 1e6 / 9000);
	assert_int_equal(ask(&w, "list_workloads_by_compliance", "{}"), 200);
	expect_number(&w, "total_workloads", 1);
	assert_int_equal(fixture_ask(&w.f, "SELECT sum(active_package) FROM all_workload"), 150000);
	destroy(&w);
}

static void hours_a_silent_source_never_passed_are_incomplete(void **state)
{
	struct world w;
	int64_t now;

	(void)state;
	make(&w);
	run_hours(&w, 1.5);
	now = (int64_t)(w.f.once.real_ns / NS_PER_SECOND);
	assert_int_equal(book_close_silent(&w.f.book, now + 3600), 0);
	assert_int_equal(seal(&w), 0);
	expect_whole(&w, 1);
	assert_int_equal(book_close_silent(&w.f.book, now + 26 * 3600), 0);
	assert_int_equal(seal(&w), 0);
	expect_whole(&w, 2);
	assert_int_equal(fixture_ask(&w.f, "SELECT flags FROM sealed_hour ORDER BY start"), 0);
	assert_int_equal(
		fixture_ask(&w.f, "SELECT flags FROM sealed_hour ORDER BY start DESC"), HOUR_INCOMPLETE);
	run_hours(&w, 0.1); /* it comes back within that hour after all: late, and into the next one */
	assert_int_equal(fixture_ask(&w.f, "SELECT count(*) FROM slot_node WHERE flags & 2"), 1);
	expect_whole(&w, 2);
	destroy(&w);
}

static void a_ledger_of_the_first_version_is_taken_over_and_sealed(void **state)
{
	struct world w;

	(void)state;
	make(&w);
	run_hours(&w, 2.5);
	fixture_close(&w.f);
	change(&w, "DROP INDEX workload_became; ALTER TABLE workload DROP COLUMN became; DROP INDEX "
		   "hour_workload_slot; DROP VIEW all_workload; DROP TABLE sealed_hour; DROP TABLE "
		   "sealed_day; DROP TABLE day_workload; DROP TABLE "
		   "load_workload; DROP TABLE memory_workload; CREATE VIEW all_workload AS SELECT * FROM "
		   "slot_workload UNION ALL SELECT "
		   "* FROM hour_workload; PRAGMA "
		   "user_version = 1");
	fixture_open(&w.f);
	run_hours(&w, 1);
	assert_int_equal(seal(&w), 0);
	expect_whole(&w, 3);
	destroy(&w);
}

static void a_full_disk_leaves_an_hour_unsealed_until_there_is_room(void **state)
{
	struct world w;

	(void)state;
	make(&w);
	run_hours(&w, 1.5);
	change(&w, "CREATE TRIGGER full BEFORE INSERT ON sealed_hour BEGIN SELECT RAISE(FAIL, 'disk'); END");
	assert_true(seal(&w) < 0);
	change(&w, "DROP TRIGGER full");
	assert_int_equal(seal(&w), 0);
	expect_whole(&w, 1);
	destroy(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(closed_hours_are_sealed_with_their_terms),
		cmocka_unit_test(rolling_up_and_a_restart_leave_the_chain_whole),
		cmocka_unit_test(every_change_is_found_and_its_record_named),
		cmocka_unit_test(hours_become_days_and_no_microjoule_is_lost),
		cmocka_unit_test(every_change_of_a_day_is_found_and_its_record_named),
		cmocka_unit_test(a_day_that_is_not_whole_yet_is_seen_by_nobody),
		cmocka_unit_test(a_day_that_grows_too_old_meanwhile_is_let_go),
		cmocka_unit_test(hours_that_do_not_hold_become_no_day),
		cmocka_unit_test(a_late_name_changes_no_closed_hour),
		cmocka_unit_test(hours_a_silent_source_never_passed_are_incomplete),
		cmocka_unit_test(a_ledger_of_the_first_version_is_taken_over_and_sealed),
		cmocka_unit_test(a_full_disk_leaves_an_hour_unsealed_until_there_is_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
