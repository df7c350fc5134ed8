#include "exporter/acks.h"

#include "tests/unit/unit.h"

static struct acks acks;

static void nothing_is_acknowledged_before_its_series_were_there_for_five_minutes(void **state)
{
	uint64_t second = 0;

	(void)state;
	acks_init(&acks, NS_PER_SECOND);
	for (; second < 300; second++)
		assert_int_equal(acks_note(&acks, second + 1, second * NS_PER_SECOND), second % 10 == 0);
	assert_int_equal(acks_committed(&acks, 299 * NS_PER_SECOND), 0);
	assert_int_equal(acks_committed(&acks, 300 * NS_PER_SECOND), 1);
	for (; second < 2000; second++)
		acks_note(&acks, second + 1, second * NS_PER_SECOND);
	assert_int_equal(acks_committed(&acks, 1999 * NS_PER_SECOND), 1691);
}

static void slow_intervals_are_waited_for_three_times(void **state)
{
	(void)state;
	acks_init(&acks, 200 * NS_PER_SECOND);
	acks_note(&acks, 1, 0);
	assert_int_equal(acks_committed(&acks, 599 * NS_PER_SECOND), 0);
	assert_int_equal(acks_committed(&acks, 600 * NS_PER_SECOND), 1);
}

static void quick_frames_are_noted_every_ten_seconds(void **state)
{
	(void)state;
	acks_init(&acks, NS_PER_SECOND);
	assert_true(acks_note(&acks, 1, 5 * NS_PER_SECOND));
	assert_false(acks_note(&acks, 2, 15 * NS_PER_SECOND - 1));
	assert_true(acks_note(&acks, 3, 15 * NS_PER_SECOND));
	acks_forget(&acks);
	assert_int_equal(acks_committed(&acks, 1000 * NS_PER_SECOND), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_acknowledged_before_its_series_were_there_for_five_minutes),
		cmocka_unit_test(slow_intervals_are_waited_for_three_times),
		cmocka_unit_test(quick_frames_are_noted_every_ten_seconds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
