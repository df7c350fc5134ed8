#include "tests/unit/unit.h"

#include <math.h>

#include "analyst/grid/tariff.h"
#include "base/kst.h"

static struct data *data;

static int load(void **state)
{
	struct data_error error = { 0 };

	(void)state;
	if (data_load(TANSO_SOURCE_DIR "/deploy/config/korea", &data, &error) < 0)
		fail_msg("%s", error.text);
	return 0;
}

static int unload(void **state)
{
	(void)state;
	data_free(data);
	return 0;
}

static int64_t at(int year, int month, int day, int hour, int minute)
{
	return kst_seconds(year, month, day) + hour * 3600 + minute * 60;
}

static void expect(int64_t seconds, const char *code, const char *season, const char *band, double krw)
{
	struct tariff_rate rate;

	assert_true(tariff_at(data, code, seconds, &rate));
	assert_string_equal(tariff_season_name(rate.season), season);
	assert_string_equal(tariff_band_name(rate.band), band);
	if (fabs(rate.krw_per_kwh - krw) > 1e-9)
		fail_msg("%g is not %g", rate.krw_per_kwh, krw);
}

static void the_bands_of_a_summer_weekday_change_to_the_minute(void **state)
{
	(void)state;
	expect(at(2026, 7, 15, 2, 0), "industrial_b", "summer", "light", 116.0);
	expect(at(2026, 7, 15, 8, 0), "industrial_b", "summer", "mid", 163.8);
	expect(at(2026, 7, 15, 14, 59), "industrial_b", "summer", "mid", 163.8);
	expect(at(2026, 7, 15, 15, 0), "industrial_b", "summer", "peak", 229.0);
	expect(at(2026, 7, 15, 21, 0), "industrial_b", "summer", "mid", 163.8);
	expect(at(2026, 7, 15, 22, 0), "industrial_b", "summer", "light", 116.0);
}

static void winter_kept_its_two_peaks(void **state)
{
	(void)state;
	expect(at(2026, 1, 14, 9, 0), "industrial_b_before", "winter", "peak", 221.5);
	expect(at(2026, 12, 15, 17, 0), "industrial_b", "winter", "peak", 204.6);
	expect(at(2026, 12, 15, 13, 0), "industrial_b", "winter", "mid", 164.0);
}

static void the_turn_of_the_year_is_winter_on_both_sides(void **state)
{
	(void)state;
	expect(at(2026, 12, 31, 9, 0), "industrial_b", "winter", "peak", 204.6); /* a Thursday */
	expect(at(2026, 12, 31, 23, 59), "industrial_b", "winter", "light", 123.0);
	expect(at(2027, 1, 1, 9, 0), "industrial_b", "winter", "light", 123.0); /* a holiday */
	expect(at(2027, 1, 2, 9, 0), "industrial_b", "winter", "mid", 164.0);   /* a Saturday */
	expect(at(2027, 1, 4, 9, 0), "industrial_b", "winter", "peak", 204.6);
	expect(at(2025, 12, 31, 17, 0), "industrial_b_before", "winter", "peak", 221.5);
	expect(at(2027, 2, 26, 10, 0), "industrial_b", "winter", "peak", 204.6);
	expect(at(2027, 3, 2, 10, 0), "industrial_b", "spring_autumn", "mid", 133.4);
	/* a month asked for on the last day of the year costs what one of January does */
	assert_true(fabs(tariff_week_mean(data, "industrial_b", at(2026, 12, 31, 12, 0)) -
			    tariff_week_mean(data, "industrial_b", at(2027, 1, 11, 12, 0))) < 1e-9);
}

static void days_that_no_row_is_for_are_told_from_those_one_is_for(void **state)
{
	(void)state;
	assert_true(tariff_covers(data, "industrial_b", at(2026, 4, 16, 0, 0), at(2027, 12, 31, 23, 59)));
	assert_false(tariff_covers(data, "industrial_b", at(2026, 4, 15, 23, 59), at(2026, 4, 16, 1, 0)));
	assert_false(tariff_covers(data, "industrial_b", at(2025, 7, 1, 0, 0), at(2025, 7, 1, 0, 0)));
	assert_true(tariff_covers(data, "industrial_b_before", at(2025, 7, 1, 0, 0), at(2025, 7, 1, 0, 0)));
	assert_false(tariff_covers(data, "industrial_b", at(2027, 12, 31, 23, 0), at(2028, 1, 1, 1, 0)));
	assert_true(tariff_covers(data, "general_b_2023", at(2026, 5, 31, 0, 0), at(2026, 6, 1, 0, 0)));
	assert_false(tariff_covers(data, "none", at(2026, 7, 1, 0, 0), at(2026, 7, 1, 0, 0)));
}

static void weekends_and_holidays_are_cheaper(void **state)
{
	(void)state;
	expect(at(2026, 7, 18, 16, 0), "industrial_b", "summer", "mid", 163.8);   /* Saturday's peak */
	expect(at(2026, 7, 19, 16, 0), "industrial_b", "summer", "light", 116.0); /* Sunday */
	expect(at(2026, 8, 17, 16, 0), "industrial_b", "summer", "light",
		116.0); /* substitute holiday, a Monday */
	expect(at(2026, 7, 17, 16, 0), "industrial_b", "summer", "light",
		116.0); /* Constitution Day, a holiday again */
	expect(at(2027, 7, 19, 16, 0), "industrial_b", "summer", "light", 116.0); /* and its substitute */
	expect(at(2026, 5, 1, 16, 0), "industrial_b", "spring_autumn", "light",
		116.0); /* Labour Day, a Friday */
	expect(at(2026, 10, 18, 12, 0), "industrial_b", "spring_autumn", "light",
		58.0); /* half price 11-14 */
	expect(at(2026, 10, 18, 14, 0), "industrial_b", "spring_autumn", "light", 116.0);
	expect(at(2026, 10, 17, 11, 0), "industrial_b", "spring_autumn", "mid", 66.7); /* Saturday */
	expect(at(2031, 10, 19, 12, 0), "industrial_b", "spring_autumn", "light",
		116.0); /* the discount ended */
}

static void a_class_changes_its_bands_on_its_day(void **state)
{
	struct tariff_rate rate;

	(void)state;
	expect(at(2026, 5, 29, 12, 0), "general_b_2023", "spring_autumn", "mid", 109.8);
	expect(at(2026, 5, 29, 13, 0), "general_b_2023", "spring_autumn", "peak", 140.5);
	expect(at(2026, 6, 1, 13, 0), "general_b_2023", "summer", "mid", 140.2);
	assert_false(tariff_at(data, "residential", at(2026, 6, 1, 13, 0), &rate));
}

static void the_bands_cover_every_hour_of_every_season(void **state)
{
	(void)state;
	for (size_t i = 0; i < data->tariff_count; i++)
		for (int64_t day = at(2026, 1, 1, 0, 0); day < at(2028, 1, 1, 0, 0); day += DAY_SECONDS)
			for (int hour = 0; hour < 24; hour++) {
				struct tariff_rate rate;
				assert_true(tariff_at(data, data->tariffs[i].code, day + hour * 3600, &rate));
				assert_true(rate.krw_per_kwh > 20 && rate.krw_per_kwh < 300);
			}
}

/* 57.5 W at PUE 1.6 for four hours. */
static double cost(int64_t start)
{
	struct signal signal;

	assert_int_equal(tariff_signal(data, "industrial_b", start, start + 4 * 3600, &signal), 0);
	double krw = signal_mean(&signal, start, start + 4 * 3600) * 57.5 * 1.6 / 1000 * 4;
	signal_done(&signal);
	return krw;
}

static void a_job_costs_what_its_hours_cost(void **state)
{
	(void)state;
	assert_true(fabs(cost(at(2026, 7, 15, 2, 0)) - 42.688) < 1e-9);
	assert_true(fabs(cost(at(2026, 7, 15, 11, 0)) - 60.2784) < 1e-9);
	assert_true(fabs(cost(at(2026, 7, 15, 18, 0)) - 78.2736) < 1e-9);
	assert_true(fabs(cost(at(2026, 10, 18, 11, 0)) - 26.68) < 1e-9);
}

static void a_month_is_priced_by_a_week_without_a_holiday(void **state)
{
	double plain, chuseok;

	(void)state;
	plain = tariff_week_mean(data, "industrial_b", at(2026, 9, 7, 10, 0));
	chuseok = tariff_week_mean(data, "industrial_b", at(2026, 9, 21, 10, 0));
	assert_true(plain > 100 && fabs(plain - chuseok) < 1e-9);
	assert_true(tariff_week_mean(data, "none", 0) < 0);
}

static void a_kept_mean_is_that_of_the_class_and_day_asked_for(void **state)
{
	static const char *const codes[] = { "industrial_b", "industrial_b", "general_b_2023", "none" };
	struct tariff_kept kept = { 0 };

	(void)state;
	for (int day = 0; day < 400; day++) /* through all seasons */
		for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
			int64_t seconds = at(2026, 2, 27, i == 0 ? 0 : 23, 59) + day * DAY_SECONDS;
			double mean = tariff_week_mean(data, codes[i], seconds),
			       again = tariff_kept_mean(&kept, data, codes[i], seconds);
			assert_memory_equal(&mean, &again, sizeof(mean));
		}
}

static void korean_dates_are_right_before_and_after_1970(void **state)
{
	struct kst kst;
	int64_t seconds;
	int date;

	(void)state;
	kst = kst_of(0);
	assert_true(kst_date(&kst) == 19700101 && kst.hour == 9 && kst.weekday == THURSDAY);
	kst = kst_of(-32401);
	assert_true(kst_date(&kst) == 19691231 && kst.hour == 23 && kst.second == 59);
	kst = kst_of(kst_seconds(2028, 2, 29));
	assert_true(kst_date(&kst) == 20280229 && kst.weekday == TUESDAY);
	assert_true(kst_parse_date("2028-02-29", &date) && date == 20280229);
	assert_false(kst_parse_date("2026-02-29", &date));
	assert_false(kst_parse_date("2026-2-09", &date));
	assert_false(kst_parse_date("2026-13-01", &date));
	assert_true(kst_parse_time("2028-02-29T23:59:60Z", &seconds)); /* a leap second */
	assert_int_equal(seconds, kst_seconds(2028, 3, 1) + 9 * 3600);
	assert_false(kst_parse_time("2026-02-29T00:00:00+09:00", &seconds));
	assert_false(kst_parse_time("2026-02-30T00:00:00Z", &seconds));
	assert_false(kst_parse_time("2026-2-3T00:00:00+09:00", &seconds));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_bands_of_a_summer_weekday_change_to_the_minute),
		cmocka_unit_test(winter_kept_its_two_peaks),
		cmocka_unit_test(the_turn_of_the_year_is_winter_on_both_sides),
		cmocka_unit_test(days_that_no_row_is_for_are_told_from_those_one_is_for),
		cmocka_unit_test(weekends_and_holidays_are_cheaper),
		cmocka_unit_test(a_class_changes_its_bands_on_its_day),
		cmocka_unit_test(the_bands_cover_every_hour_of_every_season),
		cmocka_unit_test(a_job_costs_what_its_hours_cost),
		cmocka_unit_test(a_month_is_priced_by_a_week_without_a_holiday),
		cmocka_unit_test(a_kept_mean_is_that_of_the_class_and_day_asked_for),
		cmocka_unit_test(korean_dates_are_right_before_and_after_1970),
	};
	return cmocka_run_group_tests(tests, load, unload);
}
