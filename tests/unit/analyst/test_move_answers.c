/* compare_optimization_impact and assess, where the workload would run in another region, or does. */
#include "tests/unit/analyst/train.h"

static void a_region_is_compared_with_its_pue_and_its_prices_are_not_invented(void **state)
{
	struct world w;

	(void)state;
	begin(&w, "Job");
	assert_int_equal(compare(&w, "{\"workload_name\":\"train\",\"optimizations\":[\"regional_migration\","
				     "\"temporal_shift\"],\"target_region\":\"eu-north-1\"}"),
		200);
	near(json_object_get_double(member(&w, "reduction_percent")), (1 - 21 * 1.1 / (510 * 1.4)) * 100);
	expect_reason(&w, "COST_UNKNOWN", true);
	assert_string_equal(
		text_in(step(&w, "regional_migration"), "action"), ""); /* a Job that runs stays */
	assert_string_equal(text_in(step(&w, "regional_migration"), "action_note"),
		"Start train in eu-north-1 and end it in ap-northeast-2: no command moves it there, for its "
		"machines are others.");
	assert_string_equal(text_in(step(&w, "temporal_shift"), "reason_code"), "NO_HOURLY_DATA");
	expect_absent(&w, "estimated_cost_savings_krw_month");
	expect_text(&w, "intensity_status_after", "COMPLIANT");
	assert_int_equal(
		compare(&w, "{\"workload_name\":\"train\",\"optimizations\":[\"regional_migration\"],"
			    "\"target_region\":\"kr-moon-1\"}"),
		422);
	expect_error(&w, "UNKNOWN_REGION");
	assert_int_equal(compare(&w, "{\"workload_name\":\"train\",\"tariff\":\"none\"}"), 422);
	assert_int_equal(compare(&w, "{\"workload_name\":\"train\",\"optimizations\":[\"magic\"]}"), 422);
	assert_int_equal(
		compare(&w, "{\"workload_name\":\"train\",\"optimizations\":[\"regional_migration\"],"
			    "\"target_region\":\"eu-west-3\"}"),
		200);
	expect_reason(&w, "PUE_UNKNOWN", true);
	assert_null(strstr(text_in(step(&w, "regional_migration"), "evidence"), "different kinds"));
	/* abroad there is no official factor: a lifecycle one stands in, and says so */
	w.knowledge.grid_file = NULL;
	w.config.korea_carbon_intensity = 0;
	assert_int_equal(
		compare(&w, "{\"workload_name\":\"train\",\"standard\":\"KR_OFFICIAL_EF_2023\","
			    "\"optimizations\":[\"regional_migration\"],\"target_region\":\"eu-north-1\"}"),
		200);
	assert_non_null(strstr(text_in(step(&w, "regional_migration"), "evidence"),
		"; factors of different kinds: lifecycle there, official here"));
	assert_string_equal(text_in(step(&w, "regional_migration"), "confidence"), "low");
	destroy(&w);
}

/* By the same rule as the regions' answer: a saving with PUE only where both PUEs are known. */
static void a_move_is_counted_by_the_grid_alone_where_a_pue_is_not_known(void **state)
{
	static const char with_pue[] = "Run it in ", without[] =
							     " less carbon by the grid alone, for the PUE "
							     "of one of the two sites is not known.";
	static const char disagrees[] = "the plants that run more when demand rises (the marginal intensity) "
					"emit more in Stockholm: ",
			  of_here[] = " in Seoul. In accounts by the average emissions fall; in fact moving "
				      "may raise them.";
	struct json_object *move;
	struct world w;

	(void)state;
	begin(&w, "Deployment");
	w.knowledge.grid_file = NULL;
	w.config.pue = 0;
	assert_int_equal(
		compare(&w, "{\"workload_name\":\"train\",\"optimizations\":[\"regional_migration\"]}"), 200);
	move = step(&w, "regional_migration");
	near(number_in(move, "estimated_reduction_percent"), (1 - 21 / 423.0) * 100);
	assert_non_null(
		strstr(text_in(move, "action"), " && kubectl -n ai-team patch deployment train -p '{"));
	assert_non_null(
		strstr(text_in(move, "action_note"), "only where this cluster has nodes of eu-north-1"));
	assert_string_equal(text_in(move, "to"), "eu-north-1");
	assert_non_null(strstr(text_in(move, "description"), with_pue));
	assert_non_null(strstr(text_in(move, "description"), without));
	assert_non_null(strstr(text_in(move, "description"), disagrees));
	assert_non_null(strstr(text_in(move, "description"), of_here));
	assert_null(strstr(text_in(move, "evidence"), "PUE"));
	/* there it would be judged by the PUE that is known there */
	near(json_object_get_double(member(&w, "intensity_after")), 21 * 1.1 / 1.4);
	expect_text(&w, "optimized_status", "COMPLIANT");
	assert_int_equal(assess(&w, "{\"workload_name\":\"train\"}"), 200);
	assert_non_null(strstr(w.answer.body, without));
	assert_non_null(strstr(w.answer.body, disagrees));
	assert_null(strstr(w.answer.body, "PUE included"));
	/* with one declared here, and none published there */
	w.config.pue = 1.6;
	assert_int_equal(
		compare(&w, "{\"workload_name\":\"train\",\"optimizations\":[\"regional_migration\"],"
			    "\"target_region\":\"eu-west-3\"}"),
		200);
	assert_non_null(strstr(text_in(step(&w, "regional_migration"), "description"), without));
	assert_int_equal(
		compare(&w, "{\"workload_name\":\"train\",\"optimizations\":[\"regional_migration\"]}"), 200);
	move = step(&w, "regional_migration");
	near(number_in(move, "estimated_reduction_percent"), (1 - 21 * 1.1 / (423 * 1.6)) * 100);
	assert_non_null(strstr(text_in(move, "description"), " less carbon, PUE included."));
	destroy(&w);
}

/* Prices are Korea's. */
static void abroad_nothing_costs_won(void **state)
{
	static const char *const costs[] = { "estimated_cost_krw_month", "estimated_cost_savings_krw_month",
		"estimated_cost_savings_usd_month", "cost_basis" };
	static const char *const asked[] = { "assess_workload_compliance", "compare_optimization_impact",
		"get_power_consumption_summary", "calculate_optimal_schedule" };
	struct world w;

	(void)state;
	begin(&w, "Job");
	for (size_t tool = 0; tool < 4; tool++) {
		assert_int_equal(
			ask(&w, asked[tool],
				tool == 2 ? "{\"region\":\"us-east-1\"}"
					  : "{\"region\":\"us-east-1\",\"workload_name\":\"train\"}"),
			200);
		for (size_t i = 0; i < 4; i++)
			expect_absent(&w, costs[i]);
		expect_reason(&w, "COST_UNKNOWN", true);
		assert_null(strstr(w.answer.body, "krw"));
		assert_null(strstr(w.answer.body, "KRW"));
	}
	assert_int_equal(ask(&w, "calculate_optimal_schedule",
				 "{\"region\":\"us-east-1\",\"power_watts\":1,\"objective\":\"cost\"}"),
		422);
	assert_string_equal(text_in(member(&w, "error"), "field"), "objective");
	destroy(&w);
}

static void within_korea_a_move_and_a_better_building_have_their_won_and_say_what_to_do(void **state)
{
	struct world w;

	(void)state;
	begin(&w, "Job");
	w.config.pue = 1.6;
	assert_int_equal(compare(&w, "{\"workload_name\":\"train\",\"optimizations\":[\"pue_improvement\","
				     "\"regional_migration\"],\"target_region\":\"koreacentral\"}"),
		200);
	expect_reason(&w, "COST_UNKNOWN", false);
	assert_true(json_object_get_double(member(&w, "estimated_cost_savings_krw_month")) != 0);
	assert_true(number_in(step(&w, "pue_improvement"), "estimated_krw_month") > 0);
	compare(&w, "{\"workload_name\":\"train\",\"optimizations\":[\"pue_improvement\"]}");
	assert_string_equal(text_in(step(&w, "pue_improvement"), "action"), "");
	assert_string_equal(text_in(step(&w, "pue_improvement"), "action_note"),
		"Lower the PUE of facility ap-northeast-2 from 1.6 to 1.4 and declare it in tanso.conf "
		"(`pue = 1.4`): the building changes, which no command does.");
	compare(&w, "{\"workload_name\":\"train\",\"optimizations\":[\"pue_improvement\"],\"lang\":\"ko\"}");
	assert_non_null(strstr(text_in(step(&w, "pue_improvement"), "action_note"), "`pue = 1.4`"));
	destroy(&w);
}

static void what_a_move_leaves_nothing_of_says_what_it_would_be_worth_alone(void **state)
{
	struct world w;

	(void)state;
	begin(&w, "Job");
	w.config.pue = 1.6;
	assert_int_equal(compare(&w, "{\"workload_name\":\"train\",\"optimizations\":[\"regional_migration\","
				     "\"pue_improvement\"],\"target_region\":\"eu-north-1\"}"),
		200);
	assert_string_equal(text_in(step(&w, "pue_improvement"), "reason_code"), "NO_BENEFIT");
	assert_string_equal(text_in(step(&w, "pue_improvement"), "description"),
		"Nothing is left of it after the move to eu-north-1; alone it would save 12.5 %.");
	assert_non_null(
		strstr(json_object_get_string(member(&w, "recommendation")), "alone it would save 12.5 %"));
	assert_null(strstr(json_object_get_string(member(&w, "recommendation")), "not worth it"));
	destroy(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_region_is_compared_with_its_pue_and_its_prices_are_not_invented),
		cmocka_unit_test(a_move_is_counted_by_the_grid_alone_where_a_pue_is_not_known),
		cmocka_unit_test(abroad_nothing_costs_won),
		cmocka_unit_test(within_korea_a_move_and_a_better_building_have_their_won_and_say_what_to_do),
		cmocka_unit_test(what_a_move_leaves_nothing_of_says_what_it_would_be_worth_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
