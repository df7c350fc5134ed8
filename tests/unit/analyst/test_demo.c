/* The earlier demo's ConfigMap: what it says counts, is marked, and what is wrong in it is named by file and path. */
#include "tests/unit/analyst/world.h"

#include <errno.h>

#include "korea/demo.h"

#define FILES TANSO_SOURCE_DIR "/tests/fuzz/seeds/demo"

static void lay_over(struct world *w, bool accepts_profile)
{
	struct data_error error = { 0 };

	make(w);
	w->config.pue = 1.4;
	strcpy(w->config.demo_data_dir, FILES);
	w->config.accept_unverified_profile = accepts_profile;
	data_free(w->data);
	if (data_load_configured(&w->config, TANSO_SOURCE_DIR "/deploy/config/korea", &w->data, &error) < 0)
		fail_msg("%s", error.text);
	w->knowledge.data = w->data;
	run_hours(w, 24);
}

static const char *grid_text(struct world *w, const char *key)
{
	return json_object_get_string(
		json_object_object_get(json_object_object_get(member(w, "provenance"), "grid"), key));
}

static void its_grid_value_counts_and_says_that_it_has_no_source(void **state)
{
	struct world w;

	(void)state;
	lay_over(&w, false);
	assess(&w, "{\"workload_name\":\"ml-training-job\"}");
	expect_number(&w, "grid_carbon_intensity_gCO2eq_kWh",
		436); /* carbon-intensity.json, not regions.json's 424 */
	expect_reason(&w, "GRID_USER_VALUE", true);
	expect_reason(&w, "GRID_ANNUAL", false);
	assert_string_equal(grid_text(&w, "source"), "user_config:carbon-intensity.json");
	assert_string_equal(grid_text(&w, "quality"), "unverified");
	assert_string_equal(grid_text(&w, "vintage"), "unknown");
	assert_string_equal(grid_text(&w, "licence"), "user supplied");
	assert_int_equal(strlen(grid_text(&w, "sha256")), 64);
	/* another kind of factor is still the shipped one */
	assess(&w, "{\"workload_name\":\"ml-training-job\",\"factor\":\"official\"}");
	expect_number(&w, "grid_carbon_intensity_gCO2eq_kWh", 417.3);
	destroy(&w);
}

static void its_targets_count_and_lose_what_was_said_of_others(void **state)
{
	struct world w;

	(void)state;
	lay_over(&w, false);
	assess(&w, "{\"workload_name\":\"ml-training-job\"}");
	expect_number(&w, "target_carbon_intensity_gCO2eq_kWh", 430);
	expect_text(&w, "legal_status", "unverified");
	assert_non_null(strstr(json_object_get_string(member(&w, "disclaimer")),
		"430 gCO2eq/kWh is a value of the operator's file regulations.json, which states no source"));
	/* its PUE target is the shipped one: what is known of that stays */
	expect_text(&w, "pue_legal_status", "certification");
	destroy(&w);
}

static void its_regions_are_compared_new_ones_too(void **state)
{
	struct json_object *places, *place;
	struct world w;

	(void)state;
	lay_over(&w, false);
	assert_int_equal(
		ask(&w, "get_regional_comparison",
			"{\"workload_name\":\"ml-training-job\",\"comparison_regions\":[\"eu-north-1\","
			"\"kr-own-1\",\"ap-northeast-1\"]}"),
		200);
	places = member(&w, "comparisons");
	assert_int_equal(json_object_array_length(places), 4);
	place = json_object_array_get_idx(places, 0);
	assert_string_equal(json_object_get_string(json_object_object_get(place, "region")), "eu-north-1");
	assert_true(
		json_object_get_double(json_object_object_get(place, "carbon_intensity_gCO2eq_kWh")) == 50);
	assert_string_equal(json_object_get_string(json_object_object_get(place, "vintage")), "unknown");
	assess(&w, "{\"workload_name\":\"ml-training-job\",\"region\":\"kr-own-1\"}");
	expect_number(&w, "grid_carbon_intensity_gCO2eq_kWh", 500);
	assess(&w, "{\"workload_name\":\"ml-training-job\",\"region\":\"ap-northeast-1\"}");
	expect_number(&w, "grid_carbon_intensity_gCO2eq_kWh", 535); /* not in its file */
	destroy(&w);
}

static void its_day_is_ignored_unless_it_is_accepted(void **state)
{
	struct world w;

	(void)state;
	lay_over(&w, false);
	assert_non_null(strstr(w.data->laid_over, "its day is ignored (accept_unverified_profile = no)"));
	assert_int_equal(ask(&w, "calculate_optimal_schedule", "{\"power_watts\":100}"), 200);
	expect_text(&w, "recommendation_code", "NO_HOURLY_DATA");
	assert_int_equal(
		ask(&w, "calculate_optimal_schedule", "{\"power_watts\":100,\"profile\":\"operator_day\"}"),
		422);
	destroy(&w);
	lay_over(&w, true);
	assert_int_equal(ask(&w, "calculate_optimal_schedule",
				 "{\"power_watts\":100,\"earliest\":\"2026-11-24T14:00:00+09:00\"}"),
		200);
	expect_text(&w, "profile", "operator_day");
	expect_text(&w, "optimal_schedule", "01:00-05:00 KST");
	expect_number(&w, "optimal_intensity", (375 + 370 + 365 + 370) / 4.0);
	expect_reason(&w, "GRID_USER_VALUE", true);
	expect_reason(&w, "GRID_SAMPLE_DAY", false);
	assert_string_equal(grid_text(&w, "quality"), "unverified");
	assert_int_equal(
		ask(&w, "calculate_optimal_schedule", "{\"power_watts\":100,\"profile\":\"forecast\"}"), 200);
	expect_text(&w, "recommendation_code", "NO_HOURLY_DATA"); /* it is none */
	destroy(&w);
}

static void expect_refused(const char *text, const char *words)
{
	struct data_error error = { 0 };
	struct data *data = NULL;

	assert_int_equal(data_load(TANSO_SOURCE_DIR "/deploy/config/korea", &data, &error), 0);
	assert_true(demo_read(data, "x.json", text, strlen(text), true, &error) < 0);
	if (strstr(error.text, words) == NULL || strncmp(error.text, "x.json: ", 8) != 0)
		fail_msg("'%s' does not say '%s'", error.text, words);
	data_free(data);
}

static void mistakes_are_named_by_file_and_path(void **state)
{
	char hours[2048] = "";

	(void)state;
	expect_refused("{", "not valid JSON at byte 1");
	expect_refused("[]", "none of the earlier demo's files");
	expect_refused("{\"regions\":[]}", "none of the earlier demo's files");
	expect_refused("{\"regions\":{\"a b\":{}}}", "regions.a b: is no code of letters");
	expect_refused("{\"regions\":{\"ap-northeast-2\":1}}", "regions.ap-northeast-2: must be an object");
	expect_refused("{\"regions\":{\"ap-northeast-2\":{\"average_gco2_kwh\":\"424\"}}}",
		"regions.ap-northeast-2.average_gco2_kwh: must be a number");
	expect_refused("{\"regions\":{\"ap-northeast-2\":{\"average_gco2_kwh\":1e9}}}", "must lie between");
	expect_refused("{\"regions\":{\"moon-1\":{\"average_gco2_kwh\":1}}}",
		"regions.moon-1.region_name: must be a string");
	expect_refused("{\"average_gCO2eq_kWh\":424}", "x.json: region: must be a string");
	expect_refused(
		"{\"region\":\"moon\",\"average_gCO2eq_kWh\":424}", "region: is neither a region nor a zone");
	expect_refused("{\"region\":\"KR\",\"average_gCO2eq_kWh\":424,\"hourly_profile\":{}}",
		"hourly_profile: must be an array");
	expect_refused("{\"region\":\"KR\",\"average_gCO2eq_kWh\":424,\"hourly_profile\":[1]}",
		"hourly_profile: must have 24 hours");
	for (int i = 0; i < 24; i++)
		sprintf(hours + strlen(hours), "%s{\"hour\":%d,\"intensity\":400}", i > 0 ? "," : "",
			i == 5 ? 4 : i);
	char text[sizeof(hours) + 128];
	snprintf(text, sizeof(text), "{\"region\":\"KR\",\"average_gCO2eq_kWh\":424,\"hourly_profile\":[%s]}",
		hours);
	expect_refused(text, "hourly_profile[5].hour: must be each hour from 0 to 23 once");
	expect_refused("{\"korea_carbon_neutrality\":{\"code\":\"KR_CARBON_2050\"}}",
		"korea_carbon_neutrality.grid_carbon_intensity_gco2_kwh: must be a number");
	expect_refused("{\"korea_pue_standard\":{\"code\":\"KR_CARBON_2050\",\"target_pue\":1.4}}",
		"korea_pue_standard.code: is a standard of the other kind");
	expect_refused("{\"korea_pue_standard\":{\"code\":\"OWN\",\"target_pue\":0.4}}",
		"korea_pue_standard.target_pue: must lie between 1 and 10");
}

static void a_folder_without_any_of_them_is_refused(void **state)
{
	struct data_error error = { 0 };
	struct data *data = NULL;

	(void)state;
	assert_int_equal(data_load(TANSO_SOURCE_DIR "/deploy/config/korea", &data, &error), 0);
	assert_int_equal(demo_lay_over(data, TANSO_SOURCE_DIR "/deploy", true, &error), -ENOENT);
	assert_non_null(
		strstr(error.text, "holds none of regions.json, carbon-intensity.json, regulations.json"));
	/* our own regions.json is no file of the demo's */
	assert_int_equal(demo_lay_over(data, TANSO_SOURCE_DIR "/deploy/config/korea", true, &error), -EINVAL);
	assert_non_null(strstr(error.text, "regions.json: none of the earlier demo's files"));
	data_free(data);
}

static void they_are_part_of_the_data_s_sha256(void **state)
{
	struct data_error error = { 0 };
	struct data *data = NULL;
	char shipped[65];

	(void)state;
	assert_int_equal(data_load(TANSO_SOURCE_DIR "/deploy/config/korea", &data, &error), 0);
	strcpy(shipped, data->sha256);
	assert_int_equal(demo_lay_over(data, FILES, false, &error), 0);
	assert_string_not_equal(data->sha256, shipped);
	data_free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(its_grid_value_counts_and_says_that_it_has_no_source),
		cmocka_unit_test(its_targets_count_and_lose_what_was_said_of_others),
		cmocka_unit_test(its_regions_are_compared_new_ones_too),
		cmocka_unit_test(its_day_is_ignored_unless_it_is_accepted),
		cmocka_unit_test(mistakes_are_named_by_file_and_path),
		cmocka_unit_test(a_folder_without_any_of_them_is_refused),
		cmocka_unit_test(they_are_part_of_the_data_s_sha256),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
