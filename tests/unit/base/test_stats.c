#include "base/stats.h"

#include <stdio.h>

#include "tests/unit/unit.h"

static void one_name_and_labels_are_one_entry(void **state)
{
	struct stats stats = { 0 };
	double *first = stats_entry(&stats, STAT_COUNTER, "a_total", "x=\"1\"");

	(void)state;
	++*first;
	assert_ptr_equal(stats_entry(&stats, STAT_COUNTER, "a_total", "x=\"1\""), first);
	assert_ptr_not_equal(stats_entry(&stats, STAT_COUNTER, "a_total", "x=\"2\""), first);
	assert_int_equal(stats.count, 2);
}

static void what_finds_no_room_is_said(void **state)
{
	struct stats stats = { 0 };
	char labels[32];

	(void)state;
	for (int i = 0; i < STATS_MAX - 1; i++) {
		snprintf(labels, sizeof(labels), "x=\"%d\"", i);
		*stats_entry(&stats, STAT_GAUGE, "a", labels) = i;
	}
	assert_int_equal(stats.count, STATS_MAX - 1);
	for (int i = 0; i < 3; i++)
		*stats_entry(&stats, STAT_GAUGE, "beyond", "") = 5;
	assert_int_equal(stats.count, STATS_MAX);
	assert_string_equal(stats.entries[STATS_MAX - 1].name, "stats_left_out");
	assert_true(stats.entries[STATS_MAX - 1].value > 0.5 && stats.entries[STATS_MAX - 1].value < 1.5);
	assert_true(*stats_entry(&stats, STAT_GAUGE, "a", "x=\"7\"") > 6.5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_name_and_labels_are_one_entry),
		cmocka_unit_test(what_finds_no_room_is_said),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
