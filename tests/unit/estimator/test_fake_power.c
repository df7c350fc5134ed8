/* Fake power, the meter's and the warm-up's: never called anything else, and never in one counter with the real. */
#include "tests/unit/estimator/node_fixture.h"

static void the_fake_meter_is_never_called_anything_else(void **state)
{
	(void)state;
	begin(books_config());
	for (uint64_t i = 0; i < 5; i++) {
		set_meter(0, ZONE_PACKAGE, METER_FAKE, i * 100 * JOULE);
		second();
		turn_run(&books.turn, &books.state, world.reader);
	}
	assert_int_equal(books.turn.state, POWER_FAKE);
	assert_int_equal(books.turn.error_ppm, 0);
	assert_int_equal(PACKAGE, 400 * JOULE);
	assert_int_equal(books.state.head.total_uj[ZONE_DRAM], 0);
	assert_int_equal(books.turn.zone_mask, 1U << ZONE_PACKAGE);
	end();
}

static void a_real_meter_after_a_fake_one_begins_a_new_energy_epoch(void **state)
{
	(void)state;
	begin(books_config());
	for (uint64_t i = 0; i < 3; i++) {
		set_meter(0, ZONE_PACKAGE, METER_FAKE, i * 100 * JOULE);
		second();
		turn_run(&books.turn, &books.state, world.reader);
	}
	uint64_t fake_epoch = books.state.head.energy_epoch;
	assert_int_equal(PACKAGE, 200 * JOULE);
	set_meter(0, ZONE_PACKAGE, METER_OK, 50 * JOULE);
	turn_after_a_second();
	assert_int_not_equal(books.state.head.energy_epoch, fake_epoch);
	assert_int_equal(PACKAGE, 1 * JOULE); /* its first reading: the model */
	set_meter(0, ZONE_PACKAGE, METER_OK, 53 * JOULE);
	turn_after_a_second();
	assert_int_equal(PACKAGE, 4 * JOULE);
	assert_int_equal(books.turn.state, POWER_MEASURED);
	set_meter(0, ZONE_PACKAGE, METER_FAKE, 900 * JOULE);
	turn_after_a_second();
	assert_int_equal(PACKAGE, 0); /* and never a real joule under a fake name */
	assert_int_equal(books.turn.state, POWER_FAKE);
	assert_int_equal(books.turn.energy_epochs, 2);
	end();
}

static void warm_up_is_fake_then_real_and_never_both_in_one_counter(void **state)
{
	struct turn_config config = books_config();

	(void)state;
	config.node.warmup_ns = 15 * NS_PER_SECOND;
	begin(config);
	add_process(100, 7, FIRST_NS);
	publish();
	turn_run(&books.turn, &books.state, world.reader);
	uint64_t first_epoch = books.state.head.energy_epoch;
	for (uint64_t i = 1; i <= 15; i++) {
		use_counter(0, COUNTER_cpu_ns, NS_PER_SECOND);
		use_counter(2, COUNTER_cpu_ns, NS_PER_SECOND);
		turn_after_a_second();
		assert_int_equal(books.turn.state, POWER_FAKE);
		assert_string_equal(books.turn.source, "fake");
		assert_int_equal(PACKAGE, i * 100 * JOULE);
		assert_int_equal(books.state.head.total_uj[ZONE_DRAM], 0);
	}
	assert_int_equal(books.state.head.energy_epoch, first_epoch);
	turn_after_a_second();
	assert_int_equal(books.turn.state, POWER_MODEL);
	assert_int_not_equal(books.state.head.energy_epoch, first_epoch);
	assert_int_equal(PACKAGE, 1 * JOULE);
	assert_int_equal(row_of(&books.state, 100)->active_uj[ZONE_PACKAGE], 0);
	assert_int_equal(process_of(&books.state, 7, FIRST_NS)->active_uj[ZONE_PACKAGE], 0);
	assert_int_equal(books.state.head.first_boot_ns, books.turn.from_boot_ns);
	for (int i = 0; i < 100; i++)
		turn_after_a_second();
	assert_int_equal(books.turn.state, POWER_MODEL);
	assert_int_equal(books.turn.energy_epochs, 1);
	end();
}

/* The estimator was away when the warm-up ended: its first turn ends there, the next begins there. */
static void a_turn_does_not_reach_over_the_end_of_the_warm_up(void **state)
{
	struct turn_config config = books_config();

	(void)state;
	config.node.warmup_ns = 15 * NS_PER_SECOND;
	begin(config);
	set_meter(0, ZONE_PACKAGE, METER_OK, 0);
	publish();
	turn_run(&books.turn, &books.state, world.reader);
	for (uint64_t i = 1; i <= 20; i++) {
		set_meter(0, ZONE_PACKAGE, METER_OK, i * 3 * JOULE);
		second();
	}
	run_turn(&books);
	assert_int_equal(books.turn.state, POWER_FAKE);
	assert_int_equal(PACKAGE, 1500 * JOULE);
	run_turn(&books);
	assert_int_equal(books.turn.state, POWER_MEASURED);
	assert_int_equal(PACKAGE, 15 * JOULE);
	assert_int_equal(turn_run(&books.turn, &books.state, world.reader), 0);
	end();
}

static void warm_up_does_not_come_back_after_real_energy(void **state)
{
	struct turn_config config = books_config();

	(void)state;
	begin_idle();
	turn_after_a_second();
	config.node.warmup_ns = 15 * NS_PER_SECOND; /* restarted with another configuration */
	books.turn.config = config;
	turn_after_a_second();
	assert_int_equal(books.turn.state, POWER_MODEL);
	assert_int_equal(PACKAGE, 2 * JOULE);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_fake_meter_is_never_called_anything_else),
		cmocka_unit_test(a_real_meter_after_a_fake_one_begins_a_new_energy_epoch),
		cmocka_unit_test(warm_up_is_fake_then_real_and_never_both_in_one_counter),
		cmocka_unit_test(a_turn_does_not_reach_over_the_end_of_the_warm_up),
		cmocka_unit_test(warm_up_does_not_come_back_after_real_energy),
	};

	return cmocka_run_group_tests(tests, make_model, NULL);
}
