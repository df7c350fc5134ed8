/* get_regional_comparison, whole answers. */
#include "tests/unit/analyst/world.h"

static struct json_object *place(struct world *w, const char *region)
{
	struct json_object *list = member(w, "comparisons"), *code = NULL;

	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *row = json_object_array_get_idx(list, i);
		json_object_object_get_ex(row, "region", &code);
		if (strcmp(json_object_get_string(code), region) == 0)
			return row;
	}
	fail_msg("no %s in %s", region, w->answer.body);
	return NULL;
}

static double of(struct world *w, const char *region, const char *key)
{
	struct json_object *value;

	if (!json_object_object_get_ex(place(w, region), key, &value))
		fail_msg("no %s of %s in %s", key, region, w->answer.body);
	return json_object_get_double(value);
}

static void expect_near(double value, double expected)
{
	if (fabs(value - expected) > 1e-8 * fabs(expected))
		fail_msg("%.10g is not %.10g", value, expected);
}

static int compare(struct world *w, const char *arguments)
{
	return ask(w, "get_regional_comparison", arguments);
}

static void regions_are_ordered_by_what_they_save_with_and_without_pue(void **state)
{
	struct world w;

	(void)state;
	make(&w);
	run_hours(&w, 24);
	assert_int_equal(
		compare(&w,
			"{\"workload_name\":\"ml-training-job\",\"pue\":1.6,\"comparison_regions\":["
			"\"us-east-1\",\"eu-north-1\",\"ap-northeast-1\",\"ca-central-1\",\"us-west-2\"]}"),
		200);
	expect_near(of(&w, "eu-north-1", "reduction_grid_percent"), 95.035461);
	expect_near(of(&w, "eu-north-1", "reduction_with_pue_percent"), 96.5868794);
	expect_near(of(&w, "eu-north-1", "emissions_kg_month"), 0.9696225);
	expect_near(of(&w, "ca-central-1", "reduction_grid_percent"), 90.3073286);
	expect_near(of(&w, "ca-central-1", "reduction_with_pue_percent"), 92.7910757);
	expect_near(of(&w, "ca-central-1", "emissions_kg_month"), 2.04796025);
	expect_text(&w, "best_region", "eu-north-1");
	expect_near(json_object_get_double(member(&w, "best_region_savings_percent")), 95.035461);
	/* Tokyo is dirtier on average and cleaner at the margin; Stockholm the other way round */
	assert_true(of(&w, "ap-northeast-1", "reduction_grid_percent") < 0);
	assert_true(of(&w, "ap-northeast-1", "marginal_reduction_grid_percent") > 0);
	assert_true(json_object_get_boolean(member(&w, "signals_disagree")));
	expect_reason(&w, "SIGNALS_DISAGREE", true);
	destroy(&w);
}

static void the_marginal_signal_is_answered_by_its_own_saving(void **state)
{
	static const char *const says[][2] = { { "en", "on the annual average Tokyo emits more: " },
		{ "ko", "연평균 배출계수는 도쿄 쪽이 더 높습니다(" } };
	char arguments[128], percent[32];
	struct world w;

	(void)state;
	make(&w);
	run_hours(&w, 1);
	for (size_t i = 0; i < 2; i++) {
		snprintf(arguments, sizeof(arguments), "{\"signal\":\"marginal\",\"lang\":\"%s\"}",
			says[i][0]);
		assert_int_equal(compare(&w, arguments), 200);
		expect_text(&w, "best_region", "ap-northeast-1");
		double saving = of(&w, "ap-northeast-1", "marginal_reduction_grid_percent");
		assert_true(saving > 0 && of(&w, "ap-northeast-1", "reduction_grid_percent") < 0);
		expect_near(json_object_get_double(member(&w, "best_region_savings_percent")), saving);
		const char *text = json_object_get_string(member(&w, "migration_recommendation"));
		snprintf(percent, sizeof(percent), " %.1f %%", saving);
		if (strstr(text, percent) == NULL || strstr(text, says[i][1]) == NULL)
			fail_msg("%s", text);
	}
	destroy(&w);
}

static void residency_keeps_a_region_from_being_proposed(void **state)
{
	struct world w;

	(void)state;
	make(&w);
	run_hours(&w, 1);
	assert_int_equal(
		compare(&w, "{\"workload_name\":\"ml-training-job\",\"residency\":[\"KR\",\"JP\"]}"), 200);
	expect_text(&w, "best_region", "ap-northeast-2");
	expect_number(&w, "best_region_savings_percent", 0);
	expect_reason(&w, "RESIDENCY_VIOLATION", true);
	/* without a declared PUE no PUE-adjusted saving is claimed */
	assert_false(json_object_object_get_ex(place(&w, "eu-north-1"), "reduction_with_pue_percent", NULL));
	/* but the PUE that its kilograms count is told, and that it is assumed */
	expect_near(of(&w, "ap-northeast-2", "pue"), 1.4);
	assert_string_equal(
		json_object_get_string(json_object_object_get(place(&w, "ap-northeast-2"), "pue_source")),
		"assumed");
	destroy(&w);
}

static void the_operators_own_intensity_and_a_transfer_count(void **state)
{
	struct world w;

	(void)state;
	make(&w);
	run_hours(&w, 1);
	w.config.korea_carbon_intensity = 424;
	assert_int_equal(
		compare(&w,
			"{\"data_gb\":1000,\"comparison_regions\":\"eu-north-1\",\"signal\":\"average\"}"),
		200);
	expect_near(of(&w, "eu-north-1", "reduction_grid_percent"), (1 - 21.0 / 424) * 100);
	expect_near(of(&w, "eu-north-1", "transfer_gCO2eq"), 1000 * 0.001 * (424 + 21) / 2);
	expect_absent(&w, "workload");
	expect_absent(&w, "best_region_marginal");
	destroy(&w);
}

static void unknown_regions_are_skipped_and_an_unknown_current_one_is_an_error(void **state)
{
	struct world w;

	(void)state;
	make(&w);
	run_hours(&w, 1);
	assert_int_equal(compare(&w, "{\"comparison_regions\":[\"mars-1\",\"eu-north-1\"]}"), 200);
	assert_string_equal(
		json_object_get_string(json_object_array_get_idx(member(&w, "skipped"), 0)), "mars-1");
	assert_int_equal(compare(&w, "{\"current_region\":\"kr-moon-1\"}"), 422);
	expect_error(&w, "UNKNOWN_REGION");
	assert_int_equal(compare(&w, "{\"comparison_regions\":[1]}"), 422);
	expect_error(&w, "INVALID_ARGUMENT");
	assert_int_equal(
		compare(&w, "{\"comparison_regions\":\"a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u,v,w,x,y,z,"
			    "1,2,3,4,5,6,7\"}"),
		422);
	expect_error(&w, "INVALID_ARGUMENT");
	destroy(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(regions_are_ordered_by_what_they_save_with_and_without_pue),
		cmocka_unit_test(the_marginal_signal_is_answered_by_its_own_saving),
		cmocka_unit_test(residency_keeps_a_region_from_being_proposed),
		cmocka_unit_test(the_operators_own_intensity_and_a_transfer_count),
		cmocka_unit_test(unknown_regions_are_skipped_and_an_unknown_current_one_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
