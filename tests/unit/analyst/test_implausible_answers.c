/* A source that tells what is no power of a host: how long a workload is UNKNOWN for it, and what of it the ledger keeps. */
#include "tests/unit/analyst/world.h"

#define STEP_S      10
#define STEP_UJ     (UINT64_C(50) * STEP_S * 1000000)
#define BROKEN_ID   20
#define SOUND_ID    21
#define BROKEN      "{\"workload_name\":\"broken\"}"
#define HALF_MINUTE (30 / STEP_S)

struct kepler {
	struct world w;
	uint64_t broken_uj, sound_uj;
};

static void begin(struct kepler *k)
{
	*k = (struct kepler) { 0 };
	make(&k->w);
	k->w.config.pue = 1.4;
	fixture_name(&k->w.f, BROKEN_ID, WORKLOAD_POD, "a", "broken");
	fixture_name(&k->w.f, SOUND_ID, WORKLOAD_POD, "a", "sound");
}

static void run(struct kepler *k, size_t steps, uint8_t flags, uint32_t tick_flags)
{
	for (size_t i = 0; i < steps; i++) {
		k->broken_uj += flags == 0 ? STEP_UJ : 0;
		k->sound_uj += STEP_UJ;
		struct power_row rows[] = { fixture_row(BROKEN_ID, k->broken_uj),
			fixture_row(SOUND_ID, k->sound_uj) };
		rows[0].flags = flags;
		k->w.f.once.flags = tick_flags;
		fixture_set_node(&k->w.f, k->broken_uj + k->sound_uj, 0);
		fixture_pass(&k->w.f, STEP_S);
		assert_int_equal(fixture_send(&k->w.f, rows, 2), 0);
	}
	assert_int_equal(book_commit(&k->w.f.book), 0);
	k->w.knowledge.now_real_ns = k->w.f.once.real_ns;
}

static void expect_status(struct kepler *k, const char *arguments, bool is_known)
{
	assert_int_equal(assess(&k->w, arguments), 200);
	expect_reason(&k->w, "POWER_IMPLAUSIBLE", !is_known);
	expect_text(&k->w, "carbon_status", is_known ? "COMPLIANT" : "UNKNOWN");
	if (is_known)
		member(&k->w, "monthly_emissions_kg");
	else
		expect_absent(&k->w, "monthly_emissions_kg");
}

static void one_reading_after_a_day_is_unknown_for_a_minute(void **state)
{
	struct kepler k;

	(void)state;
	begin(&k);
	run(&k, 24 * 360, 0, 0);
	expect_status(&k, BROKEN, true);
	run(&k, 1, ROW_IMPLAUSIBLE, 0);
	expect_status(&k, BROKEN, false);
	expect_absent(&k.w, "current_power_watts");
	expect_status(&k, "{\"workload_name\":\"sound\"}", true);
	run(&k, HALF_MINUTE, 0, 0);
	expect_status(&k, BROKEN, false);
	run(&k, HALF_MINUTE + 1, 0, 0);
	expect_status(&k, BROKEN, true);
	destroy(&k.w);
}

static void a_twentieth_of_its_time_is_too_much_to_be_known(void **state)
{
	struct kepler k;

	(void)state;
	begin(&k);
	run(&k, 360, ROW_IMPLAUSIBLE, 0);
	run(&k, 18 * 360, 0, 0);
	expect_status(&k, BROKEN, false); /* an hour of nineteen */
	assert_int_equal(ask(&k.w, "list_workloads_by_compliance", "{}"), 200);
	assert_false(json_object_get_boolean(member(&k.w, "totals_complete")));
	assert_int_equal(ask(&k.w, "get_power_consumption_summary", "{}"), 200);
	promised_fields(&k.w, "get_power_consumption_summary");
	assert_false(json_object_get_boolean(member(&k.w, "totals_complete")));
	run(&k, 2 * 360, 0, 0);
	expect_status(&k, BROKEN, true); /* of twenty-one */
	assert_int_equal(ask(&k.w, "list_workloads_by_compliance", "{}"), 200);
	assert_true(json_object_get_boolean(member(&k.w, "totals_complete")));
	destroy(&k.w);
}

static void what_is_known_of_it_outlives_restarts_and_rolling_up(void **state)
{
	struct kepler k;
	int64_t now;

	(void)state;
	begin(&k);
	run(&k, 2 * 360, ROW_IMPLAUSIBLE, 0);
	run(&k, 25 * 360, 0, 0);
	fixture_close(&k.w.f);
	fixture_open(&k.w.f);
	k.w.knowledge.ledger = k.w.f.ledger;
	now = (int64_t)(k.w.f.once.real_ns / NS_PER_SECOND);
	assert_int_equal(ledger_keep_up(k.w.f.ledger, now + 3600, 400), 0);
	assert_int_equal(fixture_ask(&k.w.f, "SELECT count(*) FROM hour_workload WHERE flags & 16"), 2);
	fixture_name(&k.w.f, BROKEN_ID, WORKLOAD_POD, "a", "broken");
	run(&k, 1, 0, 0);
	expect_status(&k, "{\"workload_name\":\"broken\",\"window\":\"PT28H\"}", false);
	expect_status(&k, "{\"workload_name\":\"broken\",\"window\":\"PT24H\"}", true);
	destroy(&k.w);
}

static void a_node_of_which_nonsense_is_told_has_no_sums(void **state)
{
	struct kepler k;

	(void)state;
	begin(&k);
	run(&k, 360, 0, 0);
	run(&k, 1, 0, TICK_FLAG_IMPLAUSIBLE);
	assert_int_equal(ask(&k.w, "get_power_consumption_summary", "{}"), 200);
	expect_reason(&k.w, "POWER_IMPLAUSIBLE", true);
	expect_absent(&k.w, "energy_kWh");
	expect_absent(&k.w, "node_power_watts");
	destroy(&k.w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_reading_after_a_day_is_unknown_for_a_minute),
		cmocka_unit_test(a_twentieth_of_its_time_is_too_much_to_be_known),
		cmocka_unit_test(what_is_known_of_it_outlives_restarts_and_rolling_up),
		cmocka_unit_test(a_node_of_which_nonsense_is_told_has_no_sums),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
