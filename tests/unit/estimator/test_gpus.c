/* The energy of GPUs, which the collector has split: whose it is here, what of it is nobody's, and each GPU's own sum. */
#include "estimator/gpus.h"
#include "tests/unit/estimator/world_fixture.h"

#define JOULE UINT64_C(1000000)

static struct books books;

/* Two cgroups (100, 101) and two GPUs, behind them. */
static void begin(void)
{
	begin_world(5, 1, 2);
	begin_books(&books, books_config());
	world.tick.counters_valid = ALL_COUNTED;
	set_meter(0, ZONE_GPU, METER_OK, 0);
	for (uint32_t i = 0; i < 2; i++) {
		struct ring_gpu gpu = { .kind = ROW_GPU, .index = i, .name = "H100", .vendor = "nvidia" };
		snprintf(gpu.uuid, sizeof(gpu.uuid), "GPU-%u", i);
		memcpy(&world.rows[world.row_count++], &gpu, sizeof(gpu));
	}
	publish();
	assert_int_equal(turn_run(&books.turn, &books.state, world.reader), 0);
}

static void end(void)
{
	end_books(&books);
	end_world();
}

/* The GPU draws so much, and of that the cgroup of this row so much; row 2: nobody. */
static void draw(uint32_t gpu, uint64_t uj, uint32_t row, uint64_t used_uj)
{
	struct ring_gpu *shown = (struct ring_gpu *)(void *)&world.rows[2 + gpu];

	shown->uj += uj;
	shown->active_uj += used_uj;
	world.tick.meter[0].uj += uj;
	if (row < 2)
		use_counter(row, COUNTER_gpu_uj, used_uj);
}

static void assert_gpu(uint32_t index, uint64_t active_uj, uint64_t idle_uj)
{
	const struct state_gpu *gpu = &books.state.head.gpus[index];

	assert_int_equal(gpu->active_uj, active_uj);
	assert_int_equal(gpu->idle_uj, idle_uj);
	assert_non_null(gpus_shown(&books.turn.rows, gpu));
	assert_string_equal(gpus_shown(&books.turn.rows, gpu)->name, "H100");
}

static uint64_t active(uint64_t id)
{
	return row_of(&books.state, id)->active_uj[ZONE_GPU];
}

static void turn(void)
{
	run_turn(&books);
	assert_conserved(&books.state);
	uint64_t gpus_uj = 0;
	for (uint32_t i = 0; i < books.state.head.gpu_count; i++)
		gpus_uj += books.state.head.gpus[i].active_uj + books.state.head.gpus[i].idle_uj;
	assert_int_equal(gpus_uj, books.state.head.total_uj[ZONE_GPU]);
}

static void each_gpus_energy_stays_with_its_users_and_the_rest_is_idle(void **state)
{
	(void)state;
	begin();
	draw(0, 700 * JOULE + 1, 0, 700 * JOULE + 1);
	draw(1, 150 * JOULE + 2, 1, 150 * JOULE + 2);
	second();
	turn();
	assert_int_equal(active(100), 700 * JOULE + 1);
	assert_int_equal(active(101), 150 * JOULE + 2);
	assert_int_equal(books.state.head.idle_uj[ZONE_GPU], 0);
	draw(0, 60 * JOULE, 2, 0); /* nobody */
	draw(1, 150 * JOULE, 1, 150 * JOULE);
	second();
	turn();
	assert_int_equal(active(100), 700 * JOULE + 1);
	assert_int_equal(active(101), 300 * JOULE + 2);
	assert_int_equal(books.state.head.idle_uj[ZONE_GPU], 60 * JOULE);
	assert_gpu(0, 700 * JOULE + 1, 60 * JOULE);
	assert_gpu(1, 300 * JOULE + 2, 0);
	end();
}

/* One GPU's counter fails for some seconds: what the other's users used meanwhile comes with its energy. */
static void while_the_meter_fails_nobodys_use_is_lost(void **state)
{
	(void)state;
	begin();
	draw(0, 10 * JOULE, 0, 10 * JOULE);
	second();
	turn();
	for (int i = 0; i < 3; i++) {
		world.tick.meter[0].state = METER_FAILED;
		draw(0, 10 * JOULE, 0, 10 * JOULE);
		second();
		turn();
		assert_int_equal(active(100), 10 * JOULE);
	}
	world.tick.meter[0].state = METER_OK;
	draw(1, 7 * JOULE, 1, 7 * JOULE);
	second();
	turn();
	assert_int_equal(active(100), 40 * JOULE);
	assert_int_equal(active(101), 7 * JOULE);
	assert_int_equal(books.state.head.idle_uj[ZONE_GPU], 0);
	end();
}

/* A reading that is not believed is no energy, so it is nobody's either, and the GPUs still add up to the node. */
static void what_is_not_believed_is_nobodys(void **state)
{
	(void)state;
	begin();
	draw(0, 10 * JOULE, 0, 10 * JOULE);
	second();
	turn();
	draw(0, 1000000 * JOULE, 0, 1000000 * JOULE);
	second();
	turn();
	draw(1, 5 * JOULE, 1, 5 * JOULE);
	second();
	turn();
	assert_int_equal(active(100), 10 * JOULE);
	assert_int_equal(active(101), 5 * JOULE);
	end();
}

static void a_suspended_second_is_nobodys(void **state)
{
	(void)state;
	begin();
	world.tick.boot_ns += NS_PER_SECOND; /* and a second awake */
	draw(0, 10 * JOULE, 0, 10 * JOULE);
	second();
	turn();
	assert_int_equal(active(100), 5 * JOULE);
	assert_gpu(0, 5 * JOULE, 5 * JOULE);
	end();
}

/* The ring says nonsense: it is no GPU. */
static void rows_that_are_no_gpus_are_left_out(void **state)
{
	(void)state;
	begin();
	memset(((struct ring_gpu *)(void *)&world.rows[2])->uuid, 'x', 80);
	((struct ring_gpu *)(void *)&world.rows[3])->active_uj = 1;
	second();
	run_turn(&books);
	assert_int_equal(books.state.head.gpu_count, 0);
	end();
}

static void new_counters_begin_at_zero(void **state)
{
	(void)state;
	begin();
	draw(0, 10 * JOULE, 0, 10 * JOULE);
	second();
	turn();
	end_world();
	begin_world(6, 2, 2); /* the collector was started anew */
	world.tick.counters_valid = ALL_COUNTED;
	set_meter(0, ZONE_GPU, METER_OK, 0);
	struct ring_gpu gpu = { .kind = ROW_GPU, .uuid = "GPU-0", .name = "H100", .vendor = "nvidia" };
	memcpy(&world.rows[world.row_count++], &gpu, sizeof(gpu));
	publish();
	draw(0, 3 * JOULE, 0, 3 * JOULE);
	second();
	turn();
	assert_gpu(0, 13 * JOULE, 0);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_gpus_energy_stays_with_its_users_and_the_rest_is_idle),
		cmocka_unit_test(while_the_meter_fails_nobodys_use_is_lost),
		cmocka_unit_test(what_is_not_believed_is_nobodys),
		cmocka_unit_test(a_suspended_second_is_nobodys),
		cmocka_unit_test(rows_that_are_no_gpus_are_left_out),
		cmocka_unit_test(new_counters_begin_at_zero),
	};
	return cmocka_run_group_tests(tests, make_model, NULL);
}
