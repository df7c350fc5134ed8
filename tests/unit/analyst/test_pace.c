/* How long the ledger's transaction is held open, and what that spares. */
#include "tests/unit/analyst/book_fixture.h"

#include <errno.h>

#include "analyst/ledger/sql.h"
#include "analyst/pace.h"
#include "base/cleanup.h"

#define NAMES 10000 /* some 2 500 pages with their index: more than SQLite's cache is told to hold */

/* Due after that many ms, and not a ns before. */
static void expect_ms(const struct pace *pace, const struct book *book, uint64_t ms)
{
	uint64_t due_ns = pace->committed_ns + ms * NS_PER_MILLISECOND;

	assert_false(pace_is_due(pace, book, due_ns - 1));
	assert_true(pace_is_due(pace, book, due_ns));
}

static void what_much_is_written_is_written_seldom(void **state)
{
	static const struct {
		uint64_t pages, ms;
	} steps[] = { { 0, 1000 }, { 20, 1000 }, { 21, 1050 }, { 100, 5000 }, { 599, 29950 }, { 600, 30000 },
		{ UINT64_MAX, 30000 } };
	static struct book book;
	struct pace pace = { 0 };

	(void)state;
	assert_true(pace_is_due(&pace, &book, 1));
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		pace_note(&pace, 0, steps[i].pages, (i + 1) * 100 * NS_PER_SECOND);
		expect_ms(&pace, &book, steps[i].ms);
	}
}

static void a_commit_that_failed_is_tried_again_soon_and_none_puts_nothing_off(void **state)
{
	static struct book book;
	struct pace pace = { 0 };

	(void)state;
	pace_note(&pace, 0, 200, NS_PER_SECOND);
	pace_note(&pace, -EAGAIN, 0, 5 * NS_PER_SECOND);
	expect_ms(&pace, &book, 10000);
	pace_note(&pace, -ENOSPC, 200, 20 * NS_PER_SECOND);
	expect_ms(&pace, &book, 1000);
}

/* The estimator keeps only so many for us. */
static void rows_that_end_are_committed_before_they_are_too_many(void **state)
{
	static struct power_row rows[PACE_FINALS];
	struct pace pace = { 0 };
	struct fixture f;

	(void)state;
	fixture_make(&f);
	pace_note(&pace, 0, 1000, NS_PER_SECOND);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		rows[i] = fixture_row(10 + i, 1000);
		rows[i].flags = i > 0 ? ROW_FINAL : 0;
	}
	fixture_set_node(&f, 1000 * ARRAY_SIZE(rows), 0);
	for (int twice = 0; twice < 2; twice++) { /* they are told until they are acknowledged */
		fixture_pass(&f, 1);
		assert_int_equal(fixture_send(&f, rows, ARRAY_SIZE(rows)), 0);
		expect_ms(&pace, &f.book, 30000);
	}
	rows[0].flags = ROW_FINAL;
	fixture_pass(&f, 1);
	assert_int_equal(fixture_send(&f, rows, ARRAY_SIZE(rows)), 0);
	expect_ms(&pace, &f.book, 1000);
	assert_int_equal(book_commit(&f.book), 0);
	expect_ms(&pace, &f.book, 30000);
	fixture_destroy(&f);
}

static void put_names(struct fixture *f, int round)
{
	struct ledger_identity identity = { .kind = WORKLOAD_POD };

	memset(identity.namespace, 'n', sizeof(identity.namespace) - 1);
	memset(identity.name, 'w', sizeof(identity.name) - 1);
	for (int64_t workload = 1; workload <= NAMES; workload++) {
		snprintf(identity.name, sizeof(identity.name), "%06lld-%d", (long long)workload, round);
		identity.name[strlen(identity.name)] = 'w';
		ledger_put_workload(f->ledger, workload, &identity);
	}
}

/* However often it changes while the transaction is open. */
static void a_page_is_written_once_a_transaction(void **state)
{
	const struct ledger_state at = { .energy_epoch = 1 };
	struct fixture f;
	uint64_t pages;

	(void)state;
	fixture_make(&f);
	for (int round = 0; round < 3; round++)
		put_names(&f, round);
	assert_int_equal(ledger_commit(f.ledger, &at), 0);
	pages = ledger_pages_written(f.ledger);
	assert_true(pages > 2048);
	assert_true(pages <= (uint64_t)fixture_ask(&f, "SELECT page_count FROM pragma_page_count"));
	put_names(&f, 3);
	assert_int_equal(ledger_commit(f.ledger, &at), 0);
	assert_int_equal(ledger_commit(f.ledger, &at), 0);
	assert_true(ledger_pages_written(f.ledger) < 3); /* of this one alone */
	fixture_destroy(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_much_is_written_is_written_seldom),
		cmocka_unit_test(a_commit_that_failed_is_tried_again_soon_and_none_puts_nothing_off),
		cmocka_unit_test(rows_that_end_are_committed_before_they_are_too_many),
		cmocka_unit_test(a_page_is_written_once_a_transaction),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
