/* What answers say of the grid data they rest on: each hour's own quality, what is left where there is none, how sure it is. */
#include "tests/unit/analyst/world.h"

#include "analyst/grid/live.h"
#include "base/kst.h"
#include "ipc/vocabulary.h"

#define NOW (INT64_C(1795478400) + DAY_SECONDS) /* after a day: 2026-11-25T09:00:00+09:00 */

/* A provider's answers, from one that has told nothing on. */
static void use_provider(struct world *w, struct live *live, struct grid_point *points, size_t count)
{
	struct live_provider *provider = &live->providers[0];

	*live = (struct live) { .count = 1 };
	snprintf(provider->name, sizeof(provider->name), "kpx");
	snprintf(provider->licence, sizeof(provider->licence), "KOGL-1");
	provider->max_age_s = 3600;
	provider->retrieved_s = NOW;
	provider->measured_until_s = NOW - 300;
	provider->measured = count;
	provider->file = calloc(1, sizeof(*provider->file));
	assert_non_null(provider->file);
	*provider->file = (struct grid_file) { .count = count, .hold = GRID_HOLD_SECONDS };
	provider->file->points = calloc(count + 1, sizeof(*points));
	for (size_t i = 0; i < count; i++)
		provider->file->points[i] = points[i];
	snprintf(w->config.grid_providers, sizeof(w->config.grid_providers), "kpx");
	w->knowledge.live = live;
}

static void make_day(struct world *w)
{
	make(w);
	run_hours(w, 24);
}

static const char *text_at(struct world *w, const char *list, size_t index, const char *key)
{
	struct json_object *one = json_object_array_get_idx(member(w, list), index);

	return json_object_get_string(json_object_object_get(one, key));
}

static double number_at(struct world *w, const char *list, size_t index, const char *key)
{
	struct json_object *one = json_object_array_get_idx(member(w, list), index);

	return json_object_get_double(json_object_object_get(one, key));
}

static struct json_object *provenance(struct world *w, const char *key)
{
	return json_object_object_get(json_object_object_get(member(w, "provenance"), "grid"), key);
}

static void expect_provenance(struct world *w, const char *quality, bool is_degraded)
{
	assert_string_equal(json_object_get_string(provenance(w, "quality")), quality);
	assert_int_equal(json_object_get_boolean(provenance(w, "degraded")), is_degraded);
}

static void intensity(struct world *w)
{
	assert_int_equal(ask(w, "carbon_intensity", "{\"region\":\"ap-northeast-2\"}"), 200);
}

static void a_provider_that_tells_no_future_answers_for_the_hour_that_runs(void **state)
{
	struct grid_point points[] = { { .start = NOW + 600, .value = 380 },
		{ .start = NOW + 900, .value = 384 } };
	struct live live;
	struct world w;

	(void)state;
	make_day(&w);
	run_hours(&w, 0.5); /* 09:30 */
	use_provider(&w, &live, points, 2);
	intensity(&w);
	expect_text(&w, "quality", "metered");
	/* of the hour's known steps: one of 380, nine of 384; of the annual 423 there is nothing in it */
	expect_number(&w, "current_intensity_gCO2eq_kWh", (380 + 9 * 384) / 10.0);
	expect_absent(&w, "hourly");
	expect_absent(&w, "best_4h");
	assert_int_equal(ask(&w, "grid_data", "{}"), 200);
	expect_number(&w, "intensity_gCO2eq_kWh", 384);
	assert_true(fabs(number_at(&w, "hours", 0, "intensity_gCO2eq_kWh") - 383.6) < 1e-9);
	assert_string_equal(text_at(&w, "hours", 0, "quality"), "metered");
	assert_null(text_at(&w, "hours", 1, "intensity_gCO2eq_kWh")); /* 15 minutes of it are held */
	live_done(&live);
	destroy(&w);
}

static void what_is_measured_and_what_is_forecast_go_by_their_names(void **state)
{
	struct grid_point points[40];
	struct live live;
	struct world w;

	(void)state;
	make_day(&w);
	for (int64_t i = 0; i < 40; i++)
		points[i] = (struct grid_point) { .start = NOW + (i - 3) * HOUR_SECONDS,
			.value = 400 + (double)i,
			.flags = i > 3    ? GRID_FORECAST
				 : i == 3 ? GRID_ESTIMATED
					  : 0 };
	use_provider(&w, &live, points, 40);
	intensity(&w);
	expect_text(&w, "quality", "estimated");
	assert_int_equal(json_object_array_length(member(&w, "hourly")), 24);
	assert_string_equal(text_at(&w, "hourly", 0, "quality"), "estimated");
	assert_string_equal(text_at(&w, "hourly", 1, "quality"), "forecast");
	assert_string_equal(text_at(&w, "hourly", 23, "quality"), "forecast");
	expect_provenance(&w, "forecast", false);
	assert_int_equal(ask(&w, "calculate_optimal_schedule", "{\"power_watts\":1}"), 200);
	expect_provenance(&w, "forecast", false);
	/* what is behind is what was measured */
	assert_int_equal(assess(&w, "{\"workload_name\":\"ml-training-job\",\"window\":\"PT2H\"}"), 200);
	expect_provenance(&w, "metered", false);
	live_done(&live);
	destroy(&w);
}

static void regions_are_compared_by_annual_values_and_say_so(void **state)
{
	struct world w;

	(void)state;
	make_day(&w);
	use_grid(&w, "00:00,510\n02:00,459\n06:00,510\n");
	assert_int_equal(ask(&w, "get_regional_comparison", "{}"), 200);
	expect_provenance(&w, "annual", false);
	destroy(&w);
}

static void a_published_pue_has_its_year(void **state)
{
	struct json_object *place;
	struct world w;

	(void)state;
	make_day(&w);
	assert_int_equal(ask(&w, "carbon_intensity", "{\"region\":\"eu-north-1\"}"), 200);
	expect_text(&w, "pue_vintage", "2024");
	intensity(&w);
	expect_absent(&w, "pue_vintage"); /* none is published */
	assert_int_equal(
		ask(&w, "get_regional_comparison", "{\"comparison_regions\":[\"eu-north-1\"],\"pue\":1.5}"),
		200);
	place = json_object_array_get_idx(member(&w, "comparisons"), 0);
	assert_string_equal(json_object_get_string(json_object_object_get(place, "pue_vintage")), "2024");
	place = json_object_array_get_idx(member(&w, "comparisons"), 1);
	assert_string_equal(json_object_get_string(json_object_object_get(place, "pue_source")), "argument");
	assert_null(json_object_object_get(place, "pue_vintage"));
	destroy(&w);
}

static void a_file_that_has_ended_leaves_the_annual_value_by_its_name(void **state)
{
	struct world w;

	(void)state;
	make_day(&w);
	use_grid(&w, "2026-11-25T05:00:00+09:00,380\n2026-11-25T06:00:00+09:00,390\n");
	intensity(&w);
	expect_number(&w, "current_intensity_gCO2eq_kWh", 423);
	expect_text(&w, "quality", "annual");
	expect_provenance(&w, "annual", true);
	assert_int_equal(ask(&w, "grid_data", "{}"), 200);
	expect_text(&w, "quality", "annual");
	expect_provenance(&w, "annual", true);
	assert_int_equal(assess(&w, "{\"workload_name\":\"ml-training-job\",\"window\":\"PT1H\"}"), 200);
	expect_provenance(&w, "annual", true);
	/* and whose it is */
	assert_string_equal(json_object_get_string(provenance(&w, "vintage")), "2025");
	assert_null(strstr(json_object_get_string(provenance(&w, "source")), "user_config"));
	assert_int_equal(json_object_get_int(provenance(&w, "coverage_percent")), 0);
	destroy(&w);
}

static void a_repeated_day_is_no_measurement_of_tomorrow(void **state)
{
	struct world w;

	(void)state;
	make_day(&w);
	use_grid(&w, "00:00,510\n02:00,459\n06:00,510\n");
	intensity(&w);
	assert_string_equal(text_at(&w, "hourly", 0, "quality"), "metered"); /* the value of 06:00 today */
	assert_string_equal(text_at(&w, "hourly", 1, "quality"), "typical_day");
	assert_string_equal(text_at(&w, "hourly", 23, "quality"), "typical_day");
	snprintf(w.config.grid_quality, sizeof(w.config.grid_quality), "sample");
	intensity(&w);
	assert_string_equal(
		text_at(&w, "hourly", 16, "quality"), "sample"); /* the operator's word holds of all hours */
	destroy(&w);
}

static void the_annual_value_in_a_providers_place_is_degraded(void **state)
{
	struct live live = { 0 };
	struct world w;

	(void)state;
	make_day(&w);
	assess(&w, "{\"workload_name\":\"ml-training-job\"}");
	expect_provenance(&w, "annual", false); /* none is configured */
	use_provider(&w, &live, NULL, 0);
	assess(&w, "{\"workload_name\":\"ml-training-job\"}");
	expect_provenance(&w, "annual", true);
	assess(&w, "{\"workload_name\":\"ml-training-job\",\"region\":\"eu-north-1\"}");
	expect_provenance(&w, "annual", false); /* it tells of Korea */
	live.providers[0].is_marginal = true;   /* shown, and never what is compared: nothing failed */
	assess(&w, "{\"workload_name\":\"ml-training-job\"}");
	expect_provenance(&w, "annual", false);
	live_done(&live);
	destroy(&w);
}

static double uncertainty(struct world *w)
{
	assert_int_equal(
		assess(w, "{\"workload_name\":\"ml-training-job\",\"window\":\"PT1H\",\"pue\":1.4}"), 200);
	return json_object_get_double(member(w, "uncertainty_gCO2eq_kWh"));
}

static void what_is_used_decides_how_sure_an_answer_is(void **state)
{
	struct grid_point points[26];
	struct live live;
	struct world w;

	(void)state;
	make_day(&w);
	for (int64_t i = 0; i < 26; i++)
		points[i] = (struct grid_point) { .start = NOW + (i - 25) * HOUR_SECONDS, .value = 400 };
	use_provider(&w, &live, points, 26);
	assert_true(fabs(uncertainty(&w) - 800 * sqrt(0.05 * 0.05 + 0.05 * 0.05)) < 1e-6);
	for (size_t i = 0; i < 26; i++) /* nothing but a forecast came for those hours */
		live.providers[0].file->points[i].flags = GRID_FORECAST;
	assert_true(fabs(uncertainty(&w) - 800 * sqrt(0.10 * 0.10 + 0.05 * 0.05)) < 1e-6);
	live_done(&live);
	destroy(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_provider_that_tells_no_future_answers_for_the_hour_that_runs),
		cmocka_unit_test(what_is_measured_and_what_is_forecast_go_by_their_names),
		cmocka_unit_test(regions_are_compared_by_annual_values_and_say_so),
		cmocka_unit_test(a_published_pue_has_its_year),
		cmocka_unit_test(a_file_that_has_ended_leaves_the_annual_value_by_its_name),
		cmocka_unit_test(a_repeated_day_is_no_measurement_of_tomorrow),
		cmocka_unit_test(the_annual_value_in_a_providers_place_is_degraded),
		cmocka_unit_test(what_is_used_decides_how_sure_an_answer_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
