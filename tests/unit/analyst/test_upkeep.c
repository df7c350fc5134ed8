/* What wants no open transaction is done each second, however long one is held open. */
#include "tests/unit/analyst/world.h"

#include <errno.h>

#include "analyst/ledger/terms.h"
#include "analyst/upkeep.h"
#include "base/kst.h"

static void tell(void *context, int64_t hour, struct terms *terms)
{
	terms_of_hour(context, hour, terms);
}

static void seal(struct world *w)
{
	const struct ledger_state *state = &w->f.book.committed;

	while (ledger_seal(w->f.ledger, state->closed_until, (int64_t)(state->last_real_ns / NS_PER_SECOND),
		       tell, &w->knowledge) > 0)
		;
}

static void expect_sealed(struct world *w, int64_t hours)
{
	assert_int_equal(fixture_ask(&w->f, "SELECT count(*) FROM sealed_hour"), hours);
}

/* A restart while the clock is two years ahead: until frames come nothing tells so, and nothing goes. */
static void nothing_goes_before_the_first_frames_tell_what_the_clock_is_worth(void **state)
{
	struct world w;
	struct upkeep upkeep = { 0 };
	int64_t hours;

	(void)state;
	make(&w);
	w.config.ledger_days = 400;
	run_hours(&w, 30);
	seal(&w);
	assert_int_equal(ledger_keep_up(w.f.ledger, (int64_t)(w.f.once.real_ns / NS_PER_SECOND), 400), 0);
	hours = fixture_ask(&w.f, "SELECT count(*) FROM hour_node");
	assert_true(hours > 0);
	w.f.once.real_ns += UINT64_C(730) * 86400 * NS_PER_SECOND;
	w.knowledge.now_real_ns = w.f.once.real_ns;
	for (int second = 0; second < 30; second++)
		upkeep_second(&upkeep, &w.f.book, &w.knowledge);
	assert_int_equal(fixture_ask(&w.f, "SELECT count(*) FROM hour_node"), hours);
	run_hours(&w, 0.5);
	for (int second = 0; second < 60; second++)
		upkeep_second(&upkeep, &w.f.book, &w.knowledge);
	assert_int_equal(fixture_ask(&w.f, "SELECT count(*) FROM hour_node"), hours);
	destroy(&w);
}

/* The transaction that stays open while much is written does not put off what wants none. */
static void work_is_found_while_a_transaction_is_open_and_done_after_its_commit(void **state)
{
	struct world w;
	struct upkeep upkeep = { 0 };
	const struct power_row rows[] = { { .id = 11 } };

	(void)state;
	make(&w);
	w.config.ledger_days = 400;
	run_hours(&w, 1.05);
	upkeep_second(&upkeep, &w.f.book, &w.knowledge);
	assert_false(upkeep_has_work(&upkeep, &w.f.book, &w.knowledge));
	fixture_pass(&w.f, 200);
	assert_int_equal(fixture_send(&w.f, rows, 1), 0); /* it ends the hour */
	assert_true(upkeep_has_work(&upkeep, &w.f.book, &w.knowledge));
	assert_int_equal(book_commit(&w.f.book), 0);
	fixture_pass(&w.f, 1);
	assert_int_equal(fixture_send(&w.f, rows, 1), 0);
	upkeep_second(&upkeep, &w.f.book, &w.knowledge); /* in vain: the next is open already */
	expect_sealed(&w, 0);
	assert_true(upkeep_has_work(&upkeep, &w.f.book, &w.knowledge));
	assert_int_equal(book_commit(&w.f.book), 0);
	upkeep_second(&upkeep, &w.f.book, &w.knowledge);
	expect_sealed(&w, 1);
	assert_false(upkeep_has_work(&upkeep, &w.f.book, &w.knowledge));
	destroy(&w);
}

/* Every minute rows that ended are forgotten, which opens a transaction: it comes after what wants none, and a second that was missed is
 * made up for. */
static void slots_become_hours_although_rows_end_and_a_second_is_missed(void **state)
{
	struct world w;
	struct upkeep upkeep = { .seconds = 59 };
	const struct power_row last = { .id = 11, .flags = ROW_FINAL };

	(void)state;
	make(&w);
	w.config.ledger_days = 400;
	run_hours(&w, 30);
	seal(&w);
	fixture_pass(&w.f, 1);
	assert_int_equal(fixture_send(&w.f, &last, 1), 0);
	for (int minutes = 0; minutes < 2; minutes++) { /* then it is gone, and then for long enough */
		fixture_pass(&w.f, 700);
		assert_int_equal(fixture_send(&w.f, NULL, 0), 0);
	}
	assert_true(upkeep_has_work(&upkeep, &w.f.book, &w.knowledge));
	upkeep_second(&upkeep, &w.f.book, &w.knowledge); /* nobody committed */
	assert_int_equal(fixture_ask(&w.f, "SELECT count(*) FROM hour_node"), 0);
	assert_true(upkeep_has_work(&upkeep, &w.f.book, &w.knowledge));
	assert_int_equal(book_commit(&w.f.book), 0);
	upkeep = (struct upkeep) { .seconds = 59 };
	upkeep_second(&upkeep, &w.f.book, &w.knowledge);
	assert_true(fixture_ask(&w.f, "SELECT count(*) FROM hour_node") > 0);
	destroy(&w);
}

static void an_old_day_is_found_while_a_transaction_is_open(void **state)
{
	struct world w;
	const struct power_row rows[] = { { .id = 11 } };
	int64_t later;

	(void)state;
	make(&w);
	run_hours(&w, 26);
	seal(&w);
	later = (int64_t)(w.f.once.real_ns / NS_PER_SECOND) + (LEDGER_HOUR_DAYS + 1) * DAY_SECONDS;
	assert_int_equal(ledger_keep_up(w.f.ledger, later, 400), 0);
	assert_false(ledger_has_old_day(w.f.ledger, later - 2 * DAY_SECONDS));
	fixture_pass(&w.f, 1);
	assert_int_equal(fixture_send(&w.f, rows, 1), 0);
	assert_true(ledger_has_old_day(w.f.ledger, later));
	assert_int_equal(ledger_roll_step(w.f.ledger, later), -EBUSY);
	assert_int_equal(book_commit(&w.f.book), 0);
	while (ledger_roll_step(w.f.ledger, later) > 0)
		;
	assert_true(fixture_ask(&w.f, "SELECT count(*) FROM sealed_day") > 0);
	destroy(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_goes_before_the_first_frames_tell_what_the_clock_is_worth),
		cmocka_unit_test(work_is_found_while_a_transaction_is_open_and_done_after_its_commit),
		cmocka_unit_test(slots_become_hours_although_rows_end_and_a_second_is_missed),
		cmocka_unit_test(an_old_day_is_found_while_a_transaction_is_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
