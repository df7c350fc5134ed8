/* calculate_optimal_schedule, whole answers: real days, and the cases worked out by hand. */
#include "tests/unit/analyst/world.h"

#include "base/cleanup.h"

static void make_idle_world(struct world *w)
{
	make(w);
	run_hours(w, 24);
}

static int schedule(struct world *w, const char *arguments)
{
	return ask(w, "calculate_optimal_schedule", arguments);
}

static double number_in(struct world *w, const char *object, const char *key)
{
	struct json_object *value;

	if (!json_object_object_get_ex(member(w, object), key, &value))
		fail_msg("no %s.%s in %s", object, key, w->answer.body);
	return json_object_get_double(value);
}

static double option(struct world *w, const char *name, const char *key)
{
	struct json_object *found, *value;

	if (!json_object_object_get_ex(member(w, "options"), name, &found) ||
		!json_object_object_get_ex(found, key, &value))
		fail_msg("no options.%s.%s in %s", name, key, w->answer.body);
	return json_object_get_double(value);
}

static const char *recommendation(struct world *w)
{
	return json_object_get_string(member(w, "recommendation"));
}

static void a_sample_day_is_cleanest_at_midday_and_says_it_is_a_sample(void **state)
{
	struct world w;

	(void)state;
	make_idle_world(&w);
	assert_int_equal(schedule(&w, "{\"power_watts\":57.5,\"pue\":1.6,\"profile\":\"KPX_2023-09-01\","
				      "\"earliest\":\"2026-11-24T00:00:00+09:00\"}"),
		200);
	expect_text(&w, "recommendation_code", "SHIFT");
	expect_text(&w, "optimal_schedule", "11:00-15:00 KST");
	assert_non_null(strstr(
		json_object_get_string(member(&w, "recommendation")), "Run it at 11-24 11:00-15:00 KST:"));
	expect_text(&w, "optimal_start", "2026-11-24T11:00:00+09:00");
	expect_text(&w, "worst_start", "2026-11-24T18:00:00+09:00");
	expect_text(&w, "cron", "0 11 * * *");
	expect_number(&w, "optimal_intensity", 414.1725);
	expect_number(&w, "worst_intensity", 465.14);
	expect_number(&w, "reduction_vs_worst_percent", 10.9574537);
	assert_true(fabs(number_in(&w, "night_window_check", "intensity") - 450.98) < 1e-9);
	assert_true(fabs(number_in(&w, "night_window_check", "vs_mean_percent") - 1.09090366) < 1e-8);
	expect_reason(&w, "GRID_SAMPLE_DAY", true);
	expect_reason(&w, "NO_HOURLY_DATA", false);
	/* whole, as its terms want it, however long */
	assert_string_equal(json_object_get_string(json_object_object_get(
				    json_object_object_get(member(&w, "provenance"), "grid"), "licence")),
		data_profile(w.data, "KPX_2023-09-01")->licence);
	assert_non_null(
		strstr(data_profile(w.data, "KPX_2023-09-01")->licence, "; averages computed for tanso"));
	destroy(&w);
}

static void a_winter_sunday_is_flatter_and_estimated_solar_deepens_midday(void **state)
{
	struct world w;
	double without;

	(void)state;
	make_idle_world(&w);
	assert_int_equal(schedule(&w, "{\"power_watts\":1,\"profile\":\"KPX_2025-01-05\","
				      "\"earliest\":\"2026-11-24T00:00:00+09:00\"}"),
		200);
	expect_number(&w, "optimal_intensity", 375.355);
	expect_number(&w, "worst_intensity", 394.4575);
	without = json_object_get_double(member(&w, "optimal_intensity"));
	assert_true(fabs(number_in(&w, "night_window_check", "vs_mean_percent") - -0.0544005503) < 1e-8);
	assert_int_equal(schedule(&w, "{\"power_watts\":1,\"profile\":\"KPX_2025-01-05\","
				      "\"include_estimated_solar\":true,"
				      "\"earliest\":\"2026-11-24T00:00:00+09:00\"}"),
		200);
	assert_true(json_object_get_double(member(&w, "optimal_intensity")) < without);
	destroy(&w);
}

static void without_hourly_data_only_the_cost_side_is_answered(void **state)
{
	struct world w;

	(void)state;
	make_idle_world(&w);
	assert_int_equal(schedule(&w, "{\"power_watts\":57.5}"), 200);
	expect_text(&w, "recommendation_code", "NO_HOURLY_DATA");
	expect_absent(&w, "optimal_intensity");
	expect_absent(&w, "optimal_schedule");
	expect_text(&w, "profile", "none");
	assert_int_equal(json_object_array_length(member(&w, "sample_days")), 2);
	assert_true(option(&w, "cost", "krw") > 0);
	expect_reason(&w, "NO_HOURLY_DATA", true);
	/* the table has cheaper hours: what cannot be told apart is their carbon */
	assert_non_null(strstr(recommendation(&w), "By carbon one hour cannot be told from another"));
	assert_non_null(strstr(recommendation(&w), " By cost it can: at "));
	assert_non_null(strstr(recommendation(&w), "ask with `objective cost`."));
	/* of a job of no workload no hours were observed: "0" would say that they were few */
	assert_null(strstr(w.answer.body, "observed_hours"));
	assert_int_equal(schedule(&w, "{\"power_watts\":57.5,\"duration_hours\":24,\"lang\":\"ko\"}"), 200);
	assert_non_null(strstr(recommendation(&w), "탄소로는 시간대를 비교할 수 없습니다"));
	assert_null(strstr(recommendation(&w), "objective")); /* every start takes a whole day */
	destroy(&w);
}

static void cost_and_carbon_pull_apart_in_summer_and_together_on_an_autumn_sunday(void **state)
{
	struct world w;

	(void)state;
	make_idle_world(&w);
	assert_int_equal(schedule(&w, "{\"power_watts\":57.5,\"pue\":1.6,\"profile\":\"KPX_2023-09-01\","
				      "\"earliest\":\"2026-07-15T02:00:00+09:00\"}"),
		200);
	/* the night is the cheapest band from 22:00 to 08:00, and of its hours 01-05 are the cleanest: (448.82 + 450.72 +
	 * 450.25 + 451.17) / 4 */
	assert_true(fabs(option(&w, "cost", "krw") - 42.688) < 1e-7);
	assert_true(fabs(option(&w, "cost", "intensity") - 450.24) < 1e-6);
	assert_int_equal(schedule(&w, "{\"power_watts\":57.5,\"pue\":1.6,\"profile\":\"KPX_2023-09-01\","
				      "\"earliest\":\"2026-07-15T02:00:00+09:00\",\"interruptible\":true}"),
		200);
	assert_true(fabs(option(&w, "cost", "krw") - 42.688) < 1e-7);
	assert_true(fabs(option(&w, "cost", "intensity") - 450.24) < 1e-6); /* the same, of two nights */
	assert_int_equal(
		schedule(&w,
			"{\"power_watts\":57.5,\"pue\":1.6,\"profile\":\"KPX_2023-09-01\","
			"\"earliest\":\"2026-07-15T02:00:00+09:00\",\"allowed_window\":\"02:00-00:00\"}"),
		200);
	/* 02:00 is in the cheapest band, and of it the cleanest that the window allows: carbon 11-15, cost 02-06 */
	assert_true(fabs(option(&w, "cost", "krw") - 42.688) < 1e-7);
	assert_true(fabs(option(&w, "cost", "gCO2eq") - 165.96064) < 1e-6);
	assert_true(fabs(option(&w, "carbon", "krw") - 60.2784) < 1e-7);
	assert_true(fabs(option(&w, "carbon", "gCO2eq") - 152.41548) < 1e-6);
	assert_true(fabs(option(&w, "carbon", "shadow_krw") - 1.94329737) < 1e-8);
	expect_number(&w, "break_even_krw_per_t", 1298648.37);
	assert_int_equal(schedule(&w, "{\"power_watts\":57.5,\"pue\":1.6,\"profile\":\"KPX_2023-09-01\","
				      "\"earliest\":\"2026-10-18T00:00:00+09:00\",\"deadline\":\"2026-10-"
				      "19T00:00:00+09:00\"}"),
		200);
	assert_true(fabs(option(&w, "carbon", "krw") - 26.68) < 1e-7);
	expect_number(&w, "break_even_krw_per_t", 0);
	destroy(&w);
}

static void running_now_is_said_when_it_is_best_and_no_benefit_when_all_are_alike(void **state)
{
	struct world w;

	(void)state;
	make_idle_world(&w);
	assert_int_equal(
		schedule(&w, "{\"power_watts\":1,\"duration_hours\":3,\"profile\":\"KPX_2023-09-01\","
			     "\"earliest\":\"2026-11-24T14:20:00+09:00\",\"deadline\":\"2026-11-25T08:00:00+"
			     "09:00\"}"),
		200);
	expect_text(&w, "recommendation_code", "RUN_NOW");
	assert_non_null(
		strstr(recommendation(&w), "Run it at the first start asked for (11-24 14:20-17:20 KST)"));
	expect_number(&w, "optimal_intensity", 432.823333);
	expect_number(&w, "reduction_vs_now_percent", 0);
	expect_number(&w, "reduction_vs_worst_percent", 7.09353825);
	assert_int_equal(
		schedule(&w, "{\"power_watts\":1,\"duration_hours\":24,\"profile\":\"KPX_2023-09-01\","
			     "\"earliest\":\"2026-11-24T09:00:00+09:00\"}"),
		200);
	expect_text(&w, "recommendation_code", "NO_BENEFIT");
	expect_reason(&w, "NO_BENEFIT", true);
	expect_number(&w, "optimal_intensity", 446.113333);
	destroy(&w);
}

static void a_run_of_a_day_or_longer_shows_both_its_days_and_is_no_daily_one(void **state)
{
	struct world w;

	(void)state;
	make_idle_world(&w);
	use_grid(&w, "00:00,500\n10:00,300\n16:00,500\n");
	assert_int_equal(schedule(&w, "{\"power_watts\":1,\"duration_hours\":30,"
				      "\"earliest\":\"2026-11-24T09:00:00+09:00\"}"),
		200);
	expect_text(&w, "optimal_schedule", "11-24 10:00-11-25 16:00 KST");
	assert_non_null(
		strstr(json_object_get_string(member(&w, "recommendation")), "11-24 10:00-11-25 16:00"));
	expect_absent(&w, "cron");
	assert_int_equal(schedule(&w, "{\"power_watts\":1,\"duration_hours\":23.5,"
				      "\"earliest\":\"2026-11-24T09:00:00+09:00\"}"),
		200);
	assert_int_equal(json_object_get_string_len(member(&w, "cron")) > 0, 1);
	assert_int_equal(schedule(&w, "{\"power_watts\":1,\"earliest\":\"1969-11-24T09:00:00+09:00\"}"), 422);
	assert_int_equal(schedule(&w, "{\"power_watts\":1,\"earliest\":\"2200-11-24T09:00:00+09:00\"}"), 422);
	destroy(&w);
}

static void a_file_with_a_missing_hour_is_interpolated_and_told(void **state)
{
	struct world w;

	(void)state;
	make_idle_world(&w);
	use_grid(&w, "00:00,451.58\n01:00,448.82\n02:00,450.72\n03:00,450.25\n04:00,451.17\n05:00,451.78\n"
		     "06:00,452.64\n07:00,453.6\n08:00,453.78\n09:00,446.89\n10:00,434.18\n11:00,417.85\n"
		     "13:00,412.6\n14:00,418.95\n15:00,425.37\n16:00,442.02\n17:00,455.34\n18:00,464.64\n"
		     "19:00,467.54\n20:00,465.43\n21:00,462.95\n22:00,462.09\n23:00,459.24\n");
	assert_int_equal(schedule(&w, "{\"power_watts\":1,\"earliest\":\"2026-11-24T00:00:00+09:00\"}"), 200);
	expect_number(&w, "optimal_intensity", 416.15625);
	expect_text(&w, "profile", "typical_day");
	assert_int_equal(json_object_array_length(member(&w, "interpolated_hours")), 1);
	assert_int_equal(
		json_object_get_int(json_object_array_get_idx(member(&w, "interpolated_hours"), 0)), 12);
	/* the file is a repeated day: it is no forecast */
	assert_int_equal(schedule(&w, "{\"power_watts\":1,\"profile\":\"forecast\"}"), 200);
	expect_text(&w, "recommendation_code", "NO_HOURLY_DATA");
	destroy(&w);
}

static void an_interruptible_job_is_told_in_chunks(void **state)
{
	struct world w;

	(void)state;
	make_idle_world(&w);
	use_grid(&w, "00:00,500\n03:00,100\n04:00,500\n15:00,100\n16:00,500\n");
	assert_int_equal(
		schedule(&w, "{\"power_watts\":1000,\"duration_hours\":2,\"interruptible\":true,\"pue\":1.5,"
			     "\"earliest\":\"2026-11-24T00:00:00+09:00\"}"),
		200);
	expect_text(&w, "optimal_schedule", "03:00-04:00, 15:00-16:00 KST");
	expect_number(&w, "optimal_intensity", 100);
	expect_number(&w, "optimal_emissions_gCO2eq", 300);
	assert_int_equal(json_object_array_length(member(&w, "chunks")), 2);
	assert_null(strstr(json_object_get_string(member(&w, "recommendation")), "more"));
	grid_file_free(w.grid_file);
	use_grid(&w,
		"00:00,500\n03:00,100\n04:00,500\n06:00,100\n07:00,500\n09:00,100\n10:00,500\n15:00,100\n"
		"16:00,500\n18:00,100\n19:00,500\n");
	assert_int_equal(
		schedule(&w, "{\"power_watts\":1000,\"duration_hours\":5,\"interruptible\":true,\"pue\":1.5,"
			     "\"earliest\":\"2026-11-24T00:00:00+09:00\"}"),
		200);
	assert_int_equal(json_object_array_length(member(&w, "chunks")), 5);
	assert_non_null(strstr(
		json_object_get_string(member(&w, "recommendation")), "11-24 09:00-10:00 KST and 2 more"));
	destroy(&w);
}

static void a_named_workload_brings_its_mean_power(void **state)
{
	struct world w;

	(void)state;
	make_idle_world(&w);
	assert_int_equal(
		schedule(&w,
			"{\"workload_name\":\"ml-training-job\",\"pue\":1.6,\"profile\":\"KPX_2023-09-01\","
			"\"earliest\":\"2026-11-24T00:00:00+09:00\"}"),
		200);
	expect_text(&w, "workload", "ml-training-job");
	expect_number(&w, "power_watts", 57.5);
	expect_number(&w, "optimal_emissions_gCO2eq", 152.41548);
	destroy(&w);
}

static void a_time_that_is_over_is_said_to_be(void **state)
{
	struct world w;

	(void)state;
	make_idle_world(&w);
	assert_int_equal(schedule(&w, "{\"power_watts\":1,\"profile\":\"KPX_2023-09-01\","
				      "\"earliest\":\"2026-11-20T00:00:00+09:00\"}"),
		200);
	assert_non_null(strstr(json_object_get_string(member(&w, "recommendation")),
		" That time is over. The day it rests on stands for any day: "));
	/* also where the cost side is all there is, and where the best of the starts is yet to come */
	assert_int_equal(schedule(&w, "{\"power_watts\":1,\"earliest\":\"2026-11-20T00:00:00+09:00\"}"), 200);
	assert_non_null(strstr(recommendation(&w), " The first start asked for lies in the past."));
	assert_int_equal(schedule(&w, "{\"power_watts\":1,\"profile\":\"KPX_2023-09-01\"}"), 200);
	assert_null(strstr(recommendation(&w), "over"));
	assert_null(strstr(recommendation(&w), "past"));
	assert_int_equal(schedule(&w, "{\"power_watts\":1,\"objective\":\"cost\","
				      "\"earliest\":\"2026-11-20T00:00:00+09:00\"}"),
		200);
	assert_non_null(strstr(json_object_get_string(member(&w, "recommendation")), " That time is over."));
	assert_null(strstr(json_object_get_string(member(&w, "recommendation")), "any day"));
	assert_int_equal(schedule(&w, "{\"power_watts\":1,\"earliest\":\"tomorrow\"}"), 422);
	assert_non_null(strstr(
		w.answer.body, "earliest must be an RFC 3339 time, such as 2026-11-24T09:00:00+09:00"));
	destroy(&w);
}

static void what_cannot_be_scheduled_is_an_error_that_says_why(void **state)
{
	struct world w;

	(void)state;
	make_idle_world(&w);
	assert_int_equal(
		schedule(&w, "{\"power_watts\":1,\"duration_hours\":9,\"allowed_window\":\"22:00-06:00\"}"),
		422);
	expect_error(&w, "DURATION_EXCEEDS_WINDOW");
	assert_int_equal(schedule(&w, "{\"power_watts\":1,\"earliest\":\"2026-11-24T00:00:00+09:00\","
				      "\"deadline\":\"2026-11-24T03:00:00+09:00\"}"),
		422);
	expect_error(&w, "DURATION_EXCEEDS_WINDOW");
	assert_int_equal(schedule(&w, "{\"power_watts\":1,\"profile\":\"KPX_2019-01-01\"}"), 422);
	expect_error(&w, "UNKNOWN_PROFILE");
	assert_non_null(strstr(w.answer.body, "\"message\":\"KPX_2019-01-01: There is no such sample day"));
	static const char *const windows[] = { "22:00-6:00x", "22-6" };
	for (size_t i = 0; i < ARRAY_SIZE(windows); i++) {
		char arguments[96];
		snprintf(arguments, sizeof(arguments), "{\"power_watts\":1,\"allowed_window\":\"%s\"}",
			windows[i]);
		assert_int_equal(schedule(&w, arguments), 422);
		expect_error(&w, "INVALID_ARGUMENT");
		assert_non_null(strstr(w.answer.body,
			"allowed_window must be HH:MM-HH:MM in Korean time, such as 22:00-06:00."));
	}
	assert_int_equal(schedule(&w, "{\"power_watts\":1,\"earliest\":\"2026-11-24 at nine\"}"), 422);
	expect_error(&w, "INVALID_ARGUMENT");
	assert_int_equal(schedule(&w, "{\"power_watts\":1,\"tariff\":\"industrial_c\"}"), 422);
	expect_error(&w, "INVALID_ARGUMENT");
	assert_non_null(strstr(w.answer.body, "Did you mean industrial_b? Known: industrial_b"));
	assert_int_equal(schedule(&w, "{}"), 422);
	expect_error(&w, "INVALID_ARGUMENT");
	assert_int_equal(schedule(&w, "{\"workload_name\":\"nobody\"}"), 404);
	expect_error(&w, "WORKLOAD_NOT_FOUND");
	assert_int_equal(schedule(&w, "{\"power_watts\":1,\"earliest\":\"2026-11-24T03:00:00+09:00\","
				      "\"deadline\":\"2026-11-24T09:00:00+09:00\","
				      "\"allowed_window\":\"22:00-06:00\"}"),
		422);
	expect_error(&w, "NO_FEASIBLE_WINDOW");
	destroy(&w);
}

static void a_window_may_end_at_24_00_and_lies_within_the_day_then(void **state)
{
	struct world w;

	(void)state;
	make_idle_world(&w);
	use_grid(&w, "00:00,300\n06:00,400\n23:00,200\n");
	assert_int_equal(
		schedule(&w, "{\"power_watts\":1,\"duration_hours\":2,\"allowed_window\":\"18:00-24:00\","
			     "\"earliest\":\"2026-11-24T00:00:00+09:00\"}"),
		200);
	expect_text(&w, "optimal_schedule", "22:00-00:00 KST");
	assert_int_equal(
		schedule(&w, "{\"power_watts\":1,\"duration_hours\":24,\"allowed_window\":\"00:00-24:00\","
			     "\"earliest\":\"2026-11-24T09:00:00+09:00\"}"),
		200);
	expect_text(&w, "optimal_start", "2026-11-25T00:00:00+09:00");
	assert_int_equal(schedule(&w, "{\"power_watts\":1,\"allowed_window\":\"24:00-06:00\"}"), 422);
	expect_error(&w, "INVALID_ARGUMENT");
	destroy(&w);
}

static void expect_no_hourly_data(struct world *w, const char *arguments)
{
	assert_int_equal(schedule(w, arguments), 200);
	expect_text(w, "recommendation_code", "NO_HOURLY_DATA");
	expect_absent(w, "optimal_intensity");
	expect_absent(w, "coverage_percent");
	expect_reason(w, "NO_BENEFIT", false);
	assert_int_equal(json_object_array_length(member(w, "sample_days")), 2);
	assert_true(option(w, "cost", "krw") > 0);
	assert_null(strstr(recommendation(w), "not worth it"));
}

static void a_price_beyond_the_list_of_holidays_says_so(void **state)
{
	struct world w;

	(void)state;
	make_idle_world(&w);
	assert_int_equal(schedule(&w, "{\"power_watts\":1,\"earliest\":\"2028-01-03T00:00:00+09:00\"}"), 200);
	expect_reason(&w, "HOLIDAYS_UNKNOWN", true);
	expect_reason(&w, "TARIFF_OUT_OF_PERIOD", true);
	assert_non_null(strstr(recommendation(&w), "The list of holidays does not reach these days"));
	assert_non_null(strstr(recommendation(&w), "no rates of this tariff for these days"));
	assert_int_equal(schedule(&w, "{\"power_watts\":1,\"earliest\":\"2025-07-01T00:00:00+09:00\"}"), 200);
	expect_reason(&w, "TARIFF_OUT_OF_PERIOD", true);
	assert_int_equal(schedule(&w, "{\"power_watts\":1,\"earliest\":\"2025-07-01T00:00:00+09:00\","
				      "\"tariff\":\"industrial_b_before\"}"),
		200);
	expect_reason(&w, "TARIFF_OUT_OF_PERIOD", false);
	assert_int_equal(ask(&w, "hourly_profile", "{\"power_watts\":1}"), 200);
	expect_reason(&w, "HOLIDAYS_UNKNOWN", false);
	assert_int_equal(schedule(&w, "{\"power_watts\":1,\"earliest\":\"2027-12-31T12:00:00+09:00\"}"), 200);
	expect_reason(&w, "HOLIDAYS_UNKNOWN", true); /* of the new year's day it knows nothing */
	assert_int_equal(schedule(&w, "{\"power_watts\":1,\"earliest\":\"2027-12-30T00:00:00+09:00\"}"), 200);
	expect_reason(&w, "HOLIDAYS_UNKNOWN", false);
	assert_int_equal(
		schedule(&w, "{\"power_watts\":1,\"earliest\":\"2028-01-03T00:00:00+09:00\",\"region\":"
			     "\"eu-north-1\"}"),
		200);
	expect_reason(&w, "HOLIDAYS_UNKNOWN", false); /* no Korean price in it */
	expect_reason(&w, "TARIFF_OUT_OF_PERIOD", false);
	destroy(&w);
}

static void holes_that_forbid_every_start_are_an_error_and_leave_the_cost_side(void **state)
{
	struct world w;

	(void)state;
	make_idle_world(&w);
	/* every window of the day meets a hole of two hours */
	use_grid(&w, "2026-11-24T00:00:00+09:00,400\n2026-11-24T03:00:00+09:00,400\n");
	assert_int_equal(schedule(&w, "{\"power_watts\":1,\"earliest\":\"2026-11-24T00:00:00+09:00\"}"), 422);
	expect_error(&w, "NO_FEASIBLE_WINDOW");
	assert_non_null(strstr(w.answer.body, "holes leave 7.1 % of the time it may run in"));
	assert_int_equal(schedule(&w, "{\"power_watts\":1,\"objective\":\"cost\","
				      "\"earliest\":\"2026-11-24T00:00:00+09:00\"}"),
		200);
	expect_reason(&w, "NO_HOURLY_DATA", true);
	assert_true(option(&w, "cost", "krw") > 0);
	expect_reason(&w, "GRID_ANNUAL", true);
	/* nothing of the file is used: what is left is the annual value, which is worse than configured */
	struct json_object *grid = json_object_object_get(member(&w, "provenance"), "grid");
	assert_string_equal(json_object_get_string(json_object_object_get(grid, "quality")), "annual");
	assert_true(json_object_get_boolean(json_object_object_get(grid, "degraded")));
	destroy(&w);
}

/* As a provider without forecasts has it: the newest value holds for an hour. */
static void a_sliver_of_the_day_is_no_ground_to_say_that_no_hour_is_better(void **state)
{
	struct world w;

	(void)state;
	make_idle_world(&w);
	use_grid(&w, "2026-11-24T00:00:00+09:00,400\n");
	expect_no_hourly_data(&w, "{\"power_watts\":1,\"earliest\":\"2026-11-24T00:00:00+09:00\"}");
	assert_non_null(strstr(recommendation(&w), "Grid data is known for 3.6 % of the hours"));
	expect_no_hourly_data(&w, "{\"power_watts\":1,\"duration_hours\":0.5,"
				  "\"earliest\":\"2026-11-24T00:00:00+09:00\"}");
	/* two hours that differ are worth telling apart, and of half a day it may be said that none is better */
	grid_file_free(w.grid_file);
	use_grid(&w, "2026-11-24T00:00:00+09:00,400\n2026-11-24T01:00:00+09:00,300\n");
	assert_int_equal(schedule(&w, "{\"power_watts\":1,\"duration_hours\":0.5,"
				      "\"earliest\":\"2026-11-24T00:00:00+09:00\"}"),
		200);
	expect_text(&w, "recommendation_code", "SHIFT");
	destroy(&w);
}

static void the_share_of_the_hours_that_is_known_is_said(void **state)
{
	char lines[2048] = "";
	struct world w;

	(void)state;
	make_idle_world(&w);
	for (size_t hour = 0; hour < 12; hour++)
		snprintf(lines + strlen(lines), sizeof(lines) - strlen(lines),
			"2026-11-24T%02zu:00:00+09:00,%zu\n", hour, 400 + 10 * hour);
	use_grid(&w, lines);
	assert_int_equal(schedule(&w, "{\"power_watts\":1,\"earliest\":\"2026-11-24T00:00:00+09:00\"}"), 200);
	expect_text(&w, "recommendation_code", "RUN_NOW");
	expect_number(&w, "coverage_percent", 1200.0 / 28);
	expect_reason(&w, "GRID_DEGRADED", true);
	assert_non_null(
		strstr(recommendation(&w), "no later start compared is better. Grid data is known for "
					   "42.9 % of the hours it may run in"));
	assert_int_equal(
		schedule(&w, "{\"power_watts\":1,\"earliest\":\"2026-11-24T00:00:00+09:00\",\"lang\":"
			     "\"ko\"}"),
		200);
	assert_non_null(strstr(recommendation(&w), "42.9 %만 전력망 데이터가 있어"));
	/* of a whole day there is nothing to say */
	assert_int_equal(schedule(&w, "{\"power_watts\":1,\"profile\":\"KPX_2023-09-01\"}"), 200);
	assert_null(strstr(recommendation(&w), "Grid data is known"));
	destroy(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sample_day_is_cleanest_at_midday_and_says_it_is_a_sample),
		cmocka_unit_test(a_winter_sunday_is_flatter_and_estimated_solar_deepens_midday),
		cmocka_unit_test(without_hourly_data_only_the_cost_side_is_answered),
		cmocka_unit_test(cost_and_carbon_pull_apart_in_summer_and_together_on_an_autumn_sunday),
		cmocka_unit_test(running_now_is_said_when_it_is_best_and_no_benefit_when_all_are_alike),
		cmocka_unit_test(a_file_with_a_missing_hour_is_interpolated_and_told),
		cmocka_unit_test(an_interruptible_job_is_told_in_chunks),
		cmocka_unit_test(a_named_workload_brings_its_mean_power),
		cmocka_unit_test(a_time_that_is_over_is_said_to_be),
		cmocka_unit_test(what_cannot_be_scheduled_is_an_error_that_says_why),
		cmocka_unit_test(a_window_may_end_at_24_00_and_lies_within_the_day_then),
		cmocka_unit_test(a_price_beyond_the_list_of_holidays_says_so),
		cmocka_unit_test(holes_that_forbid_every_start_are_an_error_and_leave_the_cost_side),
		cmocka_unit_test(a_sliver_of_the_day_is_no_ground_to_say_that_no_hour_is_better),
		cmocka_unit_test(the_share_of_the_hours_that_is_known_is_said),
		cmocka_unit_test(a_run_of_a_day_or_longer_shows_both_its_days_and_is_no_daily_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
