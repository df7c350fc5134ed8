/* The node's energy: whatever meters and clocks do, no spike, nothing negative, nothing twice, nothing fake among the real. */
#include "tests/unit/estimator/node_fixture.h"

static struct model_input seen; /* by the model, last */

/* The linker puts this between the estimator and its model. */
void __real_model_evaluate(const struct model *, const struct model_input *, struct model_output *);
void __wrap_model_evaluate(const struct model *, const struct model_input *, struct model_output *);

void __wrap_model_evaluate(
	const struct model *asked, const struct model_input *input, struct model_output *ret_output)
{
	seen = *input;
	__real_model_evaluate(asked, input, ret_output);
}

static void begin_metered(uint64_t uj)
{
	begin(books_config());
	set_meter(0, ZONE_PACKAGE, METER_OK, uj);
	publish();
	assert_int_equal(turn_run(&books.turn, &books.state, world.reader), 0);
}

static void what_a_meter_shows_at_first_means_nothing(void **state)
{
	(void)state;
	begin_metered(UINT64_C(900000000000000));
	assert_int_equal(PACKAGE, 0);
	set_meter(0, ZONE_PACKAGE, METER_OK, UINT64_C(900000000000000) + 3 * JOULE);
	turn_after_a_second();
	assert_int_equal(PACKAGE, 3 * JOULE);
	assert_int_equal(books.turn.state, POWER_MEASURED);
	assert_string_equal(books.turn.source, "test");
	end();
}

static void a_meters_difference_is_the_nodes_energy_over_gaps_and_failures(void **state)
{
	(void)state;
	begin_metered(500);
	set_meter(0, ZONE_PACKAGE, METER_OK, 30 * JOULE + 500);
	second();
	set_meter(0, ZONE_PACKAGE, METER_FAILED, 0);
	turn_after_a_second();
	assert_int_equal(PACKAGE, 30 * JOULE);
	assert_int_equal(books.turn.state, POWER_MEASURED);
	set_meter(0, ZONE_PACKAGE, METER_OK, 90 * JOULE + 500);
	turn_after_a_second();
	assert_int_equal(PACKAGE, 90 * JOULE);
	end();
}

static void a_collector_that_was_away_makes_one_long_interval(void **state)
{
	(void)state;
	begin_metered(0);
	pass(3600 * NS_PER_SECOND);
	world.tick.flags = TICK_FLAG_GAP;
	set_meter(0, ZONE_PACKAGE, METER_OK, 36000 * JOULE);
	turn_after_a_second();
	assert_int_equal(PACKAGE, 36000 * JOULE);
	assert_int_equal(books.state.head.counted_ns, 3601 * NS_PER_SECOND);
	assert_true(books.turn.flags & TICK_FLAG_GAP);
	end();
}

static void a_meter_that_steps_back_costs_nothing_and_the_model_answers(void **state)
{
	(void)state;
	begin_metered(500 * JOULE);
	set_meter(0, ZONE_PACKAGE, METER_OK, 510 * JOULE);
	turn_after_a_second();
	set_meter(0, ZONE_PACKAGE, METER_OK, 20 * JOULE); /* wrapped, or begun anew */
	turn_after_a_second();
	assert_int_equal(PACKAGE, 11 * JOULE);
	assert_int_equal(books.turn.state, POWER_MODEL);
	assert_int_equal(books.turn.doubts.backward, 1);
	set_meter(0, ZONE_PACKAGE, METER_OK, 26 * JOULE);
	turn_after_a_second();
	assert_int_equal(PACKAGE, 17 * JOULE);
	assert_int_equal(books.turn.state, POWER_MEASURED);
	end();
}

static void a_jump_beyond_what_is_possible_is_refused_and_modelled(void **state)
{
	(void)state;
	begin_metered(0);
	set_meter(
		0, ZONE_PACKAGE, METER_OK, 262144 * JOULE); /* a 32-bit RAPL counter that wrapped unnoticed */
	turn_after_a_second();
	assert_int_equal(PACKAGE, 1 * JOULE);
	assert_int_equal(books.turn.doubts.beyond, 1);
	assert_int_equal(books.turn.doubts.last_zone, ZONE_PACKAGE);
	assert_int_equal(books.turn.doubts.last_uj, 262144 * JOULE);
	set_meter(0, ZONE_PACKAGE, METER_OK, UINT64_MAX - 5);
	turn_after_a_second();
	set_meter(0, ZONE_PACKAGE, METER_OK, 5); /* and back */
	turn_after_a_second();
	assert_int_equal(PACKAGE, 3 * JOULE);
	assert_int_equal(books.turn.state, POWER_MODEL);
	end();
}

static void the_bound_is_the_configured_one(void **state)
{
	struct turn_config config = books_config();

	(void)state;
	config.node.meter_max_mw = 9000;
	begin(config);
	for (uint64_t uj = 0; uj <= 30 * JOULE; uj += 10 * JOULE) {
		set_meter(0, ZONE_PACKAGE, METER_OK, uj);
		second();
		turn_run(&books.turn, &books.state, world.reader);
	}
	assert_int_equal(books.turn.doubts.beyond, 3);
	assert_int_equal(PACKAGE, 3 * JOULE);
	set_meter(0, ZONE_PACKAGE, METER_OK, 39 * JOULE);
	turn_after_a_second();
	assert_int_equal(PACKAGE, 12 * JOULE);
	end();
}

static void a_meter_that_appears_takes_over_without_a_spike(void **state)
{
	(void)state;
	begin_idle();
	turn_after_a_second();
	assert_int_equal(books.turn.state, POWER_MODEL);
	set_meter(0, ZONE_PACKAGE, METER_OK, UINT64_C(900000000000000));
	turn_after_a_second(); /* its first reading: the model still answers */
	assert_int_equal(PACKAGE, 2 * JOULE);
	assert_int_equal(books.turn.state, POWER_MODEL);
	set_meter(0, ZONE_PACKAGE, METER_OK, UINT64_C(900000000000000) + 7 * JOULE);
	turn_after_a_second();
	assert_int_equal(PACKAGE, 9 * JOULE);
	assert_int_equal(books.turn.state, POWER_MEASURED);
	end();
}

static void a_meter_that_disappears_hands_over_to_the_model(void **state)
{
	(void)state;
	begin_metered(0);
	set_meter(0, ZONE_PACKAGE, METER_OK, 7 * JOULE);
	turn_after_a_second();
	world.tick.meter[0] = (struct ring_meter) { 0 };
	for (int i = 0; i < 60; i++)
		turn_after_a_second();
	assert_int_equal(PACKAGE, 67 * JOULE);
	assert_int_equal(books.turn.state, POWER_MODEL);
	set_meter(0, ZONE_PACKAGE, METER_OK, 100 * JOULE); /* what it counted meanwhile is modelled already */
	turn_after_a_second();
	assert_int_equal(PACKAGE, 68 * JOULE);
	end();
}

static void a_meter_that_fails_for_long_is_given_up_and_nothing_counts_twice(void **state)
{
	(void)state;
	begin_metered(0);
	set_meter(0, ZONE_PACKAGE, METER_OK, 7 * JOULE);
	turn_after_a_second();
	set_meter(0, ZONE_PACKAGE, METER_FAILED, 0);
	for (int i = 0; i < 9; i++)
		turn_after_a_second();
	assert_int_equal(PACKAGE, 7 * JOULE); /* waited for */
	for (int i = 0; i < 51; i++)
		turn_after_a_second();
	assert_int_equal(PACKAGE, 67 * JOULE); /* not a second is missing */
	assert_int_equal(books.turn.state, POWER_MODEL);
	set_meter(0, ZONE_PACKAGE, METER_OK, 400 * JOULE);
	turn_after_a_second();
	assert_int_equal(PACKAGE, 68 * JOULE);
	set_meter(0, ZONE_PACKAGE, METER_OK, 405 * JOULE);
	turn_after_a_second();
	assert_int_equal(PACKAGE, 73 * JOULE);
	end();
}

static void a_package_that_stands_still_is_given_up_until_it_moves(void **state)
{
	uint64_t before;

	(void)state;
	begin_metered(0);
	set_meter(0, ZONE_PACKAGE, METER_OK, 10 * JOULE);
	turn_after_a_second();
	for (int i = 0; i < 9; i++) { /* it may be slow: nothing is invented */
		turn_after_a_second();
		assert_int_equal(PACKAGE, 10 * JOULE);
		assert_int_equal(books.turn.state, POWER_MEASURED);
	}
	turn_after_a_second();
	assert_int_equal(books.turn.state, POWER_MODEL);
	assert_int_equal(PACKAGE, 20 * JOULE); /* the model says 1 W */
	before = PACKAGE;
	for (int i = 0; i < 20; i++)
		turn_after_a_second();
	assert_int_equal(PACKAGE, before + 20 * JOULE);
	assert_int_equal(books.turn.doubts.still, 21);
	set_meter(0, ZONE_PACKAGE, METER_OK, 90 * JOULE); /* nobody knows when */
	turn_after_a_second();
	assert_int_equal(PACKAGE, before + 21 * JOULE);
	set_meter(0, ZONE_PACKAGE, METER_OK, 95 * JOULE);
	turn_after_a_second();
	assert_int_equal(PACKAGE, before + 26 * JOULE);
	assert_int_equal(books.turn.state, POWER_MEASURED);
	turn_after_a_second(); /* between two updates of a slow one */
	set_meter(0, ZONE_PACKAGE, METER_OK, 99 * JOULE);
	turn_after_a_second();
	assert_int_equal(PACKAGE, before + 30 * JOULE);
	end();
}

static void another_meter_of_the_same_zone_begins_at_its_own_first_reading(void **state)
{
	(void)state;
	begin_metered(100 * JOULE);
	snprintf(world.tick.meter_name, sizeof(world.tick.meter_name), "hwmon");
	world.tick.meter[0].uj = 600 * JOULE;
	turn_after_a_second();
	assert_int_equal(PACKAGE, 1 * JOULE);
	world.tick.meter[0].uj = 605 * JOULE;
	turn_after_a_second();
	assert_int_equal(PACKAGE, 6 * JOULE);
	assert_string_equal(books.turn.source, "hwmon");
	end();
}

static void the_real_clock_may_step_either_way(void **state)
{
	(void)state;
	begin_idle();
	turn_after_a_second();
	world.tick.real_ns -= 86400 * NS_PER_SECOND;
	turn_after_a_second();
	world.tick.real_ns += 10 * 365 * 86400 * NS_PER_SECOND;
	turn_after_a_second();
	assert_int_equal(PACKAGE, 3 * JOULE);
	assert_int_equal(books.turn.from_real_ns + 10 * 365 * 86400 * NS_PER_SECOND + NS_PER_SECOND,
		books.state.head.real_ns);
	end();
}

/* psys holds fans, disks and the supply's loss too: it is neither split nor taken for the package (decision 16). */
static void a_platforms_meter_alone_leaves_package_and_dram_to_the_model(void **state)
{
	(void)state;
	begin(books_config());
	set_meter(0, ZONE_PSYS, METER_OK, 0);
	publish();
	assert_int_equal(turn_run(&books.turn, &books.state, world.reader), 0);
	set_meter(0, ZONE_PSYS, METER_OK, 300 * JOULE);
	use_counter(0, COUNTER_cpu_ns, NS_PER_SECOND / 2);
	turn_after_a_second();
	assert_int_equal(books.turn.state, POWER_MODEL);
	assert_true(books.turn.error_ppm > 0);
	assert_true(PACKAGE > 0 && PACKAGE < 100 * JOULE);
	assert_int_equal(books.state.head.total_uj[ZONE_PSYS], 300 * JOULE);
	assert_int_equal(books.state.head.idle_uj[ZONE_PSYS], 300 * JOULE);
	assert_true(row_of(&books.state, 100)->active_uj[ZONE_PACKAGE] > 0);
	assert_int_equal(row_of(&books.state, 100)->active_uj[ZONE_PSYS], 0);
	end();
}

/* CLOCK_MONOTONIC stands still meanwhile, CLOCK_BOOTTIME goes on. */
static void what_is_drawn_in_suspend_is_nobodys(void **state)
{
	(void)state;
	begin_metered(0);
	use_counter(0, COUNTER_cpu_ns, NS_PER_SECOND / 2);
	world.tick.boot_ns += 3600 * NS_PER_SECOND;
	world.tick.real_ns += 3600 * NS_PER_SECOND;
	set_meter(0, ZONE_PACKAGE, METER_OK, 3601 * 2 * JOULE); /* 2 W all the time */
	turn_after_a_second();
	assert_int_equal(PACKAGE, 7202 * JOULE);
	assert_int_equal(row_of(&books.state, 100)->active_uj[ZONE_PACKAGE], 1 * JOULE); /* 2 W - 1 W idle */
	world.tick.meter[0] = (struct ring_meter) { 0 };
	world.tick.boot_ns += 3600 * NS_PER_SECOND;
	turn_after_a_second();
	assert_int_equal(PACKAGE, 7203 * JOULE); /* the model does not run on either */
	end();
}

static void counters_that_step_back_make_nothing_negative(void **state)
{
	(void)state;
	begin_idle();
	use_counter(0, COUNTER_cpu_ns, NS_PER_SECOND);
	turn_after_a_second();
	uint64_t active = row_of(&books.state, 100)->active_uj[ZONE_PACKAGE];
	assert_true(active > 0);
	world.tick.busy_ns = 0;
	world.tick.capacity_ns = 0;
	world.tick.total[COUNTER_cpu_ns] = 0;
	world.rows[0].counter[COUNTER_cpu_ns] = 5;
	turn_after_a_second();
	assert_int_equal(row_of(&books.state, 100)->active_uj[ZONE_PACKAGE], active);
	assert_in_range(PACKAGE, 1 * JOULE, 5 * JOULE);
	use_counter(1, COUNTER_cpu_ns, NS_PER_SECOND);
	world.rows[0].counter[COUNTER_cpu_ns] = NS_PER_SECOND; /* back where it was: no growth */
	turn_after_a_second();
	assert_int_equal(row_of(&books.state, 100)->active_uj[ZONE_PACKAGE], active);
	end();
}

static void zones_that_are_not_split_are_idle_and_gpus_may_draw_more(void **state)
{
	(void)state;
	begin_metered(0);
	set_meter(1, ZONE_PSYS, METER_OK, 0);
	set_meter(2, ZONE_GPU, METER_OK, 0);
	set_meter(3, ZONE_CORE, METER_OK, 0);
	turn_after_a_second();
	set_meter(1, ZONE_PSYS, METER_OK, 20 * JOULE);
	set_meter(2, ZONE_GPU, METER_OK, 8000 * JOULE);
	set_meter(3, ZONE_CORE, METER_OK, 3000 * JOULE);
	turn_after_a_second();
	assert_int_equal(books.state.head.idle_uj[ZONE_PSYS], 20 * JOULE);
	assert_int_equal(books.state.head.idle_uj[ZONE_GPU], 8000 * JOULE); /* nobody used it */
	assert_int_equal(books.state.head.total_uj[ZONE_CORE], 0);
	assert_int_equal(books.turn.doubts.beyond, 1);
	assert_int_equal(books.turn.zone_mask,
		1U << ZONE_PACKAGE | 1U << ZONE_DRAM | 1U << ZONE_PSYS | 1U << ZONE_GPU | 1U << ZONE_CORE);
	end();
}

static void the_model_sees_each_ticks_growth_of_every_counter(void **state)
{
	(void)state;
	begin_idle();
	world.tick.counters_valid = ALL_COUNTED;
	for (int i = 0; i < COUNTER_COUNT; i++)
		world.tick.total[i] += 1000;
	turn_after_a_second();
	assert_int_equal(seen.counters_valid, 1U << COUNTER_cpu_ns | 1U << COUNTER_mem_byte_seconds);
	for (uint64_t i = 0; i < COUNTER_COUNT; i++)
		world.tick.total[i] += 10 + i;
	for (uint64_t i = 0; i < SOFTIRQ_COUNT; i++)
		world.tick.softirqs[i] += 5 + i;
	world.tick.busy_ns += 12345;
	second();
	second(); /* the last of two ticks in a turn saw nothing grow */
	run_turn(&books);
	assert_int_equal(seen.counter[COUNTER_cycles], 0);
	for (uint64_t i = 0; i < COUNTER_COUNT; i++)
		world.tick.total[i] += 10 + i;
	for (uint64_t i = 0; i < SOFTIRQ_COUNT; i++)
		world.tick.softirqs[i] += 5 + i;
	world.tick.busy_ns += 12345;
	turn_after_a_second();
	for (uint64_t i = 0; i < COUNTER_COUNT; i++)
		assert_int_equal(seen.counter[i], 10 + i);
	for (uint64_t i = 0; i < SOFTIRQ_COUNT; i++)
		assert_int_equal(seen.softirqs[i], 5 + i);
	assert_int_equal(seen.counters_valid, ALL_COUNTED);
	assert_int_equal(seen.busy_ns, 12345);
	assert_int_equal(seen.dt_ns, NS_PER_SECOND);
	assert_int_equal(seen.capacity_ns, 2 * NS_PER_SECOND);
	assert_int_equal(seen.cpus, world.tick.cpus);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_meter_shows_at_first_means_nothing),
		cmocka_unit_test(a_meters_difference_is_the_nodes_energy_over_gaps_and_failures),
		cmocka_unit_test(a_collector_that_was_away_makes_one_long_interval),
		cmocka_unit_test(a_meter_that_steps_back_costs_nothing_and_the_model_answers),
		cmocka_unit_test(a_jump_beyond_what_is_possible_is_refused_and_modelled),
		cmocka_unit_test(the_bound_is_the_configured_one),
		cmocka_unit_test(a_meter_that_appears_takes_over_without_a_spike),
		cmocka_unit_test(a_meter_that_disappears_hands_over_to_the_model),
		cmocka_unit_test(a_meter_that_fails_for_long_is_given_up_and_nothing_counts_twice),
		cmocka_unit_test(a_package_that_stands_still_is_given_up_until_it_moves),
		cmocka_unit_test(another_meter_of_the_same_zone_begins_at_its_own_first_reading),
		cmocka_unit_test(the_real_clock_may_step_either_way),
		cmocka_unit_test(a_platforms_meter_alone_leaves_package_and_dram_to_the_model),
		cmocka_unit_test(what_is_drawn_in_suspend_is_nobodys),
		cmocka_unit_test(counters_that_step_back_make_nothing_negative),
		cmocka_unit_test(zones_that_are_not_split_are_idle_and_gpus_may_draw_more),
		cmocka_unit_test(the_model_sees_each_ticks_growth_of_every_counter),
	};
	return cmocka_run_group_tests(tests, make_model, NULL);
}
