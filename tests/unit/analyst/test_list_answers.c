/* list_workloads_by_compliance: counts, order, pages, one row for a Deployment. */
#include "tests/unit/analyst/fleet.h"

static void the_failing_come_first_then_the_unseen_then_the_rest(void **state)
{
	struct fleet fleet;
	struct json_object *summary;

	(void)state;
	begin(&fleet);
	fleet.w.config.pue = 1.4;
	use_grid(&fleet.w, "00:00,446.25\n12:00,446.25\n");
	announce(&fleet, 7, "default", "ghost", NULL);
	run_hours(&fleet.w, 24);
	assert_int_equal(list(&fleet, "{}"), 200);
	promised_fields(&fleet.w, "list_workloads_by_compliance");
	expect_number(&fleet.w, "total_workloads", 3);
	summary = member(&fleet.w, "compliance_summary");
	expect_near(number_in(summary, "NON_COMPLIANT"), 1);
	expect_near(number_in(summary, "UNKNOWN"), 1);
	expect_near(number_in(summary, "COMPLIANT"), 1);
	expect_in(row(&fleet, "workloads", 0), "workload", "ml-training-job");
	expect_in(row(&fleet, "workloads", 0), "status", "NON_COMPLIANT");
	expect_near(number_in(row(&fleet, "workloads", 0), "gap_percent"), 5.2);
	expect_near(number_in(row(&fleet, "workloads", 0), "power_watts"), 57.5);
	expect_in(row(&fleet, "workloads", 1), "workload", "ghost");
	expect_in(row(&fleet, "workloads", 1), "status", "UNKNOWN");
	assert_string_equal(json_object_to_json_string_ext(
				    at(row(&fleet, "workloads", 1), "reason_codes"), JSON_C_TO_STRING_PLAIN),
		"[\"NO_SAMPLES\"]");
	assert_false(json_object_object_get_ex(row(&fleet, "workloads", 1), "power_watts", NULL));
	expect_in(row(&fleet, "workloads", 2), "workload", "sleepy.service");
	expect_near(number_in(row(&fleet, "workloads", 2), "emissions_kg_month"), 0);
	assert_string_equal(json_object_to_json_string_ext(
				    at(row(&fleet, "workloads", 2), "reason_codes"), JSON_C_TO_STRING_PLAIN),
		"[\"ZERO_ENERGY\"]");
	assert_false(json_object_get_boolean(member(&fleet.w, "totals_complete")));
	expect_number(&fleet.w, "active_count", 1);
	expect_number(&fleet.w, "idle_count", 1);
	expect_number(&fleet.w, "total_energy_kWh_month", 41.975);
	expect_near(number_in(member(&fleet.w, "idle"), "power_watts"), 10);
	expect_near(number_in(member(&fleet.w, "idle"), "emissions_kg_month"), 7.3 * 1.4 * 446.25 / 1000);
	/* the example of the site with PUE 1.6 */
	assert_int_equal(list(&fleet, "{\"pue\":1.6,\"namespace\":\"ai-team\"}"), 200);
	expect_number(&fleet.w, "matched", 1);
	expect_near(number_in(row(&fleet, "workloads", 0), "gap_percent"), 20.3);
	expect_number(&fleet.w, "total_emissions_kg_month", 29.97015);
	assert_true(json_object_get_boolean(member(&fleet.w, "totals_complete")));
	end(&fleet);
}

/* A unit that left the frames without a last word stays in the book, which is no reason to name it for ever. */
static void what_has_ended_is_said_to_have_and_is_left_out_once_the_window_is_past_it(void **state)
{
	static const char *const words[] = { " Ended by now: 1; what they used in the window counts.",
		" Left out: 1 that ended before the window." };
	struct fleet fleet;

	(void)state;
	begin(&fleet);
	fleet.w.config.pue = 1.2;
	run_hours(&fleet.w, 1);
	assert_int_equal(list(&fleet, "{}"), 200);
	expect_number(&fleet.w, "total_workloads", 2);
	assert_null(strstr(fleet.w.answer.body, words[0]));
	assert_null(strstr(fleet.w.answer.body, "ended before"));
	for (int day = 0; day < 3; day++) {
		struct power_row row = { .id = 11 };
		fixture_pass(&fleet.w.f, day == 0 ? 3600 : 86400);
		fleet.w.f.once.total_uj.by[ZONE_PACKAGE] += 100000000;
		fleet.w.f.once.idle_uj.by[ZONE_PACKAGE] += 100000000;
		assert_int_equal(fixture_send(&fleet.w.f, &row, 1), 0);
		assert_int_equal(book_commit(&fleet.w.f.book), 0);
		book_sweep(&fleet.w.f.book);
		fleet.w.knowledge.now_real_ns = fleet.w.f.once.real_ns;
		assert_int_equal(list(&fleet, "{}"), 200);
		if (day == 1)
			continue; /* the hour it ended in is at the edge of the window */
		expect_number(&fleet.w, "total_workloads", day == 0 ? 2 : 1);
		assert_non_null(strstr(fleet.w.answer.body, words[day != 0]));
		assert_null(strstr(fleet.w.answer.body, words[day == 0]));
	}
	assert_int_equal(list(&fleet, "{\"namespace\":\"ai-team\",\"lang\":\"ko\"}"), 200);
	assert_non_null(strstr(fleet.w.answer.body, "네임스페이스 ai-team에서 측정된 워크로드가 없습니다"));
	end(&fleet);
}

static void a_filter_and_a_namespace_leave_the_counts_alone(void **state)
{
	struct fleet fleet;
	double all;

	(void)state;
	begin(&fleet);
	fleet.w.config.pue = 1.2;
	run_fleet(&fleet, 9);
	assert_int_equal(list(&fleet, "{\"sort\":\"name\"}"), 200);
	all = json_object_get_double(member(&fleet.w, "total_emissions_kg_month"));
	assert_true(all > 0);
	assert_int_equal(list(&fleet, "{\"status_filter\":\"NON_COMPLIANT\",\"sort\":\"power\"}"), 200);
	expect_number(&fleet.w, "matched", 0);
	expect_number(&fleet.w, "total_workloads", 9);
	assert_non_null(strstr(json_object_get_string(member(&fleet.w, "recommendation")),
		" All 9 workloads together, without (idle): ")); /* of what the total is, with no row shown */
	expect_number(&fleet.w, "total_emissions_kg_month", all);
	assert_int_equal(json_object_array_length(member(&fleet.w, "workloads")), 0);
	assert_int_equal(list(&fleet, "{\"namespace\":\"nowhere\"}"), 200);
	expect_number(&fleet.w, "total_workloads", 0);
	expect_text(&fleet.w, "recommendation", "No workload of namespace nowhere is known. Known: a, b, c");
	expect_number(&fleet.w, "total_emissions_kg_month", 0);
	assert_true(json_object_get_boolean(member(&fleet.w, "totals_complete")));
	assert_int_equal(list(&fleet, "{\"namespace\":\"b\",\"sort\":\"power\"}"), 200);
	expect_number(&fleet.w, "total_workloads", 3);
	expect_in(row(&fleet, "workloads", 0), "workload", "pod-7");
	end(&fleet);
}

static void rows_and_idle_add_up_to_the_node_whatever_was_drawn(void **state)
{
	(void)state;
	srand(23);
	for (int round = 0; round < 10; round++) {
		struct fleet fleet;
		double rows_kg = 0, rows_watts, idle_kg, watts = 0, kg = 0;
		begin(&fleet);
		fleet.w.config.pue = 1.1 + 0.1 * round;
		use_grid(&fleet.w, "00:00,300\n09:05,500\n09:10,250\n12:00,446.25\n");
		for (int i = 0; i < 12; i++) {
			char name[16];
			snprintf(name, sizeof(name), "p%d", i);
			add_pod(&fleet, i % 2 == 0 ? "even" : "odd", name, i < 6 ? "web" : NULL);
		}
		for (int i = 0; i < 120; i++) {
			uint64_t joules[12];
			for (int j = 0; j < 12; j++)
				joules[j] = (uint64_t)(rand() % 1000);
			step(&fleet, joules, (uint64_t)(rand() % 300));
		}
		assert_int_equal(list(&fleet, round % 2 == 0 ? "{}" : "{\"group_by\":\"pod\"}"), 200);
		assert_int_equal(
			json_object_array_length(member(&fleet.w, "workloads")), round % 2 == 0 ? 8 : 12);
		rows_kg = sum_of(&fleet, "workloads", "emissions_kg_month");
		rows_watts = sum_of(&fleet, "workloads", "power_watts");
		expect_near(rows_kg, json_object_get_double(member(&fleet.w, "total_emissions_kg_month")));
		idle_kg = number_in(member(&fleet.w, "idle"), "emissions_kg_month");
		rows_watts += number_in(member(&fleet.w, "idle"), "power_watts");
		assert_int_equal(ask(&fleet.w, "get_power_consumption_summary", "{}"), 200);
		expect_number(&fleet.w, "emissions_kg_month", rows_kg + idle_kg);
		expect_number(&fleet.w, "node_power_watts", rows_watts);
		expect_near(sum_of(&fleet, "by_namespace", "power_watts"),
			json_object_get_double(member(&fleet.w, "workload_power_watts")));
		for (int i = 0; i < 2; i++) {
			assert_int_equal(
				ask(&fleet.w, "get_power_consumption_summary",
					i == 0 ? "{\"namespace\":\"even\"}" : "{\"namespace\":\"odd\"}"),
				200);
			watts += json_object_get_double(member(&fleet.w, "workload_power_watts"));
			kg += json_object_get_double(member(&fleet.w, "emissions_kg_month"));
		}
		expect_near(kg, rows_kg);
		expect_near(watts + json_object_get_double(member(&fleet.w, "idle_power_watts")), rows_watts);
		end(&fleet);
	}
}

static void cursors_give_each_row_once_although_the_watts_move_on(void **state)
{
	struct fleet fleet;
	bool is_seen[25] = { false };
	char arguments[256] = "{\"limit\":7,\"sort\":\"power\"}", first[64] = "";
	uint64_t joules[FLEET_MAX] = { 0 };
	size_t seen = 0, pages = 0;

	(void)state;
	begin(&fleet);
	fleet.w.config.pue = 1.2;
	run_fleet(&fleet, 25);
	for (;; pages++) {
		struct json_object *rows, *cursor;
		assert_int_equal(list(&fleet, arguments), 200);
		rows = member(&fleet.w, "workloads");
		for (size_t i = 0; i < json_object_array_length(rows); i++, seen++) {
			struct json_object *one = json_object_array_get_idx(rows, i);
			int number = atoi(json_object_get_string(at(one, "workload")) + strlen("pod-"));
			assert_true(number >= 0 && number < 25 && !is_seen[number]);
			is_seen[number] = true;
			expect_near(number_in(one, "power_watts"), number + 1);
			assert_int_equal(number, 24 - (int)seen);
		}
		if (pages == 0)
			strcpy(first, json_object_get_string(member(&fleet.w, "timestamp")));
		expect_text(&fleet.w, "timestamp", first);
		expect_number(&fleet.w, "matched", 25);
		if (!json_object_object_get_ex(fleet.w.json, "next_cursor", &cursor))
			break;
		snprintf(arguments, sizeof(arguments), "{\"limit\":%d,\"sort\":\"power\",\"cursor\":\"%s\"}",
			pages == 0 ? 5 : 7, json_object_get_string(cursor));
		joules[pages] = 5000; /* the order of the next snapshot is another one */
		step(&fleet, joules, 0);
	}
	assert_int_equal(seen, 25);
	assert_int_equal(pages, 3);
	end(&fleet);
}

static void a_cursor_that_leads_nowhere_says_so(void **state)
{
	static const char *const hostile[] = { "x", "1.2.3", "0000000000000000.0000000000000000.0",
		"ffffffffffffffff.ffffffffffffffff.18446744073709551615", " 1.1.1", "%s%n", "-1.-1.-1",
		"00000000000000000000000000000000000000000000000000000000000000" };
	struct fleet fleet;
	char cursor[64], arguments[256];

	(void)state;
	begin(&fleet);
	run_fleet(&fleet, 5);
	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		snprintf(arguments, sizeof(arguments), "{\"limit\":2,\"cursor\":\"%s\"}", hostile[i]);
		assert_int_equal(list(&fleet, arguments), 422);
		expect_error(&fleet.w, "INVALID_ARGUMENT");
		expect_in(member(&fleet.w, "error"), "field", "cursor");
	}
	assert_int_equal(list(&fleet, "{\"limit\":2}"), 200);
	strcpy(cursor, json_object_get_string(member(&fleet.w, "next_cursor")));
	snprintf(arguments, sizeof(arguments), "{\"limit\":2,\"sort\":\"name\",\"cursor\":\"%s\"}", cursor);
	assert_int_equal(list(&fleet, arguments), 422);
	assert_non_null(strstr(fleet.w.answer.body, "does not belong"));
	snprintf(arguments, sizeof(arguments), "{\"limit\":2,\"cursor\":\"%.*s9\"}", (int)strlen(cursor),
		cursor);
	assert_int_equal(list(&fleet, arguments), 422);
	snprintf(arguments, sizeof(arguments), "{\"limit\":2,\"cursor\":\"%s\"}", cursor);
	assert_int_equal(list(&fleet, arguments), 200);
	for (int i = 0; i < SHELF_LISTS_MAX; i++) { /* newer lists take its place */
		char other[64];
		snprintf(other, sizeof(other), "{\"limit\":2,\"pue\":1.%d}", i + 1);
		assert_int_equal(list(&fleet, other), 200);
	}
	assert_int_equal(list(&fleet, arguments), 422);
	assert_non_null(strstr(fleet.w.answer.body, "is gone"));
	fleet.w.knowledge.shelf = NULL;
	assert_int_equal(list(&fleet, "{\"limit\":2}"), 200);
	expect_absent(&fleet.w, "next_cursor");
	end(&fleet);
}

static void arguments_out_of_range_are_refused(void **state)
{
	static const char *const bad[] = { "{\"limit\":0}", "{\"limit\":1001}", "{\"limit\":1.5}",
		"{\"sort\":\"colour\"}", "{\"status_filter\":\"NOT_ASSESSED\"}", "{\"group_by\":\"node\"}",
		"{\"cursor\":\"\"}", "{\"namespce\":\"a\"}", "{\"limit\":[1]}" };
	struct fleet fleet;

	(void)state;
	begin(&fleet);
	run_fleet(&fleet, 2);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(list(&fleet, bad[i]), 422);
		expect_error(&fleet.w, "INVALID_ARGUMENT");
	}
	assert_int_equal(ask(&fleet.w, "identify_power_hotspots", "{\"power_threshold_watts\":-1}"), 422);
	assert_int_equal(ask(&fleet.w, "get_power_consumption_summary", "{\"limit\":1}"), 422);
	assert_int_equal(list(&fleet, "{\"limit\":\"1000\",\"status_filter\":null}"), 200);
	end(&fleet);
}

static void a_deployment_is_one_row_and_equals_its_assessment(void **state)
{
	struct fleet fleet;
	const uint64_t joules[] = { 50, 70, 30 };
	double kg;

	(void)state;
	begin(&fleet);
	fleet.w.config.pue = 1.3;
	add_pod(&fleet, "prod", "web-0", "web");
	add_pod(&fleet, "prod", "web-1", "web");
	add_pod(&fleet, "prod", "db-0", NULL);
	for (int i = 0; i < 60; i++)
		step(&fleet, joules, 10);
	assert_int_equal(assess(&fleet.w, "{\"workload_name\":\"web\"}"), 200);
	kg = json_object_get_double(member(&fleet.w, "monthly_emissions_kg"));
	assert_int_equal(list(&fleet, "{}"), 200);
	expect_number(&fleet.w, "total_workloads", 2);
	expect_in(row(&fleet, "workloads", 0), "workload", "web");
	expect_in(row(&fleet, "workloads", 0), "kind", "deployment");
	expect_near(number_in(row(&fleet, "workloads", 0), "power_watts"), 12);
	expect_near(number_in(row(&fleet, "workloads", 0), "emissions_kg_month"), kg);
	assert_int_equal(list(&fleet, "{\"group_by\":\"pod\"}"), 200);
	expect_number(&fleet.w, "total_workloads", 3);
	end(&fleet);
}

static void fake_watts_stay_out_of_every_total(void **state)
{
	struct fleet fleet;

	(void)state;
	begin(&fleet);
	fleet.w.config.pue = 1.2;
	fleet.w.f.once.state = POWER_FAKE;
	run_fleet(&fleet, 3);
	assert_int_equal(list(&fleet, "{}"), 200);
	expect_near(number_in(member(&fleet.w, "compliance_summary"), "UNKNOWN"), 3);
	expect_absent(&fleet.w, "total_emissions_kg_month");
	expect_absent(&fleet.w, "idle");
	assert_null(strstr(fleet.w.answer.body, "power_watts"));
	assert_int_equal(ask(&fleet.w, "get_power_consumption_summary", "{}"), 200);
	expect_reason(&fleet.w, "FAKE_POWER", true);
	expect_absent(&fleet.w, "node_power_watts");
	expect_absent(&fleet.w, "estimated_cost_krw_month");
	assert_int_equal(list(&fleet, "{\"allow_fake\":true}"), 200);
	expect_near(number_in(member(&fleet.w, "compliance_summary"), "COMPLIANT"), 3);
	end(&fleet);
}

static void foreign_names_stay_data(void **state)
{
	static const char hostile[] = "x\"},{\"workload\":\"\x01\xff\xc3\n탄소";
	struct fleet fleet;
	const uint64_t joules[] = { 10, 20 };

	(void)state;
	begin(&fleet);
	fleet.w.config.pue = 1.6;
	add_pod(&fleet, "a\"b", hostile, NULL);
	add_pod(&fleet, "c", "pod", "owner\"}");
	for (int i = 0; i < 12; i++)
		step(&fleet, joules, 0);
	assert_int_equal(list(&fleet, "{\"limit\":1,\"sort\":\"power\"}"), 200);
	expect_in(row(&fleet, "workloads", 0), "workload", "owner\"}");
	assert_int_equal(list(&fleet, "{\"namespace\":\"a\\\"b\"}"), 200);
	expect_number(&fleet.w, "matched", 1);
	assert_non_null(
		strstr(json_object_get_string(at(row(&fleet, "workloads", 0), "workload")), "\n탄소"));
	assert_int_equal(ask(&fleet.w, "identify_power_hotspots", "{\"power_threshold_watts\":0}"), 200);
	assert_int_equal(json_object_array_length(member(&fleet.w, "hotspots")), 2);
	assert_int_equal(ask(&fleet.w, "get_power_consumption_summary", "{}"), 200);
	end(&fleet);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_failing_come_first_then_the_unseen_then_the_rest),
		cmocka_unit_test(what_has_ended_is_said_to_have_and_is_left_out_once_the_window_is_past_it),
		cmocka_unit_test(a_filter_and_a_namespace_leave_the_counts_alone),
		cmocka_unit_test(rows_and_idle_add_up_to_the_node_whatever_was_drawn),
		cmocka_unit_test(cursors_give_each_row_once_although_the_watts_move_on),
		cmocka_unit_test(a_cursor_that_leads_nowhere_says_so),
		cmocka_unit_test(arguments_out_of_range_are_refused),
		cmocka_unit_test(a_deployment_is_one_row_and_equals_its_assessment),
		cmocka_unit_test(fake_watts_stay_out_of_every_total),
		cmocka_unit_test(foreign_names_stay_data),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
