#include "tests/unit/unit.h"

#include <errno.h>

#include "analyst/grid/grid.h"
#include "analyst/grid/live.h"
#include "ipc/vocabulary.h"

#define NINE_KST INT64_C(1795478400) /* 2026-11-24T09:00:00+09:00 */

static struct grid_file *parse(const char *text)
{
	struct grid_file *file = NULL;
	struct grid_error error = { 0 };

	if (grid_file_parse("/etc/tanso/grid.csv", text, strlen(text), &file, &error) < 0)
		fail_msg("%s", error.text);
	return file;
}

static void expect_refused(const char *text, const char *words)
{
	struct grid_file *file = NULL;
	struct grid_error error = { 0 };

	assert_int_equal(grid_file_parse("grid.csv", text, strlen(text), &file, &error), -EINVAL);
	if (strstr(error.text, words) == NULL)
		fail_msg("'%s' does not say '%s'", error.text, words);
}

static double at(const struct grid_file *file, int64_t seconds)
{
	double value = -1;

	return grid_file_at(file, seconds, &value) ? value : -1;
}

static void a_repeated_day_holds_its_values_by_korean_time(void **state)
{
	struct grid_file *file = parse("start,gCO2eq_kWh\n00:00,510\n02:00,459\r\n06:00,510\n");

	(void)state;
	assert_true(file->is_daily);
	assert_true(at(file, NINE_KST) == 510);
	assert_true(at(file, NINE_KST - 7 * 3600) == 459); /* 02:00 */
	assert_true(at(file, NINE_KST - 3 * 3600 - 1) == 459);
	assert_true(at(file, NINE_KST - 3 * 3600) == 510); /* 06:00 */
	assert_true(at(file, NINE_KST - 7 * 3600 + 86400 * 365) == 459);
	grid_file_free(file);
	file = parse("06:00,300\n18:00,400\n");
	assert_true(at(file, NINE_KST - 8 * 3600) == 400); /* 01:00: the evening's value still holds */
	grid_file_free(file);
}

static void a_dated_file_has_holes_where_it_has_no_values(void **state)
{
	struct grid_file *file =
		parse("# hourly\n2026-11-24T09:00:00+09:00,446.25\n2026-11-24T01:00:00Z,447\n"
		      "2026-11-24T12:00:00+09:00,448");

	(void)state;
	assert_true(at(file, NINE_KST - 1) == -1);
	assert_true(at(file, NINE_KST) == 446.25);
	assert_true(at(file, NINE_KST + 3600) == 447);
	assert_true(at(file, NINE_KST + 2 * 3600) == -1); /* 11:00 is missing */
	assert_true(at(file, NINE_KST + 3 * 3600) == 448);
	assert_true(at(file, NINE_KST + 4 * 3600) == -1);
	grid_file_free(file);
}

static void means_fill_holes_with_the_annual_value_and_say_so(void **state)
{
	struct grid_file *file = parse("2026-11-24T09:00:00+09:00,400\n");
	const struct grid grid = { .file = file, .annual = 500 }, flat = { .annual = 423 };
	struct grid_stretch stretch = grid_look(&grid, NINE_KST, 3600);

	(void)state;
	assert_true(stretch.mean == 400 && stretch.known == 400 && stretch.covered == 1);
	stretch = grid_look(&grid, NINE_KST - 1800, 3600);
	assert_true(stretch.mean == 450 && stretch.known == 400 && stretch.covered == 0.5);
	stretch = grid_look(&grid, NINE_KST + 3600, 300);
	assert_true(stretch.mean == 500 && stretch.known == 500 && stretch.covered == 0);
	stretch = grid_look(&flat, NINE_KST, 300);
	assert_true(stretch.mean == 423 && stretch.known == 423 && stretch.covered == 0);
	grid_file_free(file);
}

static void what_was_told_ahead_of_its_time_is_a_forecast(void **state)
{
	struct grid_file *dated = parse("2026-11-24T09:00:00+09:00,400\n2026-11-24T10:00:00+09:00,410\n"),
			 *daily = parse("00:00,510\n09:00,400\n10:00,410\n");

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct grid grid = { .file = i == 0 ? dated : daily, .annual = 500, .now = NINE_KST + 1200 };
		assert_true(
			grid_look(&grid, NINE_KST, 3600).forecast == 0); /* the value of 09:00 was there */
		assert_true(grid_look(&grid, NINE_KST + 1800, 3600).forecast == 0.5);
		assert_true(grid_look(&grid, NINE_KST + 3600, 3600).forecast == 1);
	}
	dated->points[0].flags = GRID_ESTIMATED; /* as a provider says */
	dated->points[1].flags = GRID_FORECAST;
	struct grid later = { .file = dated, .annual = 500, .now = NINE_KST + 86400 };
	assert_true(grid_look(&later, NINE_KST, 3600).estimated == 1);
	assert_true(grid_look(&later, NINE_KST, 3600).forecast == 0);
	assert_true(grid_look(&later, NINE_KST, 7200).forecast == 0.5);
	grid_file_free(dated);
	grid_file_free(daily);
}

static void bad_lines_are_named(void **state)
{
	(void)state;
	expect_refused("", "holds no values");
	expect_refused("00:00\n", "grid.csv:1");
	expect_refused("00:00,510\n01:00,x\n", "grid.csv:2");
	expect_refused("00:00,510\n01:00,nan\n", "between 0 and 1500");
	expect_refused("00:00,1500\n", "between 0 and 1500");
	expect_refused("00:00,0\n", "between 0 and 1500");
	expect_refused("00:00,510 kg\n", "between 0 and 1500");
	expect_refused("24:00,510\n", "HH:MM");
	expect_refused("2026-11-24 09:00,510\n", "RFC 3339");
	expect_refused("2026-11-24T09:00:00,510\n", "RFC 3339");
	expect_refused("01:00,510\n00:00,500\n", "rise");
	expect_refused("01:00,510\n01:00,500\n", "rise");
	expect_refused("01:00,510\n2026-11-24T09:00:00Z,500\n", "mixed");
}

static void what_was_told_by_a_clock_that_was_ahead_is_not_fresh(void **state)
{
	const struct live_provider provider = { .max_age_s = 3600, .retrieved_s = 1790000000 };

	(void)state;
	assert_false(live_is_cached(&provider, 1790000000 + 3600));
	assert_true(live_is_cached(&provider, 1790000000 + 3601));
	assert_false(live_is_cached(&provider, 1790000000 - 60));
	assert_true(live_is_cached(&provider, 1790000000 - 30 * 86400));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_told_by_a_clock_that_was_ahead_is_not_fresh),
		cmocka_unit_test(a_repeated_day_holds_its_values_by_korean_time),
		cmocka_unit_test(a_dated_file_has_holes_where_it_has_no_values),
		cmocka_unit_test(means_fill_holes_with_the_annual_value_and_say_so),
		cmocka_unit_test(what_was_told_ahead_of_its_time_is_a_forecast),
		cmocka_unit_test(bad_lines_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
