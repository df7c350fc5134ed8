/* The money of compare_optimization_impact: what is charged less, what the bill is smaller by, and what that pays back. */
#include "tests/unit/analyst/train.h"

static void a_months_money_does_not_depend_on_the_day_of_asking(void **state)
{
	double first = 0;

	(void)state;
	for (unsigned day = 0; day < 7; day++) {
		struct world w;
		begin_days_later(&w, "Job", day);
		assert_int_equal(compare(&w, "{\"workload_name\":\"train\"}"), 200);
		double krw = number_in(step(&w, "temporal_shift"), "estimated_krw_month");
		assert_true(krw > 0);
		first = day == 0 ? krw : first;
		near(krw, first);
		destroy(&w);
	}
}

/* What a smaller request no longer takes, others are charged with: no money is saved by it. */
static void words_count_what_goes_in_fact(void **state)
{
	struct world w;
	const char *words;
	char money[64];

	(void)state;
	begin(&w, "Job");
	assert_int_equal(compare(&w, "{\"workload_name\":\"train\"}"), 200);
	words = json_object_get_string(member(&w, "recommendation"));
	assert_non_null(strstr(words, "Together 23.5 % less"));
	assert_non_null(strstr(words, "Of this 10.0 % goes in fact"));
	snprintf(money, sizeof(money), "It saves %.0f KRW a month",
		number_in(step(&w, "temporal_shift"), "estimated_krw_month"));
	assert_non_null(strstr(words, money));
	destroy(&w);
}

/* The golden case's request of 8 cores made 6, on a node that stays on: charged less, and the bill is the same. */
static void what_the_bill_is_not_smaller_by_pays_nothing_back(void **state)
{
	static const char question[] = "{\"workload_name\":\"train\",\"optimizations\":[%s],"
				       "\"implementation_cost_krw\":100000}";
	struct world w;
	char text[256];

	(void)state;
	begin(&w, "Job");
	snprintf(text, sizeof(text), question, "\"resource_rightsizing\"");
	assert_int_equal(compare(&w, text), 200);
	assert_true(json_object_get_double(member(&w, "estimated_cost_savings_krw_month")) > 0);
	expect_number(&w, "realizable_cost_savings_krw_month", 0);
	near(number_in(step(&w, "resource_rightsizing"), "realizable_krw_month"), 0);
	expect_absent(&w, "payback_months");
	expect_reason(&w, "NO_PAYBACK", true);
	assert_non_null(strstr(json_object_get_string(member(&w, "recommendation")),
		"It saves 0 KRW a month of an energy charge of "));
	assert_non_null(strstr(json_object_get_string(member(&w, "recommendation")),
		" Nothing pays back the 100000 KRW of the change."));
	snprintf(text, sizeof(text), question, "\"temporal_shift\"");
	assert_int_equal(compare(&w, text), 200);
	expect_reason(&w, "NO_PAYBACK", false);
	near(100000 / json_object_get_double(member(&w, "estimated_cost_savings_krw_month")),
		json_object_get_double(member(&w, "payback_months")));
	assert_non_null(strstr(json_object_get_string(member(&w, "recommendation")),
		" The 100000 KRW of the change are paid back in "));
	assert_int_equal(compare(&w, "{\"workload_name\":\"train\"}"), 200);
	expect_reason(&w, "NO_PAYBACK", false); /* nobody asked */
	destroy(&w);
}

/* Two cores fewer on a node of two: the node goes, and its idle power with it. */
static void a_node_switched_off_is_money_in_fact(void **state)
{
	struct world w;

	(void)state;
	begin(&w, "Job");
	w.f.book.last.cpus = 2;
	assert_int_equal(
		compare(&w, "{\"workload_name\":\"train\",\"optimizations\":[\"resource_rightsizing\"]}"),
		200);
	near(json_object_get_double(member(&w, "realizable_cost_savings_krw_month")),
		json_object_get_double(member(&w, "estimated_cost_savings_krw_month")));
	near(number_in(step(&w, "resource_rightsizing"), "realizable_krw_month"),
		number_in(step(&w, "resource_rightsizing"), "estimated_krw_month"));
	destroy(&w);
}

static void won_by_rates_of_another_period_say_so(void **state)
{
	static const struct {
		const char *tariff;
		bool is_known;
	} cases[] = { { "industrial_b", true }, { "industrial_b_before", false } };
	struct world w;

	(void)state;
	begin(&w, "Job");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char asked[128];
		snprintf(asked, sizeof(asked), "{\"workload_name\":\"train\",\"tariff\":\"%s\"}",
			cases[i].tariff);
		assert_int_equal(compare(&w, asked), 200);
		expect_reason(&w, "TARIFF_OUT_OF_PERIOD", !cases[i].is_known);
		assert_non_null(member(&w, "estimated_cost_savings_krw_month"));
	}
	destroy(&w);
}

static void a_container_that_no_command_starts_says_why(void **state)
{
	static const struct {
		const char *runtime, *lang, *action, *note;
	} cases[] = { { "docker", "en", " docker start train-x7k2p", NULL },
		{ "containerd", "en", "",
			"Start it at 02:00-06:00 KST: no command is offered, for a container of containerd "
			"is started "
			"again" },
		{ "containerd", "ko", "",
			"02:00-06:00(KST)에 시작하십시오. 명령은 제공하지 않습니다. containerd "
			"컨테이너는" } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct job job = { "", 8, 5.2, 23, 34.5, false, cases[i].runtime };
		char asked[160];
		struct world w;
		make(&w);
		use_grid(&w, "00:00,510\n02:00,459\n06:00,510\n");
		fixture_pass(&w.f, KST_10);
		w.f.once.counted_ns = 0;
		run_job(&w, &job, 4);
		snprintf(asked, sizeof(asked),
			"{\"workload_name\":\"train-x7k2p\",\"duration_hours\":4,\"lang\":\"%s\"}",
			cases[i].lang);
		assert_int_equal(compare(&w, asked), 200);
		struct json_object *shift = step(&w, "temporal_shift");
		if (cases[i].note != NULL) {
			assert_string_equal(text_in(shift, "action"), "");
			assert_non_null(strstr(text_in(shift, "action_note"), cases[i].note));
		} else {
			assert_non_null(strstr(text_in(shift, "action"), cases[i].action));
			assert_string_equal(text_in(shift, "action_note"), "");
		}
		destroy(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(won_by_rates_of_another_period_say_so),
		cmocka_unit_test(a_container_that_no_command_starts_says_why),
		cmocka_unit_test(a_months_money_does_not_depend_on_the_day_of_asking),
		cmocka_unit_test(words_count_what_goes_in_fact),
		cmocka_unit_test(what_the_bill_is_not_smaller_by_pays_nothing_back),
		cmocka_unit_test(a_node_switched_off_is_money_in_fact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
