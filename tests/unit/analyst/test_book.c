#include "tests/unit/analyst/book_fixture.h"

#include "analyst/ledger/query.h"

#include <errno.h>

#include "analyst/ledger/sql.h"

static void sums_are_exact_and_balance_in_every_slot(void **state)
{
	struct fixture f;
	uint64_t a = 0, b = 0, idle = 0, random = 12345;

	(void)state;
	fixture_make(&f);
	fixture_name(&f, 10, WORKLOAD_UNIT, "system.slice", "a.service");
	for (int i = 0; i < 400; i++) {
		random = random * UINT64_C(6364136223846793005) + 1;
		a += random >> 40;
		b += random >> 45;
		idle += random >> 42;
		fixture_set_node(&f, a + b + idle, idle);
		const struct power_row rows[] = { fixture_row(10, a), fixture_row(11, b) };
		fixture_pass(
			&f, i % 50 == 49 ? 1111.7 : 0.9); /* every now and then a gap over several slots */
		assert_int_equal(fixture_send(&f, rows, 2), 0);
		if (i % 7 == 1)
			assert_int_equal(book_commit(&f.book), 0);
	}
	assert_int_equal(book_commit(&f.book), 0);
	assert_int_equal(fixture_ask(&f, NODE_PACKAGE), a + b + idle);
	assert_int_equal(fixture_ask(&f, "SELECT sum(active_uj) FROM workload_total"), a + b);
	assert_int_equal(fixture_ask(&f, BALANCE), 0);
	assert_true(fixture_ask(&f, "SELECT count(*) FROM slot_node WHERE flags & 1") > 8);
	assert_int_equal(f.book.counts.unbalanced, 0);
	fixture_destroy(&f);
}

static void a_restart_resumes_from_the_committed_state(void **state)
{
	struct fixture f;
	struct power_row rows[] = { fixture_row(10, 1000) };

	(void)state;
	fixture_make(&f);
	fixture_set_node(&f, 1500, 500);
	fixture_pass(&f, 1);
	assert_int_equal(fixture_send(&f, rows, 1), 0);
	assert_int_equal(book_commit(&f.book), 0);
	rows[0].active_uj.by[ZONE_PACKAGE] = 2000; /* this one is never committed */
	fixture_set_node(&f, 2600, 600);
	fixture_pass(&f, 1);
	assert_int_equal(fixture_send(&f, rows, 1), 0);
	fixture_close(&f);
	fixture_open(&f);
	assert_int_equal(fixture_send(&f, rows, 1), 0); /* the resend */
	assert_int_equal(fixture_send(&f, rows, 1), 0); /* and once more */
	assert_int_equal(book_commit(&f.book), 0);
	assert_int_equal(fixture_ask(&f, NODE_PACKAGE), 2600);
	assert_int_equal(fixture_ask(&f, "SELECT sum(active_package) FROM all_workload"), 2000);
	assert_int_equal(fixture_ask(&f, "SELECT committed_seq FROM commit_state"), 3);
	assert_int_equal(fixture_ask(&f, "SELECT sum(present_ns) FROM all_node"), 2 * NS_PER_SECOND);
	fixture_destroy(&f);
}

static void a_new_energy_epoch_counts_from_zero_and_keeps_what_was(void **state)
{
	struct fixture f;
	struct power_row rows[] = { fixture_row(10, 5000) };

	(void)state;
	fixture_make(&f);
	fixture_set_node(&f, 5000, 0);
	fixture_pass(&f, 1);
	assert_int_equal(fixture_send(&f, rows, 1), 0);
	assert_int_equal(book_commit(&f.book), 0);
	f.head.energy_epoch++;
	f.head.seq = 1;
	rows[0] = fixture_row(10, 300);
	fixture_set_node(&f, 300, 0);
	f.once.boot_ns += 2 * NS_PER_SECOND;
	f.once.first_boot_ns = f.once.boot_ns - NS_PER_SECOND;
	f.once.real_ns += 2 * NS_PER_SECOND;
	assert_int_equal(fixture_send(&f, rows, 1), 0);
	assert_int_equal(book_commit(&f.book), 0);
	assert_int_equal(fixture_ask(&f, NODE_PACKAGE), 5300);
	assert_int_equal(fixture_ask(&f, "SELECT sum(present_ns) FROM all_node"), 2 * NS_PER_SECOND);
	fixture_destroy(&f);
}

/* A second in which the node drew 10 W. */
static void draw(struct fixture *f, uint64_t *total)
{
	const struct power_row row = fixture_row(10, *total += 10000000);

	fixture_pass(f, 1);
	fixture_set_node(f, *total, 0);
	assert_int_equal(fixture_send(f, &row, 1), 0);
	assert_int_equal(book_commit(&f->book), 0);
}

static void the_last_minute_lasts_over_an_epoch_that_goes_on_where_the_one_before_was(void **state)
{
	for (int is_gap = 0; is_gap < 2; is_gap++) {
		struct fixture f;
		double watts[PART_COUNT];
		uint64_t total = 0;

		(void)state;
		fixture_make(&f);
		for (int i = 0; i < 6; i++)
			draw(&f, &total);
		f.head.energy_epoch++;
		f.once.first_boot_ns = f.once.boot_ns + (uint64_t)is_gap;
		total = 0;
		draw(&f, &total);
		assert_int_equal(book_watts(&f.book, &f.book.node, watts), !is_gap);
		if (!is_gap)
			assert_true(watts[PART_CPU] == 10);
		assert_int_equal(fixture_ask(&f, NODE_PACKAGE), 70000000);
		assert_int_equal(fixture_ask(&f, BALANCE), 0);
		fixture_destroy(&f);
	}
}

static void a_frame_that_does_not_say_where_energy_begins_is_refused(void **state)
{
	struct fixture f;
	const struct power_row rows[] = { fixture_row(10, 100) };

	(void)state;
	fixture_make(&f);
	fixture_pass(&f, 1);
	f.once.first_boot_ns = 0;
	assert_int_equal(fixture_send(&f, rows, 1), -EBADMSG);
	f.once.first_boot_ns = f.once.boot_ns + 1;
	assert_int_equal(fixture_send(&f, rows, 1), -EBADMSG);
	fixture_destroy(&f);
}

static void a_workload_born_during_an_outage_appears_with_its_joules(void **state)
{
	struct fixture f;
	struct power_row rows[] = { fixture_row(10, 100), fixture_row(77, 900) };

	(void)state;
	fixture_make(&f);
	fixture_set_node(&f, 100, 0);
	fixture_pass(&f, 1);
	assert_int_equal(fixture_send(&f, rows, 1), 0);
	assert_int_equal(book_commit(&f.book), 0);
	fixture_close(&f);
	fixture_open(&f);
	fixture_set_node(&f, 1000, 0);
	fixture_pass(&f, 3600);
	assert_int_equal(fixture_send(&f, rows, 2), 0);
	assert_int_equal(book_commit(&f.book), 0);
	assert_int_equal(fixture_ask(&f, NODE_PACKAGE), 1000);
	assert_int_equal(
		fixture_ask(&f, "SELECT sum(a.active_package) FROM all_workload a JOIN workload w ON w.id = "
				"a.workload WHERE w.name = 'cgroup:77'"),
		900);
	assert_int_equal(fixture_ask(&f, BALANCE), 0);
	assert_true(fixture_ask(&f, "SELECT count(*) FROM slot_node WHERE flags & 1") >= 12);
	fixture_destroy(&f);
}

static void a_full_disk_loses_nothing_and_is_said(void **state)
{
	struct fixture f;
	uint64_t total = 0;
	int failed = 0;

	(void)state;
	fixture_make(&f);
	ledger_limit_pages(f.ledger, 1); /* SQLite makes that "as large as it is" */
	for (int i = 0; i < 60; i++) {
		struct power_row rows[50];
		total = 0;
		for (uint64_t j = 0; j < 50; j++) {
			rows[j] = fixture_row(100 + j, (uint64_t)(i + 1) * (j + 1) * 1000);
			total += rows[j].active_uj.by[ZONE_PACKAGE];
		}
		fixture_set_node(&f, total, 0);
		fixture_pass(&f, 60);
		assert_int_equal(fixture_send(&f, rows, 50), 0);
		int r = book_commit(&f.book);
		failed += r == -ENOSPC;
		if (i == 40)
			ledger_limit_pages(f.ledger, 100000);
	}
	assert_true(failed > 5);
	assert_int_equal(fixture_ask(&f, NODE_PACKAGE), total);
	assert_int_equal(fixture_ask(&f, "SELECT sum(active_package) FROM all_workload"), total);
	assert_int_equal(fixture_ask(&f, BALANCE), 0);
	fixture_destroy(&f);
}

static void the_last_minute_does_not_count_what_a_failed_commit_brings_again(void **state)
{
	struct fixture f;
	double watts[PART_COUNT];

	(void)state;
	fixture_make(&f);
	for (int i = 1; i <= 30; i++) {
		const struct power_row rows[] = { fixture_row(10, (uint64_t)i * 5000000) };
		fixture_set_node(&f, (uint64_t)i * 5000000, 0);
		fixture_pass(&f, 1);
		assert_int_equal(fixture_send(&f, rows, 1), 0);
		if (i == 10)
			ledger_limit_pages(f.ledger, 1);
		if (i == 10)
			f.ledger = f.book.ledger;
		book_commit(&f.book);
	}
	assert_true(book_watts(&f.book, book_find(&f.book, f.book.workloads[0].number), watts));
	assert_true(watts[PART_CPU] > 4.999 && watts[PART_CPU] < 5.001);
	fixture_destroy(&f);
}

static void malformed_frames_leave_nothing_behind(void **state)
{
	struct fixture f;
	struct power_row rows[] = { fixture_row(10, 100), fixture_row(0, 5), fixture_row(11, UINT64_MAX) };

	(void)state;
	fixture_make(&f);
	fixture_set_node(&f, 100, 0);
	fixture_pass(&f, 1);
	assert_int_equal(fixture_send(&f, rows, 2), -EBADMSG);
	rows[1] = rows[2];
	assert_int_equal(fixture_send(&f, rows, 2), -EBADMSG);
	f.once.state = POWER_STATE_COUNT;
	assert_int_equal(fixture_send(&f, rows, 1), -EBADMSG);
	f.once.state = POWER_MEASURED;
	assert_int_equal(fixture_send(&f, rows, 1), 0);
	assert_int_equal(book_commit(&f.book), 0);
	assert_int_equal(fixture_ask(&f, NODE_PACKAGE), 100);
	assert_int_equal(fixture_ask(&f, "SELECT sum(active_package) FROM all_workload"), 100);
	fixture_destroy(&f);
}

static void clock_steps_move_slots_and_lose_nothing(void **state)
{
	struct fixture f;
	const struct power_row first[] = { fixture_row(10, 100) }, second[] = { fixture_row(10, 300) },
			       third[] = { fixture_row(10, 600) };

	(void)state;
	fixture_make(&f);
	fixture_set_node(&f, 100, 0);
	fixture_pass(&f, 1);
	assert_int_equal(fixture_send(&f, first, 1), 0);
	f.once.real_ns += 86400 * NS_PER_SECOND; /* a day forward */
	fixture_set_node(&f, 300, 0);
	fixture_pass(&f, 1);
	assert_int_equal(fixture_send(&f, second, 1), 0);
	assert_int_equal(book_commit(&f.book), 0);
	f.once.real_ns -= 86400 * NS_PER_SECOND; /* and back: no hour was closed meanwhile */
	fixture_set_node(&f, 600, 0);
	fixture_pass(&f, 1);
	assert_int_equal(fixture_send(&f, third, 1), 0);
	assert_int_equal(book_commit(&f.book), 0);
	assert_int_equal(fixture_ask(&f, NODE_PACKAGE), 600);
	assert_int_equal(fixture_ask(&f, "SELECT count(*) FROM slot_node"), 2);
	assert_int_equal(fixture_ask(&f, "SELECT count(*) FROM slot_node WHERE flags & 2"), 0);
	assert_int_equal(fixture_ask(&f, BALANCE), 0);
	fixture_destroy(&f);
}

/* `seconds` go by, and 100 µJ are used. */
static void use(struct fixture *f, uint64_t *total, double seconds)
{
	const struct power_row rows[] = { fixture_row(10, *total += 100) };

	fixture_set_node(f, *total, 0);
	fixture_pass(f, seconds);
	assert_int_equal(fixture_send(f, rows, 1), 0);
	assert_int_equal(book_commit(&f->book), 0);
}

static int64_t clock_of(const struct fixture *f)
{
	return (int64_t)(f->once.real_ns / NS_PER_SECOND);
}

static void a_clock_that_leaps_forward_is_believed_after_a_day(void **state)
{
	struct fixture f;
	uint64_t total = 0;
	int64_t leap = 30 * 86400;

	(void)state;
	fixture_make(&f);
	use(&f, &total, 10);
	f.once.real_ns += (uint64_t)leap * NS_PER_SECOND;
	use(&f, &total, 10);
	assert_int_equal(book_time(&f.book, clock_of(&f)), clock_of(&f) - leap);
	use(&f, &total, 2 * 3600);
	assert_int_equal(f.book.committed.closed_until,
		FIXTURE_REAL / NS_PER_SECOND + 3600); /* 11:00:20 by the clock before */
	use(&f, &total, 86400);
	assert_int_equal(book_time(&f.book, clock_of(&f)), clock_of(&f));
	assert_true(f.book.committed.closed_until > clock_of(&f) - 2 * 3600);
	fixture_destroy(&f);
}

static void a_clock_that_was_ahead_at_boot_opens_again_what_is_not_sealed(void **state)
{
	struct fixture f;
	uint64_t total = 0;

	(void)state;
	fixture_make(&f);
	use(&f, &total, 10);
	memset(f.head.epoch.boot_id, 8, 16); /* a boot in between, and no clock to compare with */
	f.head.energy_epoch++;
	total = 0;
	f.once.real_ns += 9 * 3600 * NS_PER_SECOND; /* RTC in local time */
	use(&f, &total, 10);
	use(&f, &total, 10);
	assert_true(f.book.committed.closed_until > clock_of(&f) - 2 * 3600);
	f.once.real_ns -= 9 * 3600 * NS_PER_SECOND;
	use(&f, &total, 10);
	use(&f, &total, 10);
	assert_int_equal(f.book.committed.closed_until, FIXTURE_REAL / NS_PER_SECOND - 3600);
	assert_int_equal(fixture_ask(&f, "SELECT count(*) FROM slot_node WHERE flags & 2"), 1);
	assert_int_equal(fixture_ask(&f, BALANCE), 0);
	fixture_destroy(&f);
}

static void slots_roll_up_to_hours_and_old_hours_go(void **state)
{
	struct fixture f;
	uint64_t total = 0;
	int64_t now = (int64_t)(FIXTURE_REAL / NS_PER_SECOND);

	(void)state;
	fixture_make(&f);
	for (int i = 0; i < 30; i++) {
		const struct power_row rows[] = { fixture_row(10, total += 1001) };
		fixture_set_node(&f, total, 0);
		fixture_pass(&f, 3600);
		assert_int_equal(fixture_send(&f, rows, 1), 0);
		assert_int_equal(book_commit(&f.book), 0);
	}
	now += 30 * 3600;
	assert_int_equal(ledger_keep_up(f.ledger, now, 400), 0);
	assert_int_equal(fixture_ask(&f, NODE_PACKAGE), total);
	assert_int_equal(fixture_ask(&f, BALANCE), 0);
	assert_true(fixture_ask(&f, "SELECT count(*) FROM hour_workload") == 5);
	assert_int_equal(fixture_ask(&f, "SELECT min(present_ns) FROM hour_node"), 3600 * NS_PER_SECOND);
	/* a clock that is years ahead takes one day */
	assert_int_equal(ledger_keep_up(f.ledger, now + 1000 * 86400, 400), 0);
	assert_true(fixture_ask(&f, NODE_PACKAGE) < (int64_t)total);
	assert_true(fixture_ask(&f, NODE_PACKAGE) > 0);
	fixture_destroy(&f);
}

static void final_rows_are_forgotten_only_long_after(void **state)
{
	struct fixture f;
	struct power_row rows[] = { fixture_row(10, 100), fixture_row(11, 50) };

	(void)state;
	fixture_make(&f);
	fixture_set_node(&f, 150, 0);
	fixture_pass(&f, 1);
	rows[1].flags = ROW_FINAL;
	assert_int_equal(fixture_send(&f, rows, 2), 0);
	fixture_pass(&f, 1);
	assert_int_equal(fixture_send(&f, rows, 1), 0);
	assert_int_equal(book_commit(&f.book), 0);
	book_sweep(&f.book);
	fixture_pass(&f, 1);
	assert_int_equal(fixture_send(&f, rows, 2), 0); /* an estimator that had not heard the ack */
	assert_int_equal(book_commit(&f.book), 0);
	assert_int_equal(fixture_ask(&f, NODE_PACKAGE), 150);
	assert_int_equal(fixture_ask(&f, "SELECT sum(active_package) FROM all_workload"), 150);
	fixture_pass(&f, 1);
	assert_int_equal(fixture_send(&f, rows, 1), 0);
	fixture_pass(&f, 700);
	assert_int_equal(fixture_send(&f, rows, 1), 0);
	assert_int_equal(book_commit(&f.book), 0);
	book_sweep(&f.book);
	fixture_pass(&f, 1);
	assert_int_equal(fixture_send(&f, rows, 1), 0);
	assert_int_equal(book_commit(&f.book), 0);
	assert_int_equal(fixture_ask(&f, "SELECT count(*) FROM baseline"), 2); /* the node and row 10 */
	fixture_destroy(&f);
}

static void usage_counts_the_zones_that_are_counted_together_and_no_others(void **state)
{
	const struct grid grid = { .annual = 423 };
	struct power_row row = { .id = 10 };
	struct fixture f;

	(void)state;
	fixture_make(&f);
	fixture_name(&f, 10, WORKLOAD_UNIT, "system.slice", "a.service");
	for (int zone = 0; zone < ZONE_COUNT; zone++) {
		row.active_uj.by[zone] = 2 * UINT64_C(10) << 4 * zone;
		row.idle_uj.by[zone] = UINT64_C(10) << 4 * zone;
		f.once.total_uj.by[zone] = 3 * UINT64_C(10) << 4 * zone;
	}
	f.once.zone_mask = (1u << ZONE_COUNT) - 1;
	fixture_pass(&f, 10);
	assert_int_equal(fixture_send(&f, &row, 1), 0);
	assert_int_equal(book_commit(&f.book), 0);
	for (uint32_t mask = 0; mask < 1u << ZONE_COUNT; mask++) {
		const struct usage_window window = { .zone_mask = mask, .grid = &grid };
		struct usage node = { 0 }, one = { 0 };
		struct usages all;
		double idle_uj = 0, all_uj = 0;
		for (int zone = 0; zone < ZONE_COUNT; zone++)
			if (zone_is_counted((enum zone)zone, mask))
				idle_uj += (double)(UINT64_C(10) << 4 * zone);
		assert_int_equal(ledger_sum(f.ledger, 0, &window, &node, NULL), 0);
		assert_int_equal(ledger_sum(f.ledger, book_find(&f.book, 1)->number, &window, &one, NULL), 0);
		assert_int_equal(ledger_sum_all(f.ledger, &window, &all), 0);
		for (size_t i = 0; i < all.count; i++)
			all_uj += all.items[i].energy_uj;
		usages_done(&all);
		assert_true(one.idle_uj <= idle_uj && one.idle_uj >= idle_uj);
		assert_true(one.energy_uj <= 3 * idle_uj && one.energy_uj >= 3 * idle_uj);
		assert_true(node.energy_uj <= one.energy_uj && node.energy_uj >= one.energy_uj);
		assert_true(all_uj <= one.energy_uj && all_uj >= one.energy_uj);
	}
	fixture_destroy(&f);
}

static void a_corrupt_file_is_set_aside(void **state)
{
	struct fixture f;
	char path[128];
	bool is_aside = false;
	FILE *file;

	(void)state;
	fixture_make(&f);
	fixture_close(&f);
	snprintf(path, sizeof(path), "%s/ledger.db", f.folder);
	file = fopen(path, "w");
	assert_non_null(file);
	for (int i = 0; i < 5000; i++)
		fputs("no database", file);
	fclose(file);
	assert_int_equal(ledger_open(&f.ledger, f.folder, &is_aside), 0);
	assert_true(is_aside);
	assert_int_equal(book_open(&f.book, f.ledger, 1000), 0);
	snprintf(path, sizeof(path), "ls %s | grep -q '^ledger.db.corrupt-[0-9]*$'", f.folder);
	assert_int_equal(system(path), 0);
	fixture_destroy(&f);
}

static void a_newer_ledger_is_refused_and_left_alone(void **state)
{
	struct fixture f;
	bool is_aside = false;

	(void)state;
	fixture_make(&f);
	sqlite3 *db;
	char path[128];
	fixture_close(&f);
	snprintf(path, sizeof(path), "%s/ledger.db", f.folder);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "PRAGMA user_version = 99", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	assert_int_equal(ledger_open(&f.ledger, f.folder, &is_aside), -EPROTONOSUPPORT);
	assert_false(is_aside);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(
		sqlite3_exec(db, "PRAGMA user_version = " LEDGER_VERSION, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	fixture_open(&f);
	fixture_destroy(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_are_exact_and_balance_in_every_slot),
		cmocka_unit_test(a_restart_resumes_from_the_committed_state),
		cmocka_unit_test(a_new_energy_epoch_counts_from_zero_and_keeps_what_was),
		cmocka_unit_test(the_last_minute_lasts_over_an_epoch_that_goes_on_where_the_one_before_was),
		cmocka_unit_test(a_frame_that_does_not_say_where_energy_begins_is_refused),
		cmocka_unit_test(a_workload_born_during_an_outage_appears_with_its_joules),
		cmocka_unit_test(a_full_disk_loses_nothing_and_is_said),
		cmocka_unit_test(the_last_minute_does_not_count_what_a_failed_commit_brings_again),
		cmocka_unit_test(malformed_frames_leave_nothing_behind),
		cmocka_unit_test(clock_steps_move_slots_and_lose_nothing),
		cmocka_unit_test(a_clock_that_leaps_forward_is_believed_after_a_day),
		cmocka_unit_test(a_clock_that_was_ahead_at_boot_opens_again_what_is_not_sealed),
		cmocka_unit_test(slots_roll_up_to_hours_and_old_hours_go),
		cmocka_unit_test(final_rows_are_forgotten_only_long_after),
		cmocka_unit_test(usage_counts_the_zones_that_are_counted_together_and_no_others),
		cmocka_unit_test(a_corrupt_file_is_set_aside),
		cmocka_unit_test(a_newer_ledger_is_refused_and_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
