/* What a source can have used, and what it only says (analyst/book/room.h). */
#include "tests/unit/analyst/book_fixture.h"

#include <errno.h>

#include "analyst/book/room.h"

#define HOUR_LENIENT_UJ (ROOM_WATTS * 3600 * UINT64_C(1000000))
#define DAY_S           86400

/* One frame `seconds` after the last one, in which the node and one workload used `watts` all the time. */
static int use(struct fixture *f, uint64_t *total, uint64_t seconds, uint64_t watts)
{
	const struct power_row row = fixture_row(10, *total += seconds * watts * UINT64_C(1000000));

	fixture_pass(f, (double)seconds);
	fixture_set_node(f, *total, 0);
	return fixture_send(f, &row, 1);
}

static void epochs_begun_again_and_again_bring_no_more_than_can_be_used(void **state)
{
	struct fixture f;
	int refused = 0;

	(void)state;
	fixture_make(&f);
	for (int i = 0; i < 20; i++) {
		const struct power_row row = fixture_row(10, UINT64_C(1) << 60);
		f.head.energy_epoch++;
		fixture_pass(&f, 1);
		fixture_set_node(&f, UINT64_C(1) << 60, 0);
		refused += fixture_send(&f, &row, 1) == -EBADMSG;
		(void)book_commit(&f.book);
	}
	assert_int_equal(refused, 20);
	/* as little as it can have been */
	f.head.energy_epoch++;
	uint64_t total = 0;
	assert_int_equal(use(&f, &total, 10, 1000), 0);
	assert_int_equal(book_commit(&f.book), 0);
	assert_int_equal(fixture_ask(&f, NODE_PACKAGE), total);
	assert_int_equal(fixture_ask(&f, BALANCE), 0);
	fixture_destroy(&f);
}

static void rows_of_more_than_64_bits_are_seen_through(void **state)
{
	struct fixture f;
	struct power_row rows[32];

	(void)state;
	fixture_make(&f);
	for (size_t i = 0; i < 32; i++)
		rows[i] = fixture_row(10 + i, UINT64_C(1) << 60); /* 2^65: nothing, in 64 bits */
	fixture_pass(&f, 1);
	fixture_set_node(&f, 1000, 0);
	assert_int_equal(fixture_send(&f, rows, 32), -EBADMSG);
	fixture_destroy(&f);
}

static void time_that_is_told_twice_makes_room_once(void **state)
{
	struct fixture f;
	uint64_t total = 0;

	(void)state;
	fixture_make(&f);
	assert_int_equal(use(&f, &total, 4 * DAY_S, 10), 0);
	for (int i = 0; i < 3; i++) {
		f.head.energy_epoch++;
		f.head.epoch.boot_id[0]++;
		total = 0;
		f.once.real_ns -= UINT64_C(4) * DAY_S * NS_PER_SECOND;
		assert_int_equal(use(&f, &total, 4 * DAY_S, ROOM_WATTS - 10000), i == 0 ? 0 : -EBADMSG);
		(void)book_commit(&f.book);
	}
	fixture_destroy(&f);
}

/* The analyst was away for days, or its clock was hours ahead, or a source told late what a rack drew. */
static void what_was_used_finds_its_room(void **state)
{
	struct fixture f;
	uint64_t total = 0;

	(void)state;
	fixture_make(&f);
	assert_int_equal(use(&f, &total, 1, 100000), 0);
	assert_int_equal(book_commit(&f.book), 0);
	fixture_close(&f);
	fixture_open(&f);
	assert_int_equal(use(&f, &total, 30 * DAY_S, 100000), 0);
	assert_int_equal(book_commit(&f.book), 0);
	f.once.real_ns -= UINT64_C(9) * 3600 * NS_PER_SECOND;
	for (int i = 0; i < 9; i++)
		assert_int_equal(use(&f, &total, 3600, 100000), 0);
	assert_int_equal(use(&f, &total, 2 * DAY_S, 0), 0);
	total += UINT64_C(100000) * 2 * DAY_S * 1000000;
	assert_int_equal(use(&f, &total, 1, 100), 0);
	assert_int_equal(book_commit(&f.book), 0);
	assert_int_equal(fixture_ask(&f, NODE_PACKAGE), total);
	assert_int_equal(fixture_ask(&f, BALANCE), 0);
	fixture_destroy(&f);
}

/* A frame that is thrown away brings the same once more. */
static void what_comes_again_needs_no_room_of_its_own(void **state)
{
	struct fixture f;
	uint64_t total = HOUR_LENIENT_UJ / 4 * 3;
	const struct power_row row = fixture_row(10, total);

	(void)state;
	fixture_make(&f);
	fixture_set_node(&f, total, 0);
	for (int i = 0; i < 3; i++) {
		const struct power_row malformed = { .id = 0 };
		fixture_pass(&f, 1);
		assert_int_equal(fixture_send(&f, &row, 1), 0);
		assert_int_equal(fixture_send(&f, &malformed, 1), -EBADMSG); /* takes the one before along */
	}
	fixture_pass(&f, 1);
	assert_int_equal(fixture_send(&f, &row, 1), 0);
	assert_int_equal(book_commit(&f.book), 0);
	assert_int_equal(fixture_ask(&f, NODE_PACKAGE), total);
	fixture_destroy(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(epochs_begun_again_and_again_bring_no_more_than_can_be_used),
		cmocka_unit_test(rows_of_more_than_64_bits_are_seen_through),
		cmocka_unit_test(time_that_is_told_twice_makes_room_once),
		cmocka_unit_test(what_was_used_finds_its_room),
		cmocka_unit_test(what_comes_again_needs_no_room_of_its_own),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
