/* identify_power_hotspots and get_power_consumption_summary: what they add up to. */
#include "tests/unit/analyst/fleet.h"

#include "analyst/grid/tariff.h"

static void hotspots_carry_what_can_be_computed_and_never_save_more_than_they_emit(void **state)
{
	struct fleet fleet;
	double kg;

	(void)state;
	begin(&fleet);
	fleet.w.config.pue = 1.6;
	run_fleet(&fleet, 9);
	assert_int_equal(
		ask(&fleet.w, "identify_power_hotspots", "{\"power_threshold_watts\":5,\"limit\":2}"), 200);
	promised_fields(&fleet.w, "identify_power_hotspots");
	expect_number(&fleet.w, "total_hotspots", 5); /* 5 … 9 W */
	expect_number(&fleet.w, "total_power_watts", 35);
	assert_int_equal(json_object_array_length(member(&fleet.w, "hotspots")), 2);
	expect_in(row(&fleet, "hotspots", 0), "workload", "pod-8");
	kg = 35 * 0.73 * 1.6 * 423 / 1000;
	expect_number(&fleet.w, "potential_reduction_kg_month", kg * (1 - 1.4 / 1.6));
	struct json_object *steps = at(row(&fleet, "hotspots", 0), "optimizations");
	assert_int_equal(json_object_array_length(steps), 2); /* moving abroad comes last */
	expect_in(json_object_array_get_idx(steps, 0), "type", "pue_improvement");
	expect_in(row(&fleet, "hotspots", 0), "confidence", "clear");
	assert_int_equal(ask(&fleet.w, "identify_power_hotspots", "{\"pue\":1.4}"), 200);
	expect_in(row(&fleet, "hotspots", 0), "confidence", "borderline");
	expect_number(&fleet.w, "total_hotspots", 9);
	expect_number(&fleet.w, "potential_reduction_kg_month", 0);
	fleet.w.knowledge.age_ns = 60 * NS_PER_SECOND;
	assert_int_equal(ask(&fleet.w, "identify_power_hotspots", "{}"), 200);
	expect_number(&fleet.w, "total_hotspots", 0);
	expect_absent(&fleet.w, "total_power_watts");
	expect_reason(&fleet.w, "STALE_METRICS", true);
	end(&fleet);
}

static void the_summary_adds_up_and_names_its_tariff(void **state)
{
	struct fleet fleet;
	double price;

	(void)state;
	begin(&fleet);
	fleet.w.config.pue = 1.25;
	run_hours(&fleet.w, 24);
	assert_int_equal(ask(&fleet.w, "get_power_consumption_summary", "{}"), 200);
	promised_fields(&fleet.w, "get_power_consumption_summary");
	expect_number(&fleet.w, "node_power_watts", 67.5);
	expect_number(&fleet.w, "workload_power_watts", 57.5);
	expect_number(&fleet.w, "idle_power_watts", 10);
	expect_number(&fleet.w, "node_overhead_ratio", 10 / 57.5);
	expect_near(number_in(member(&fleet.w, "by_zone_watts"), "package"), WATTS_CPU + 10);
	expect_near(number_in(member(&fleet.w, "by_zone_watts"), "dram"), WATTS_MEMORY);
	expect_number(&fleet.w, "energy_kWh", 67.5 * 24 / 1000);
	expect_number(&fleet.w, "emissions_kg", 67.5 * 24 / 1000 * 1.25 * 0.423);
	expect_number(&fleet.w, "emissions_kg_month", 67.5 * 0.73 * 1.25 * 0.423);
	expect_number(&fleet.w, "coverage_percent", 100);
	expect_number(&fleet.w, "workload_count", 2);
	assert_non_null(strstr(json_object_get_string(member(&fleet.w, "recommendation")),
		" The node together, with (idle): 49.2")); /* 67.5 W x 730 h */
	price = tariff_week_mean(
		fleet.w.data, "industrial_b", (int64_t)(fleet.w.knowledge.now_real_ns / NS_PER_SECOND));
	expect_number(&fleet.w, "estimated_cost_krw_month", 67.5 * 0.73 * 1.25 * price);
	assert_non_null(strstr(json_object_get_string(member(&fleet.w, "cost_basis")), "industrial_b"));
	assert_non_null(strstr(json_object_get_string(member(&fleet.w, "cost_basis")), "derived"));
	expect_in(row(&fleet, "top_consumers", 0), "workload", "ml-training-job");
	assert_int_equal(ask(&fleet.w, "get_power_consumption_summary", "{\"namespace\":\"ai-team\"}"), 200);
	expect_number(&fleet.w, "workload_power_watts", 57.5);
	expect_number(&fleet.w, "node_power_watts", 67.5);
	expect_number(&fleet.w, "energy_kWh", 57.5 * 24 / 1000);
	assert_non_null(strstr(json_object_get_string(member(&fleet.w, "recommendation")),
		" The one workload, without (idle): 41.9"));
	end(&fleet);
}

/* 1000 J in its only ten seconds are 16.7 W of the minute, as of the node's, and not 100 W. */
static void watts_add_up_to_the_node_however_short_a_workload_lives(void **state)
{
	const uint64_t joules[] = { 10, 20, 1000 };
	struct fleet fleet;

	(void)state;
	begin(&fleet);
	run_fleet(&fleet, 2);
	add_pod(&fleet, "a", "young", NULL);
	for (int i = 0; i < 3; i++) {
		step(&fleet, i == 0 ? joules : (uint64_t[]) { 10, 20, 0 }, 50);
		assert_int_equal(ask(&fleet.w, "list_top_power_consumers", "{}"), 200);
		expect_number(&fleet.w, "node_power_watts", (6 * 80 + 1000) / 60.0);
		expect_number(&fleet.w, "other_power_watts", 0);
		expect_near(sum_of(&fleet, "consumers", "power_watts"), (6 * 30 + 1000) / 60.0);
		expect_in(row(&fleet, "consumers", 0), "workload", "young");
		expect_near(number_in(row(&fleet, "consumers", 0), "power_watts"), 1000 / 60.0);
		assert_int_equal(ask(&fleet.w, "get_power_consumption_summary", "{}"), 200);
		expect_number(&fleet.w, "node_power_watts", (6 * 80 + 1000) / 60.0);
		expect_near(number_in(member(&fleet.w, "by_zone_watts"), "package"), (6 * 80 + 1000) / 60.0);
		expect_near(sum_of(&fleet, "by_namespace", "power_watts"), (6 * 30 + 1000) / 60.0);
	}
	end(&fleet);
}

static void twenty_namespaces_at_most_are_told_the_largest_first(void **state)
{
	struct fleet fleet;
	uint64_t joules[FLEET_MAX];

	(void)state;
	begin(&fleet);
	for (int i = 0; i < 30; i++) {
		char name[16];
		snprintf(name, sizeof(name), "ns-%d", i);
		add_pod(&fleet, name, "app", NULL);
		joules[i] = (uint64_t)(10 * (i + 1));
	}
	for (int i = 0; i < 12; i++)
		step(&fleet, joules, 0);
	assert_int_equal(ask(&fleet.w, "get_power_consumption_summary", "{}"), 200);
	assert_int_equal(json_object_array_length(member(&fleet.w, "by_namespace")), 20);
	expect_in(row(&fleet, "by_namespace", 0), "namespace", "ns-29");
	expect_in(row(&fleet, "by_namespace", 19), "namespace", "ns-10");
	assert_int_equal(json_object_array_length(member(&fleet.w, "top_consumers")), 3);
	end(&fleet);
}

static void a_window_that_was_widened_says_what_it_covers(void **state)
{
	struct fleet fleet;
	const char *text;

	(void)state;
	begin(&fleet);
	run_hours(&fleet.w, 1);
	fleet.w.knowledge.now_real_ns += 120 * NS_PER_SECOND;
	assert_int_equal(ask(&fleet.w, "get_power_consumption_summary",
				 "{\"window\":\"PT3M\",\"namespace\":\"ai-team\"}"),
		200);
	text = json_object_get_string(member(&fleet.w, "recommendation"));
	assert_non_null(strstr(text, " The one workload, without (idle): "));
	assert_non_null(strstr(text, " The window is widened to whole slots of 5 minutes: this covers "
				     "2026-11-24T09:55:00+09:00 to 2026-11-24T10:02:00+09:00."));
	assert_int_equal(ask(&fleet.w, "get_power_consumption_summary", "{}"), 200);
	assert_null(strstr(json_object_get_string(member(&fleet.w, "recommendation")), "widened"));
	end(&fleet);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_window_that_was_widened_says_what_it_covers),
		cmocka_unit_test(hotspots_carry_what_can_be_computed_and_never_save_more_than_they_emit),
		cmocka_unit_test(the_summary_adds_up_and_names_its_tariff),
		cmocka_unit_test(watts_add_up_to_the_node_however_short_a_workload_lives),
		cmocka_unit_test(twenty_namespaces_at_most_are_told_the_largest_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
