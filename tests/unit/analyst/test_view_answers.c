/* power_history, hourly_profile: rows of numbers that add up. */
#include "tests/unit/analyst/world.h"

static double number_at(struct json_object *list, size_t index)
{
	return json_object_get_double(json_object_array_get_idx(list, index));
}

static double member_at(struct world *w, const char *key, size_t index)
{
	return number_at(member(w, key), index);
}

static struct json_object *series(struct world *w, size_t index, const char *key)
{
	struct json_object *value = NULL;

	assert_true(json_object_object_get_ex(
		json_object_array_get_idx(member(w, "series"), index), key, &value));
	return value;
}

static void expect_sums(struct world *w)
{
	size_t count = json_object_array_length(member(w, "node_watts"));

	for (size_t i = 0; i < count; i++) {
		double sum = member_at(w, "idle_watts", i) + member_at(w, "other_watts", i);
		for (size_t s = 0; s < json_object_array_length(member(w, "series")); s++)
			sum += number_at(series(w, s, "watts"), i);
		if (fabs(sum - member_at(w, "node_watts", i)) > 1e-6)
			fail_msg("step %zu adds up to %g in %s", i, sum, w->answer.body);
	}
}

static void every_step_adds_up_to_the_node(void **state)
{
	struct world w;
	size_t last;

	(void)state;
	make(&w);
	run_hours(&w, 3);
	assert_int_equal(ask(&w, "power_history", "{\"window\":\"PT2H\"}"), 200);
	expect_number(&w, "step_seconds", 300);
	last = json_object_array_length(member(&w, "node_watts")) - 2; /* the newest step is not over */
	assert_true(last >= 22);
	assert_int_equal(json_object_array_length(member(&w, "series")), 1); /* the other one used nothing */
	assert_string_equal(json_object_get_string(series(&w, 0, "workload")), "ml-training-job");
	assert_true(fabs(number_at(series(&w, 0, "watts"), last) - (WATTS_CPU + WATTS_MEMORY)) < 1e-6);
	assert_true(fabs(member_at(&w, "idle_watts", last) - 10) < 1e-6);
	expect_sums(&w);
	destroy(&w);
}

static void what_has_no_series_is_other(void **state)
{
	struct world w;

	(void)state;
	make(&w);
	run_hours(&w, 1);
	assert_int_equal(
		ask(&w, "power_history", "{\"window\":\"PT30M\",\"workload_name\":\"sleepy.service\"}"), 200);
	assert_int_equal(json_object_array_length(member(&w, "series")), 1);
	assert_true(fabs(member_at(&w, "other_watts", 2) - (WATTS_CPU + WATTS_MEMORY)) < 1e-6);
	expect_sums(&w);
	assert_int_equal(ask(&w, "power_history", "{\"workload_name\":\"nobody\"}"), 404);
	expect_error(&w, "WORKLOAD_NOT_FOUND");
	destroy(&w);
}

static void time_nobody_observed_is_no_zero_watts(void **state)
{
	struct world w;

	(void)state;
	make(&w);
	run_hours(&w, 1);
	assert_int_equal(ask(&w, "power_history", "{\"window\":\"PT6H\"}"), 200);
	assert_true(member_at(&w, "observed_seconds", 0) == 0);
	for (size_t i = 0; i < 3; i++)
		assert_null(json_object_array_get_idx(
			member(&w, (const char *[]) { "node_watts", "idle_watts", "other_watts" }[i]), 0));
	assert_null(json_object_array_get_idx(series(&w, 0, "watts"), 0));
	assert_true(member_at(&w, "observed_seconds",
			    json_object_array_length(member(&w, "observed_seconds")) - 3) > 299);
	destroy(&w);
}

static void a_long_window_has_at_most_three_hundred_steps(void **state)
{
	static const char *const windows[] = { "P1D", "P2D", "P7D", "P30D", "P400D" };
	struct world w;

	(void)state;
	make(&w);
	run_hours(&w, 1);
	for (size_t i = 0; i < 5; i++) {
		char arguments[64];
		size_t count;
		snprintf(arguments, sizeof(arguments), "{\"window\":\"%s\"}", windows[i]);
		assert_int_equal(ask(&w, "power_history", arguments), 200);
		count = json_object_array_length(member(&w, "node_watts"));
		assert_true(count > 20 && count <= 300);
		assert_true(member_at(&w, "observed_seconds", count - 1) > 0 ||
			    member_at(&w, "observed_seconds", count - 2) > 0);
	}
	destroy(&w);
}

static void hours_carry_price_and_intensity_side_by_side(void **state)
{
	struct world w;
	struct json_object *hour, *value;

	(void)state;
	make(&w);
	run_hours(&w, 1);
	assert_int_equal(ask(&w, "hourly_profile",
				 "{\"power_watts\":1000,\"pue\":1.5,\"profile\":\"KPX_2023-09-01\"}"),
		200);
	expect_text(&w, "profile", "KPX_2023-09-01");
	expect_reason(&w, "GRID_SAMPLE_DAY", true);
	assert_int_equal(json_object_array_length(member(&w, "hours")), 24);
	hour = json_object_array_get_idx(member(&w, "hours"), 5);
	assert_true(json_object_object_get_ex(hour, "intensity_gCO2eq_kWh", &value));
	double intensity = json_object_get_double(value);
	assert_true(json_object_object_get_ex(hour, "gCO2eq", &value));
	assert_true(fabs(json_object_get_double(value) - 1.5 * intensity) < 1e-6);
	destroy(&w);
}

static void without_grid_data_hours_have_a_price_alone(void **state)
{
	struct world w;

	(void)state;
	make(&w);
	run_hours(&w, 1);
	assert_int_equal(ask(&w, "hourly_profile", "{\"power_watts\":0}"), 200);
	expect_text(&w, "profile", "none");
	expect_reason(&w, "NO_HOURLY_DATA", true);
	for (size_t i = 0; i < 24; i++) {
		struct json_object *hour = json_object_array_get_idx(member(&w, "hours"), i);
		assert_true(json_object_object_get_ex(hour, "krw_per_kWh", NULL));
		assert_false(json_object_object_get_ex(hour, "intensity_gCO2eq_kWh", NULL));
	}
	assert_int_equal(ask(&w, "hourly_profile", "{}"), 422);
	destroy(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_step_adds_up_to_the_node),
		cmocka_unit_test(what_has_no_series_is_other),
		cmocka_unit_test(time_nobody_observed_is_no_zero_watts),
		cmocka_unit_test(a_long_window_has_at_most_three_hundred_steps),
		cmocka_unit_test(hours_carry_price_and_intensity_side_by_side),
		cmocka_unit_test(without_grid_data_hours_have_a_price_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
