/* Who gets which part of a zone's energy, idle included; and what becomes of rows that end. */
#include "estimator/consumers.h"
#include "tests/unit/estimator/world_fixture.h"

#define JOULE UINT64_C(1000000)

static struct books books;
static uint64_t requests[8]; /* of cgroups 100, 101, … */

static uint64_t request_of(void *context, uint64_t id)
{
	(void)context;
	return id >= 100 && id < 108 ? requests[id - 100] : 0;
}

static void begin(uint32_t cgroups, enum idle_sharing sharing, uint32_t counters_valid)
{
	struct turn_config config = books_config();

	config.share_idle = sharing;
	config.request_of = request_of;
	begin_world(5, 1, cgroups);
	begin_books(&books, config);
	world.tick.counters_valid = counters_valid;
	set_meter(0, ZONE_PACKAGE, METER_OK, 0);
	set_meter(1, ZONE_DRAM, METER_OK, 0);
	set_meter(2, ZONE_GPU, METER_OK, 0);
	publish();
	assert_int_equal(turn_run(&books.turn, &books.state, world.reader), 0);
}

static void end(void)
{
	end_books(&books);
	end_world();
}

/* A second in which the package draws 1 W idle and 10 W more, dram 4 W, the GPUs 100 W. */
static void metered_second(void)
{
	world.tick.meter[0].uj += 11 * JOULE;
	world.tick.meter[1].uj += 4 * JOULE;
	world.tick.meter[2].uj += 100 * JOULE;
	second();
}

static void turn_after_a_second(void)
{
	metered_second();
	run_turn(&books);
	assert_conserved(&books.state);
}

static uint64_t active(uint64_t id, enum zone zone)
{
	return row_of(&books.state, id)->active_uj[zone];
}

static uint64_t idle(uint64_t id, enum zone zone)
{
	return row_of(&books.state, id)->idle_uj[zone];
}

static void package_goes_by_cycles_where_they_are_counted(void **state)
{
	(void)state;
	begin(2, IDLE_NONE, ALL_COUNTED);
	use_counter(0, COUNTER_cpu_ns, 500000000);
	use_counter(1, COUNTER_cpu_ns, 500000000);
	use_counter(0, COUNTER_cycles, 3000000000);
	use_counter(1, COUNTER_cycles, 1000000000); /* the same time on a slower core */
	turn_after_a_second();
	assert_int_equal(active(100, ZONE_PACKAGE), 7500000);
	assert_int_equal(active(101, ZONE_PACKAGE), 2500000);
	assert_int_equal(books.state.head.idle_uj[ZONE_PACKAGE], 1 * JOULE);
	end();
}

static void package_goes_by_cpu_time_where_cycles_are_not_counted(void **state)
{
	(void)state;
	begin(2, IDLE_NONE, 1U << COUNTER_cpu_ns);
	use_counter(0, COUNTER_cpu_ns, 100000000);
	use_counter(1, COUNTER_cpu_ns, 300000000);
	use_counter(0, COUNTER_cycles, 3000000000); /* whatever stands there */
	turn_after_a_second();
	assert_int_equal(active(100, ZONE_PACKAGE), 2500000);
	assert_int_equal(active(101, ZONE_PACKAGE), 7500000);
	end();
}

/* The counters go on in the kernel while the collector cannot read them: what they grew by then is nobody's weight. */
static void cycles_that_come_or_go_neither_lose_nor_double(void **state)
{
	(void)state;
	begin(2, IDLE_NONE, ALL_COUNTED);
	for (uint64_t i = 0; i < 40; i++) {
		world.tick.counters_valid =
			i / 5 % 2 == 0 ? ALL_COUNTED : ALL_COUNTED & ~(1U << COUNTER_cycles);
		use_counter(0, COUNTER_cpu_ns, 100000000);
		use_counter(1, COUNTER_cpu_ns, 100000000);
		use_counter(0, COUNTER_cycles, 300000000);
		use_counter(1, COUNTER_cycles, 100000000);
		bool was_valid = i > 0 && (i - 1) / 5 % 2 == 0;
		uint64_t before = i > 0 ? active(100, ZONE_PACKAGE) : 0;
		turn_after_a_second();
		bool by_cycles = i == 0 || (was_valid && i / 5 % 2 == 0);
		assert_int_equal(active(100, ZONE_PACKAGE) - before, by_cycles ? 7500000 : 5000000);
		assert_int_equal(active(100, ZONE_PACKAGE) + active(101, ZONE_PACKAGE), (i + 1) * 10 * JOULE);
	}
	/* One tick of a turn without them is enough. */
	uint64_t before = active(100, ZONE_PACKAGE);
	world.tick.counters_valid = ALL_COUNTED;
	turn_after_a_second();
	turn_after_a_second();
	before = active(100, ZONE_PACKAGE);
	use_counter(0, COUNTER_cpu_ns, 100000000);
	use_counter(1, COUNTER_cpu_ns, 100000000);
	use_counter(0, COUNTER_cycles, 300000000);
	world.tick.counters_valid = 1U << COUNTER_cpu_ns;
	metered_second();
	world.tick.counters_valid = ALL_COUNTED;
	turn_after_a_second();
	assert_int_equal(active(100, ZONE_PACKAGE) - before, 10 * JOULE); /* half of two seconds' */
	end();
}

static void metered_dram_goes_by_cache_misses_where_they_are_counted(void **state)
{
	(void)state;
	begin(2, IDLE_NONE, ALL_COUNTED);
	use_counter(0, COUNTER_cache_misses, 1000);
	use_counter(1, COUNTER_cache_misses, 3000);
	use_counter(0, COUNTER_mem_byte_seconds, 1000000000);
	turn_after_a_second();
	assert_int_equal(active(100, ZONE_DRAM), 1 * JOULE);
	assert_int_equal(active(101, ZONE_DRAM), 3 * JOULE);
	end();
}

/* A fault costs what 1672 byte-seconds cost. */
static void else_metered_dram_goes_by_memory_and_faults(void **state)
{
	(void)state;
	begin(2, IDLE_NONE, ALL_COUNTED & ~(1U << COUNTER_cache_misses));
	use_counter(0, COUNTER_mem_byte_seconds, 1672000);
	use_counter(1, COUNTER_minor_faults, 2900);
	use_counter(1, COUNTER_major_faults, 100);
	turn_after_a_second();
	assert_int_equal(active(100, ZONE_DRAM), 1 * JOULE);
	assert_int_equal(active(101, ZONE_DRAM), 3 * JOULE);
	end();
}

static void modelled_dram_costs_the_bytes_held_and_the_rest_is_idle(void **state)
{
	(void)state;
	begin(2, IDLE_NONE, ALL_COUNTED);
	world.tick.meter[1] = (struct ring_meter) { 0 };
	use_counter(0, COUNTER_mem_byte_seconds, 1000000000); /* 1 GB for a second */
	use_counter(1, COUNTER_cache_misses, 1000000);        /* weighs nothing here */
	use_counter(1, COUNTER_minor_faults, 1000000);
	world.tick.meter[0].uj += 11 * JOULE;
	second();
	run_turn(&books);
	assert_conserved(&books.state);
	assert_int_equal(active(100, ZONE_DRAM), 392000);
	assert_int_equal(active(101, ZONE_DRAM), 0);
	assert_int_equal(books.state.head.total_uj[ZONE_DRAM], 4 * 392000); /* 4 GB */
	assert_int_equal(books.state.head.idle_uj[ZONE_DRAM], 3 * 392000);
	end();
}

static void idle_is_kept_apart_unless_it_is_shared(void **state)
{
	(void)state;
	begin(2, IDLE_NONE, ALL_COUNTED);
	use_counter(0, COUNTER_cpu_ns, 1000);
	use_counter(0, COUNTER_cycles, 1000);
	turn_after_a_second();
	assert_int_equal(idle(100, ZONE_PACKAGE), 0);
	assert_int_equal(books.state.head.idle_uj[ZONE_PACKAGE], 1 * JOULE);
	end();
}

/* Everyone who lives and ever ran pays the same; a cgroup that only contains others does not, nor one that ended. */
static void idle_shared_equally_is_paid_by_all_who_live_and_ever_ran(void **state)
{
	(void)state;
	begin(4, IDLE_EQUAL, 1U << COUNTER_cpu_ns);
	for (uint32_t i = 0; i < 3; i++)
		use_counter(i, COUNTER_cpu_ns, 1000 * (i + 1));
	turn_after_a_second();
	for (uint64_t id = 100; id < 103; id++)
		assert_in_range(idle(id, ZONE_PACKAGE), 333333, 333334);
	assert_int_equal(idle(103, ZONE_PACKAGE), 0);
	assert_int_equal(books.state.head.idle_uj[ZONE_PACKAGE], 0);
	assert_int_equal(books.state.head.idle_uj[ZONE_GPU], 100 * JOULE); /* a GPU's idle is not shared */
	use_counter(2, COUNTER_cpu_ns, 1000);
	turn_after_a_second(); /* who sleeps pays, too */
	assert_in_range(idle(100, ZONE_PACKAGE), 666666, 666668);
	world.rows[1].flags = ROW_FINAL;
	uint64_t paid = idle(101, ZONE_PACKAGE);
	use_counter(2, COUNTER_cpu_ns, 1000);
	turn_after_a_second();
	assert_int_equal(idle(101, ZONE_PACKAGE), paid);
	assert_in_range(idle(100, ZONE_PACKAGE), 1166666, 1166668);
	end();
}

static void idle_shared_by_request_leaves_what_nobody_requested(void **state)
{
	(void)state;
	begin(3, IDLE_REQUEST, 1U << COUNTER_cpu_ns);
	requests[0] = 500; /* of 2000 millicores there are */
	requests[1] = 250;
	requests[2] = 0;
	use_counter(2, COUNTER_cpu_ns, 1000);
	turn_after_a_second();
	assert_int_equal(idle(100, ZONE_PACKAGE), 250000);
	assert_int_equal(idle(101, ZONE_PACKAGE), 125000);
	assert_int_equal(idle(102, ZONE_PACKAGE), 0);
	assert_int_equal(books.state.head.idle_uj[ZONE_PACKAGE], 625000);
	/* One that ended requests nothing any more. */
	world.rows[0].flags = ROW_FINAL;
	use_counter(2, COUNTER_cpu_ns, 1000);
	turn_after_a_second();
	assert_int_equal(idle(100, ZONE_PACKAGE), 250000);
	assert_int_equal(idle(101, ZONE_PACKAGE), 250000);
	assert_int_equal(books.state.head.idle_uj[ZONE_PACKAGE], 625000 + 875000);
	end();
}

static void requests_beyond_the_machine_share_all_of_it(void **state)
{
	(void)state;
	begin(2, IDLE_REQUEST, 1U << COUNTER_cpu_ns);
	requests[0] = 3000;
	requests[1] = 1000;
	use_counter(0, COUNTER_cpu_ns, 1000);
	turn_after_a_second();
	assert_int_equal(idle(100, ZONE_PACKAGE), 750000);
	assert_int_equal(idle(101, ZONE_PACKAGE), 250000);
	assert_int_equal(books.state.head.idle_uj[ZONE_PACKAGE], 0);
	end();
}

static uint32_t forgotten;

static void on_forgotten(void *context, uint64_t id)
{
	(void)context;
	(void)id;
	forgotten++;
}

static void an_ended_row_stays_until_it_is_acknowledged_and_the_collector_forgot_it(void **state)
{
	(void)state;
	begin(2, IDLE_NONE, 1U << COUNTER_cpu_ns);
	use_counter(1, COUNTER_cpu_ns, 1000);
	world.rows[1].flags = ROW_FINAL;
	turn_after_a_second();
	uint64_t final_seq = row_of(&books.state, 101)->final_seq, energy = active(101, ZONE_PACKAGE);
	assert_int_equal(final_seq, 2);
	assert_true(row_of(&books.state, 101)->flags & ROW_FINAL);
	forgotten = 0;
	books.turn.rows.forgotten = on_forgotten;
	rows_forget(&books.turn.rows, &books.state, UINT64_MAX);
	assert_int_equal(forgotten, 0); /* the bank shows it still: it would come back as a stranger */
	world.row_count = 1;
	turn_after_a_second();
	assert_int_equal(row_of(&books.state, 101)->final_seq, final_seq);
	rows_forget(&books.turn.rows, &books.state, final_seq - 1);
	assert_int_equal(forgotten, 0);
	rows_forget(&books.turn.rows, &books.state, final_seq);
	assert_int_equal(forgotten, 1);
	assert_int_equal(books.state.head.gone_active_uj[ZONE_PACKAGE], energy);
	assert_conserved(&books.state);
	end();
}

/* 200 cgroups a second end, and nobody acknowledges. */
static void beyond_8192_ended_rows_the_oldest_lose_their_names_and_no_energy(void **state)
{
	const uint32_t churn = 200;

	(void)state;
	begin(churn, IDLE_NONE, 1U << COUNTER_cpu_ns);
	forgotten = 0;
	books.turn.rows.forgotten = on_forgotten;
	for (uint64_t round = 0; round < 60; round++) {
		for (uint32_t i = 0; i < churn; i++) {
			world.rows[i] =
				(struct ring_row) { .id = 1000 + round * churn + i, .kind = ROW_CGROUP };
			use_counter(i, COUNTER_cpu_ns, 1000 + i);
		}
		turn_after_a_second();
		assert_in_range(books.state.head.row_count, churn, FINALS_MAX + churn);
	}
	assert_int_equal(books.state.dropped, 0); /* the living always find room */
	assert_int_equal(books.state.head.row_count, FINALS_MAX + churn);
	assert_int_equal(books.turn.rows.folded, 59 * churn - FINALS_MAX);
	assert_int_equal(forgotten, 59 * churn - FINALS_MAX); /* their names go, too */
	uint32_t index;
	assert_false(idmap_find(&books.state.by_id, 1000, &index)); /* the oldest */
	assert_true(
		idmap_find(&books.state.by_id, 1000 + 58 * churn + 7, &index)); /* the last but one round */
	assert_true(books.state.head.gone_active_uj[ZONE_PACKAGE] > 0);
	end();
}

/* Tick numbers begin anew with the counters. */
static void an_acknowledgement_of_another_epoch_forgets_nothing(void **state)
{
	static struct consumers consumers;

	(void)state;
	begin(1, IDLE_NONE, 1U << COUNTER_cpu_ns);
	consumers.state = &books.state;
	assert_int_equal(consumers_committed(&consumers), UINT64_MAX); /* nobody is waited for */
	for (int i = 0; i < CONSUMER_COUNT; i++)
		consumers.each[i] = (struct consumer) { .is_waited_for = true,
			.epoch = books.state.head.epoch,
			.energy_epoch = books.state.head.energy_epoch,
			.committed_seq = 50 + (uint64_t)i };
	assert_int_equal(consumers_committed(&consumers), 50);
	books.state.head.epoch.birth_ns++;
	assert_int_equal(consumers_committed(&consumers), 0);
	books.state.head.epoch.birth_ns--;
	books.state.head.energy_epoch++;
	assert_int_equal(consumers_committed(&consumers), 0);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(package_goes_by_cycles_where_they_are_counted),
		cmocka_unit_test(package_goes_by_cpu_time_where_cycles_are_not_counted),
		cmocka_unit_test(cycles_that_come_or_go_neither_lose_nor_double),
		cmocka_unit_test(metered_dram_goes_by_cache_misses_where_they_are_counted),
		cmocka_unit_test(else_metered_dram_goes_by_memory_and_faults),
		cmocka_unit_test(modelled_dram_costs_the_bytes_held_and_the_rest_is_idle),
		cmocka_unit_test(idle_is_kept_apart_unless_it_is_shared),
		cmocka_unit_test(idle_shared_equally_is_paid_by_all_who_live_and_ever_ran),
		cmocka_unit_test(idle_shared_by_request_leaves_what_nobody_requested),
		cmocka_unit_test(requests_beyond_the_machine_share_all_of_it),
		cmocka_unit_test(an_ended_row_stays_until_it_is_acknowledged_and_the_collector_forgot_it),
		cmocka_unit_test(beyond_8192_ended_rows_the_oldest_lose_their_names_and_no_energy),
		cmocka_unit_test(an_acknowledgement_of_another_epoch_forgets_nothing),
	};
	return cmocka_run_group_tests(tests, make_model, NULL);
}
