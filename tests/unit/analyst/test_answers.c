/* Whole answers from a ledger made by hand. */
#include "tests/unit/analyst/world.h"

static void the_brief_example_comes_out_of_a_day_in_the_ledger(void **state)
{
	struct world w;

	(void)state;
	make(&w);
	w.config.pue = 1.6;
	use_grid(&w, "00:00,446.25\n12:00,446.25\n");
	run_hours(&w, 24);
	assert_int_equal(
		assess(&w, "{\"workload_name\":\"ml-training-job\",\"namespace\":\"ai-team\"}"), 200);
	promised_fields(&w, "assess_workload_compliance");
	expect_number(&w, "current_carbon_intensity_gCO2eq_kWh", 510);
	expect_number(&w, "target_carbon_intensity_gCO2eq_kWh", 424);
	expect_number(&w, "gap_percent", 20.3);
	expect_number(&w, "required_reduction_percent", 16.8627451);
	expect_number(&w, "uncertainty_gCO2eq_kWh", 72.1248917);
	expect_number(&w, "grid_carbon_intensity_gCO2eq_kWh", 446.25);
	expect_number(&w, "facility_intensity_gCO2eq_kWh", 714);
	expect_number(&w, "current_pue", 1.6);
	expect_number(&w, "target_pue", 1.4);
	expect_number(&w, "pue_gap_percent", 14.3);
	expect_number(&w, "current_power_watts", WATTS_CPU + WATTS_MEMORY);
	expect_number(&w, "mean_power_watts", WATTS_CPU + WATTS_MEMORY);
	expect_number(&w, "duty_percent", 100);
	expect_number(&w, "energy_kWh_month", 41.975);
	expect_number(&w, "energy_facility_kWh_month", 67.16);
	expect_number(&w, "monthly_emissions_kg", 29.97015);
	expect_number(&w, "hourly_emissions_gCO2eq", 41.055);
	expect_text(&w, "status", "NON_COMPLIANT");
	expect_text(&w, "carbon_status", "NON_COMPLIANT");
	expect_text(&w, "pue_status", "NON_COMPLIANT");
	expect_text(&w, "confidence", "clear");
	expect_text(&w, "kind", "pod");
	expect_reason(&w, "CARBON_OVER_TARGET", true);
	expect_reason(&w, "PUE_OVER_TARGET", true);
	expect_reason(&w, "SHORT_HISTORY", false);
	expect_reason(&w, "GRID_ANNUAL", false);
	expect_reason(&w, "MODEL_POWER", false);
	assert_non_null(strstr(w.answer.body, "\"power_breakdown_watts\":{\"cpu\":45.2,\"memory\":12.3}"));
	assert_non_null(strstr(
		w.answer.body, "\"estimated_reduction_percent\":12.5,\"estimated_kg_month\":3.74626875"));
	destroy(&w);
}

static void the_other_brief_example_holds_at_pue_one_point_four(void **state)
{
	struct world w;

	(void)state;
	make(&w);
	w.config.pue_overhead_ratio = 0.4;
	use_grid(&w, "00:00,510\n02:00,459\n06:00,510\n");
	fixture_pass(&w.f, 3600); /* it starts at 10:00 */
	w.f.once.counted_ns = 0;
	w.f.once.first_boot_ns = w.f.once.boot_ns;
	run_hours(&w, 4);
	assert_int_equal(assess(&w, "{\"workload_name\":\"ml-training-job\"}"), 200);
	expect_number(&w, "current_carbon_intensity_gCO2eq_kWh", 510);
	expect_number(&w, "gap_percent", 20.3);
	expect_text(&w, "pue_status", "COMPLIANT");
	expect_text(&w, "pue_confidence", "borderline");
	expect_text(&w, "pue_source", "declared");
	expect_reason(&w, "SHORT_HISTORY", true);
	assert_non_null(strstr(w.answer.body,
		"\"optimizations\":[{\"type\":\"temporal_shift\",\"description\":\"Reschedule from "
		"10:00-14:00 to "
		"02:00-06:00 KST: 10.0 % less carbon per kWh.\",\"estimated_reduction_percent\":10,"));
	destroy(&w);
}

static void without_a_declared_pue_the_answer_names_the_line_that_settles_it(void **state)
{
	struct world w;

	(void)state;
	make(&w);
	run_hours(&w, 1);
	assert_int_equal(assess(&w, "{\"workload_name\":\"ml-training-job\"}"), 200);
	expect_text(&w, "status", "UNKNOWN");
	expect_text(&w, "pue_status", "UNKNOWN");
	expect_text(&w, "carbon_status", "COMPLIANT");
	expect_text(&w, "carbon_confidence", "borderline");
	expect_number(&w, "current_carbon_intensity_gCO2eq_kWh", 423);
	expect_number(&w, "energy_facility_kWh_month", 41.975 * 1.4);
	expect_absent(&w, "current_pue");
	expect_absent(&w, "pue_gap_percent");
	expect_absent(&w, "facility_intensity_gCO2eq_kWh");
	expect_reason(&w, "PUE_ASSUMED", true);
	expect_reason(&w, "GRID_ANNUAL", true);
	assert_non_null(strstr(json_object_get_string(member(&w, "recommendation")), "pue = 1.45"));
	/* 41.975 kWh in 730 h, whatever it draws at the moment */
	assert_non_null(strstr(json_object_get_string(member(&w, "recommendation")),
		"It draws 57.5 W now, the mean of the last 60 s. On average over all the time observed, "
		"present or not, it drew 57.5 W, which is 41.98 kWh"));
	/* who books the kilograms has the host's idle power still to account for */
	strcpy(w.config.share_idle, "none");
	assert_int_equal(assess(&w, "{\"workload_name\":\"ml-training-job\"}"), 200);
	assert_non_null(strstr(json_object_get_string(member(&w, "recommendation")),
		" Idle power is not in it: no workload is charged with it"));
	strcpy(w.config.share_idle, "equal");
	assert_int_equal(assess(&w, "{\"workload_name\":\"ml-training-job\"}"), 200);
	assert_null(strstr(json_object_get_string(member(&w, "recommendation")), "Idle power"));
	assert_int_equal(
		assess(&w, "{\"workload_name\":\"ml-training-job\",\"pue\":1.2,\"lang\":\"ko\"}"), 200);
	expect_text(&w, "status", "COMPLIANT");
	expect_text(&w, "pue_source", "argument");
	assert_non_null(strstr(json_object_get_string(member(&w, "recommendation")), "기준 충족"));
	destroy(&w);
}

/* Present in one hour of four: the mean while present stands in mean_power_watts, that of all the time in the prose. */
static void the_prose_says_which_mean_it_tells(void **state)
{
	struct world w;

	(void)state;
	make(&w);
	w.config.pue = 1.2;
	run_hours(&w, 1);
	for (int i = 0; i < 3 * 360; i++) {
		struct power_row row = { .id = 11 };
		w.f.once.total_uj.by[ZONE_PACKAGE] += 100000000;
		w.f.once.idle_uj.by[ZONE_PACKAGE] += 100000000;
		fixture_pass(&w.f, 10);
		assert_int_equal(fixture_send(&w.f, &row, 1), 0);
	}
	assert_int_equal(book_commit(&w.f.book), 0);
	w.knowledge.now_real_ns = w.f.once.real_ns;
	assert_int_equal(assess(&w, "{\"workload_name\":\"ml-training-job\"}"), 200);
	expect_number(&w, "mean_power_watts", 57.5);
	expect_number(&w, "duty_percent", 25);
	assert_non_null(strstr(json_object_get_string(member(&w, "recommendation")),
		"On average over all the time observed, present or not, it drew 14.4 W"));
	assert_int_equal(assess(&w, "{\"workload_name\":\"ml-training-job\",\"lang\":\"ko\"}"), 200);
	assert_non_null(strstr(json_object_get_string(member(&w, "recommendation")),
		"실행되지 않은 때를 포함한 관측 시간 전체의 평균 전력 14.4 W"));
	destroy(&w);
}

static void the_grid_says_what_it_is(void **state)
{
	struct world w;

	(void)state;
	make(&w);
	w.config.pue = 1.2;
	run_hours(&w, 1);
	assess(&w, "{\"workload_name\":\"ml-training-job\",\"factor\":\"official\"}");
	expect_number(&w, "current_carbon_intensity_gCO2eq_kWh", 417.3 * 1.2 / 1.4);
	expect_reason(&w, "BASIS_MISMATCH", true);
	expect_text(&w, "carbon_confidence", "borderline");
	assess(&w, "{\"workload_name\":\"ml-training-job\",\"standard\":\"KR_OFFICIAL_EF_2023\"}");
	expect_reason(&w, "TARGET_EQUALS_GRID", true);
	expect_reason(&w, "BASIS_MISMATCH", false);
	assess(&w, "{\"workload_name\":\"ml-training-job\",\"region\":\"ap-northeast-1\"}");
	expect_number(&w, "grid_carbon_intensity_gCO2eq_kWh", 535);
	w.config.korea_carbon_intensity = 430;
	assess(&w, "{\"workload_name\":\"ml-training-job\"}");
	expect_number(&w, "grid_carbon_intensity_gCO2eq_kWh", 430);
	expect_reason(&w, "GRID_USER_VALUE", true);
	expect_reason(&w, "GRID_ANNUAL", false);
	w.config.korea_pue_target = 1.1;
	assess(&w, "{\"workload_name\":\"ml-training-job\"}");
	expect_number(&w, "target_pue", 1.1);
	expect_number(&w, "pue_ref", 1.4);
	use_grid(&w, "2026-11-24T09:00:00+09:00,446.25\n");
	strcpy(w.config.grid_quality, "sample");
	run_hours(&w, 1);
	assess(&w, "{\"workload_name\":\"ml-training-job\"}");
	expect_reason(&w, "GRID_DEGRADED", true);
	expect_reason(&w, "GRID_SAMPLE_DAY", true);
	expect_number(&w, "grid_carbon_intensity_gCO2eq_kWh", (446.25 + 430) / 2);
	destroy(&w);
}

static void fake_watts_are_no_basis_unless_asked_for(void **state)
{
	struct world w;

	(void)state;
	make(&w);
	w.config.pue = 1.2;
	w.f.once.state = POWER_FAKE;
	run_hours(&w, 1);
	assess(&w, "{\"workload_name\":\"ml-training-job\"}");
	promised_fields(&w, "assess_workload_compliance");
	expect_text(&w, "status", "UNKNOWN");
	expect_reason(&w, "FAKE_POWER", true);
	expect_absent(&w, "current_power_watts");
	expect_absent(&w, "energy_kWh_month");
	expect_absent(&w, "monthly_emissions_kg");
	expect_absent(&w, "current_carbon_intensity_gCO2eq_kWh");
	assess(&w, "{\"workload_name\":\"ml-training-job\",\"allow_fake\":true}");
	expect_text(&w, "status", "COMPLIANT");
	expect_reason(&w, "FAKE_POWER", true);
	expect_number(&w, "energy_kWh_month", 41.975);
	ask(&w, "list_top_power_consumers", "{}");
	expect_absent(&w, "node_power_watts");
	expect_reason(&w, "FAKE_POWER", true);
	w.f.once.state = POWER_MODEL; /* the warm-up is over: its watts are left out */
	w.f.once.error_ppm = 250000;
	run_hours(&w, 1);
	assess(&w, "{\"workload_name\":\"ml-training-job\"}");
	expect_reason(&w, "FAKE_POWER", false);
	expect_reason(&w, "MODEL_POWER", true);
	expect_number(&w, "energy_kWh_month", 41.975);
	assert_non_null(strstr(w.answer.body, "\"model_error_percent\":25"));
	destroy(&w);
}

static void stale_zero_and_implausible_power_are_told_apart(void **state)
{
	struct world w;

	(void)state;
	make(&w);
	w.config.pue = 1.2;
	run_hours(&w, 1);
	w.knowledge.age_ns = 16 * NS_PER_SECOND;
	assess(&w, "{\"workload_name\":\"ml-training-job\"}");
	expect_reason(&w, "STALE_METRICS", true);
	expect_text(&w, "status", "UNKNOWN");
	expect_absent(&w, "current_power_watts");
	w.knowledge.age_ns = 0;
	assess(&w, "{\"workload_name\":\"sleepy\"}");
	expect_reason(&w, "ZERO_ENERGY", true);
	expect_text(&w, "status", "COMPLIANT");
	expect_number(&w, "gap_percent", -100);
	expect_number(&w, "monthly_emissions_kg", 0);
	/* a frame in which one workload has more than the node */
	const struct power_row rows[] = { { .id = 12, .active_uj.by[ZONE_PACKAGE] = UINT64_C(1) << 50 } };
	fixture_pass(&w.f, 1);
	assert_int_equal(fixture_send(&w.f, rows, 1), 0);
	assert_int_equal(book_commit(&w.f.book), 0);
	assess(&w, "{\"workload_name\":\"cgroup:12\"}");
	expect_reason(&w, "POWER_IMPLAUSIBLE", true);
	expect_text(&w, "status", "UNKNOWN");
	expect_absent(&w, "energy_kWh_month");
	destroy(&w);
}

static void a_successor_without_watts_does_not_say_that_nothing_draws_power(void **state)
{
	struct world w;

	(void)state;
	make(&w);
	run_hours(&w, 1);
	assert_int_equal(ask(&w, "list_top_power_consumers", "{}"), 200);
	fixture_close(&w.f);
	fixture_open(&w.f);
	w.knowledge.ledger = w.f.ledger;
	fixture_pass(&w.f, 1); /* one reading makes no watts */
	assert_int_equal(fixture_send(&w.f, NULL, 0), 0);
	assert_int_equal(ask(&w, "list_top_power_consumers", "{}"), 503);
	expect_error(&w, "NOT_READY");
	assert_int_equal(ask(&w, "identify_power_hotspots", "{}"), 503);
	assert_int_equal(assess(&w, "{\"workload_name\":\"ml-training-job\"}"), 200);
	destroy(&w);
}

static void questions_that_cannot_be_answered_say_why(void **state)
{
	struct world w;

	(void)state;
	make(&w);
	assert_int_equal(assess(&w, "{\"workload_name\":\"ml-training-job\"}"), 503);
	expect_error(&w, "NOT_READY");
	assert_non_null(strstr(w.answer.body, "tanso doctor says why"));
	strcpy(w.config.prometheus_url, "http://store:9090");
	assert_int_equal(assess(&w, "{\"workload_name\":\"ml-training-job\",\"lang\":\"ko\"}"), 503);
	assert_non_null(strstr(w.answer.body, "prometheus_url에서 읽습니다"));
	w.config.prometheus_url[0] = '\0';
	run_hours(&w, 1);
	fixture_name(&w.f, 20, WORKLOAD_UNIT, "user.slice", "sleepy.service");
	fixture_pass(&w.f, 1);
	const struct power_row rows[] = { { .id = 20 } };
	assert_int_equal(fixture_send(&w.f, rows, 1), 0);
	assert_int_equal(book_commit(&w.f.book), 0);
	assert_int_equal(ask(&w, "no_such_tool", "{}"), 404);
	expect_error(&w, "UNKNOWN_TOOL");
	assert_non_null(strstr(w.answer.body, "\"message\":\"no_such_tool: There is no such tool.\""));
	assert_int_equal(assess(&w, "{'a'}"), 400);
	expect_error(&w, "INVALID_JSON");
	assert_int_equal(assess(&w, "{}"), 422);
	expect_error(&w, "INVALID_ARGUMENT");
	assert_int_equal(assess(&w, "{\"workload_name\":\"ml-trainig-job\"}"), 404);
	expect_error(&w, "WORKLOAD_NOT_FOUND");
	assert_non_null(strstr(w.answer.body, "\"message\":\"ml-trainig-job: No workload of that name"));
	assert_non_null(strstr(w.answer.body, "\"candidates\":[\"ml-training-job\""));
	assert_int_equal(assess(&w, "{\"workload_name\":\"sleepy\"}"), 422);
	expect_error(&w, "AMBIGUOUS_WORKLOAD");
	assert_non_null(strstr(w.answer.body,
		"\"system.slice/sleepy.service (unit)\",\"user.slice/sleepy.service (unit)\""));
	assert_int_equal(assess(&w, "{\"workload_name\":\"sleepy\",\"namespace\":\"user.slice\"}"), 200);
	assert_int_equal(assess(&w, "{\"workload_name\":\"sleepy\",\"standard\":\"KR_CARBON\"}"), 422);
	expect_error(&w, "UNKNOWN_STANDARD");
	assert_non_null(strstr(w.answer.body, "\"message\":\"KR_CARBON: There is no such standard"));
	assert_non_null(strstr(w.answer.body, "KR_CARBON_2050"));
	assert_int_equal(assess(&w, "{\"workload_name\":\"sleepy\",\"region\":\"kr-moon-1\"}"), 422);
	expect_error(&w, "UNKNOWN_REGION");
	assert_non_null(strstr(w.answer.body, "\"message\":\"kr-moon-1: There is no such region"));
	assert_non_null(strstr(w.answer.body, "\"hint\":\"Known: ap-northeast-2, ")); /* none is near */
	assert_int_equal(
		assess(&w, "{\"workload_name\":\"sleepy\",\"region\":\"ap-northeast-22\",\"lang\":\"ko\"}"),
		422);
	assert_non_null(strstr(w.answer.body, "\"hint\":\"혹시 ap-northeast-2? 있는 것: ap-northeast-2, "));
	assert_int_equal(assess(&w, "{\"workload_name\":\"sleepy\",\"pue\":0.5}"), 422);
	expect_error(&w, "PUE_BELOW_ONE");
	assert_int_equal(assess(&w, "{\"workload_name\":\"sleepy\",\"window\":\"P1Y\"}"), 422);
	expect_error(&w, "INVALID_ARGUMENT");
	w.knowledge.now_real_ns += 3 * 86400 * NS_PER_SECOND;
	assert_int_equal(assess(&w, "{\"workload_name\":\"ml-training-job\"}"), 404);
	assert_non_null(strstr(w.answer.body, "last measured at 2026-11-24T10:0"));
	destroy(&w);
}

static void a_right_name_in_a_wrong_namespace_says_where_it_is(void **state)
{
	struct world w;

	(void)state;
	make(&w);
	run_hours(&w, 1);
	assert_int_equal(
		assess(&w, "{\"workload_name\":\"ml-training-job\",\"namespace\":\"ai-taem\"}"), 404);
	expect_error(&w, "WORKLOAD_NOT_FOUND");
	assert_non_null(strstr(w.answer.body, "\"hint\":\"That name is in another namespace: ai-team\""));
	assert_non_null(strstr(w.answer.body, "\"candidates\":[\"ai-team/ml-training-job (pod)\"]"));
	assert_int_equal(assess(&w, "{\"workload_name\":\"nobody\",\"namespace\":\"ai-taem\"}"), 404);
	assert_non_null(strstr(w.answer.body, "There is no such namespace. Did you mean ai-team? Known: "));
	/* what may not be seen is not told of */
	w.namespaces = "prod\n";
	assert_int_equal(assess(&w, "{\"workload_name\":\"ml-training-job\",\"namespace\":\"prod\"}"), 404);
	assert_null(strstr(w.answer.body, "ai-team"));
	destroy(&w);
}

static void the_prose_tells_both_confidences_where_they_differ(void **state)
{
	struct world w;

	(void)state;
	make(&w);
	run_hours(&w, 24);
	assert_int_equal(assess(&w, "{\"workload_name\":\"ml-training-job\",\"pue\":1.9}"), 200);
	expect_text(&w, "carbon_confidence", "borderline");
	expect_text(&w, "confidence", "clear");
	assert_non_null(strstr(
		json_object_get_string(member(&w, "recommendation")), " (carbon borderline, PUE clear). "));
	assert_int_equal(assess(&w, "{\"workload_name\":\"ml-training-job\",\"pue\":1.4}"), 200);
	assert_non_null(strstr(json_object_get_string(member(&w, "recommendation")), " (borderline). "));
	assert_non_null(
		strstr(json_object_get_string(member(&w, "recommendation")), " PUE 1.4, at the target."));
	destroy(&w);
}

static void an_owner_is_the_sum_of_its_pods(void **state)
{
	struct world w;

	(void)state;
	make(&w);
	for (uint64_t i = 0; i < 3; i++) {
		char name[16];
		snprintf(name, sizeof(name), "web-%d", (int)i);
		const struct workload_row pod = { .op = TOPOLOGY_ADD,
			.id = 10 + i,
			.kind = WORKLOAD_POD,
			.namespace = text_of("prod"),
			.workload = text_of(name),
			.pod = text_of(name),
			.owner_kind = text_of("Deployment"),
			.owner = text_of("web") };
		fixture_name_row(&w.f, &pod);
	}
	for (uint64_t i = 1; i <= 60; i++) {
		struct power_row rows[3];
		for (uint64_t j = 0; j < 3; j++)
			rows[j] = (struct power_row) { .id = 10 + j,
				.active_uj.by[ZONE_PACKAGE] = i * 50000000 };
		w.f.once.total_uj.by[ZONE_PACKAGE] = i * 150000000;
		fixture_pass(&w.f, 10);
		assert_int_equal(fixture_send(&w.f, rows, 3), 0);
	}
	assert_int_equal(book_commit(&w.f.book), 0);
	w.knowledge.now_real_ns = w.f.once.real_ns;
	assert_int_equal(assess(&w, "{\"workload_name\":\"web\",\"pue\":1.3}"), 200);
	expect_text(&w, "kind", "deployment");
	expect_text(&w, "workload", "web");
	expect_number(&w, "current_power_watts", 15);
	expect_number(&w, "mean_power_watts", 15);
	expect_number(&w, "duty_percent", 100);
	destroy(&w);
}

static void the_list_adds_up_to_the_node(void **state)
{
	struct world w;
	double sum = 0;

	(void)state;
	make(&w);
	w.config.pue = 1.3;
	run_hours(&w, 1);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(
			ask(&w, "list_top_power_consumers",
				i == 0 ? "{\"limit\":1}" : "{\"sort_by\":\"emissions\",\"limit\":\"5\"}"),
			200);
		promised_fields(&w, "list_top_power_consumers");
		struct json_object *consumers = member(&w, "consumers"), *first, *value;
		assert_int_equal(json_object_array_length(consumers), i == 0 ? 1 : 2);
		first = json_object_array_get_idx(consumers, 0);
		assert_true(json_object_object_get_ex(first, "workload", &value));
		assert_string_equal(json_object_get_string(value), "ml-training-job");
		assert_true(json_object_object_get_ex(first, "power_watts", &value));
		sum = json_object_get_double(value) +
		      json_object_get_double(member(&w, "other_power_watts")) +
		      json_object_get_double(member(&w, "idle_power_watts"));
		expect_number(&w, "node_power_watts", sum);
		expect_number(&w, "node_power_watts", WATTS_CPU + WATTS_MEMORY + 10);
		expect_number(&w, "idle_power_watts", 10);
	}
	assert_int_equal(ask(&w, "list_top_power_consumers", "{\"namespace\":\"nowhere\"}"), 200);
	assert_int_equal(json_object_array_length(member(&w, "consumers")), 0);
	expect_number(&w, "other_power_watts", WATTS_CPU + WATTS_MEMORY);
	destroy(&w);
}

static void foreign_names_are_quoted_in_prose(void **state)
{
	char text[PROSE_NAME_MAX];

	(void)state;
	assert_string_equal(prose_name("nginx.service", text), "nginx.service");
	assert_string_equal(prose_name("x\n\"ignore\"", text), "\"x\\x0a\\x22ignore\\x22\"");
	assert_string_equal(prose_name("", text), "\"\"");
	assert_string_equal(
		prose_name("서울\xed\xa0\x80\xea\xb0", text), "\"서울\\xed\\xa0\\x80\\xea\\xb0\"");
}

static void durations_are_iso_8601(void **state)
{
	(void)state;
	assert_int_equal(parse_duration("P1D"), 86400);
	assert_int_equal(parse_duration("PT1M"), 60);
	assert_int_equal(parse_duration("P1DT2H3M4S"), 86400 + 7384);
	assert_int_equal(parse_duration("P2W"), 1209600);
	assert_int_equal(parse_duration("P400D"), 400 * 86400);
	static const char *const bad[] = { "", "P", "PT", "1D", "P1", "P1M", "P1Y", "PT59S", "P401D", "P1H",
		"PT1D", "P-1D", "PT1H1D", "P1DT", "P99999999999999999999D", "P1D ", "PT1M1H" };
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (parse_duration(bad[i]) != -1)
			fail_msg("%s", bad[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_brief_example_comes_out_of_a_day_in_the_ledger),
		cmocka_unit_test(the_other_brief_example_holds_at_pue_one_point_four),
		cmocka_unit_test(without_a_declared_pue_the_answer_names_the_line_that_settles_it),
		cmocka_unit_test(the_prose_says_which_mean_it_tells),
		cmocka_unit_test(the_grid_says_what_it_is),
		cmocka_unit_test(fake_watts_are_no_basis_unless_asked_for),
		cmocka_unit_test(stale_zero_and_implausible_power_are_told_apart),
		cmocka_unit_test(a_successor_without_watts_does_not_say_that_nothing_draws_power),
		cmocka_unit_test(questions_that_cannot_be_answered_say_why),
		cmocka_unit_test(a_right_name_in_a_wrong_namespace_says_where_it_is),
		cmocka_unit_test(the_prose_tells_both_confidences_where_they_differ),
		cmocka_unit_test(an_owner_is_the_sum_of_its_pods),
		cmocka_unit_test(the_list_adds_up_to_the_node),
		cmocka_unit_test(foreign_names_are_quoted_in_prose),
		cmocka_unit_test(durations_are_iso_8601),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
