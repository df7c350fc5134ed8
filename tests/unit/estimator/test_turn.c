/* The estimator's turn over a ring that the test writes: conservation, replay, kills, epochs. */
#include "estimator/turn.h"

#include <errno.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "tests/unit/unit.h"

#define CGROUPS  12
#define CAPACITY 64

struct world {
	int ring_fd;
	struct ring_writer *writer;
	struct ring_reader *reader;
	struct ring_tick tick;
	struct ring_row rows[CAPACITY];
	uint32_t row_count;
	uint64_t seed;
};

static struct model model;
static struct world world;

static uint64_t pick(uint64_t below)
{
	world.seed ^= world.seed << 13;
	world.seed ^= world.seed >> 7;
	world.seed ^= world.seed << 17;
	return world.seed % below;
}

static void begin_world(uint64_t birth_ns, uint64_t seed)
{
	const struct epoch epoch = { .boot_id = { 1, 2, 3 }, .birth_ns = birth_ns };

	memset(&world, 0, sizeof(world));
	world.seed = seed;
	assert_int_equal(ring_create(CAPACITY, &epoch, &world.ring_fd), 0);
	assert_int_equal(ring_writer_open(world.ring_fd, &world.writer), 0);
	assert_int_equal(ring_reader_open(world.ring_fd, &world.reader), 0);
	world.tick = (struct ring_tick) { .mono_ns = 1000, .boot_ns = 2000, .real_ns = 3000, .cpus = 2 };
	world.row_count = CGROUPS;
	for (uint32_t i = 0; i < CGROUPS; i++)
		world.rows[i] = (struct ring_row) { .id = 100 + i, .kind = ROW_CGROUP };
}

static void end_world(void)
{
	ring_reader_free(world.reader);
	ring_writer_free(world.writer);
	close(world.ring_fd);
}

static void set_meter(uint32_t state, uint64_t uj)
{
	world.tick.meter[0] = (struct ring_meter) { ZONE_PACKAGE, state, uj };
	snprintf(world.tick.meter_name, sizeof(world.tick.meter_name), "test");
}

/* One second in which random cgroups work and hold memory. */
static void step(void)
{
	world.tick.mono_ns += NS_PER_SECOND;
	world.tick.boot_ns += NS_PER_SECOND;
	world.tick.real_ns += NS_PER_SECOND;
	world.tick.capacity_ns += 2 * NS_PER_SECOND;
	for (uint32_t i = 0; i < world.row_count; i++) {
		uint64_t ns = pick(3) == 0 ? pick(100000000) : 0;
		world.rows[i].counter[COUNTER_cpu_ns] += ns;
		world.rows[i].counter[COUNTER_mem_byte_seconds] += pick(100000000);
		world.tick.busy_ns += ns;
	}
	ring_publish(world.writer, &world.tick, world.rows, world.row_count);
}

static void begin_turn(struct turn *turn, struct state *state)
{
	int fd;
	const uint8_t hash[32] = { 7 };

	assert_int_equal(turn_init(turn, CAPACITY, 2 * CAPACITY), 0);
	turn->config =
		(struct turn_config) { .model = &model, .measured_idle_mw = 1000, .fake_idle_mw = 50000 };
	assert_int_equal(state_create_fd(2 * CAPACITY, &fd), 0);
	assert_int_equal(state_open_fd(state, fd, 2 * CAPACITY), -EBADMSG);
	state_reset(state, 1, hash);
}

static void end_turn(struct turn *turn, struct state *state)
{
	turn_done(turn);
	state_done(state);
}

static void assert_conserved(const struct state *state)
{
	for (int zone = 0; zone < STATE_ZONES; zone++) {
		uint64_t sum = state->head.idle_uj[zone] + state->head.gone_uj[zone];
		for (uint32_t i = 0; i < state->head.row_count; i++)
			sum += state->rows[i].active_uj[zone] + state->rows[i].idle_uj[zone];
		assert_int_equal(sum, state->head.total_uj[zone]);
	}
}

static void rows_and_idle_add_up_to_the_node_in_every_turn(void **state_)
{
	struct turn turn;
	struct state state;

	(void)state_;
	begin_world(5, 42);
	begin_turn(&turn, &state);
	for (int i = 0; i < 200; i++) {
		for (uint64_t ticks = 1 + pick(4); ticks > 0; ticks--)
			step();
		assert_int_equal(turn_run(&turn, &state, world.reader), 1);
		assert_conserved(&state);
		assert_int_equal(state.head.committed_seq, ring_reader_head(world.reader));
	}
	assert_int_equal(turn_run(&turn, &state, world.reader), 0); /* nothing new: nothing counted twice */
	assert_int_equal(turn.state, POWER_MODEL);
	assert_true(state.head.total_uj[ZONE_PACKAGE] >= model.idle_mw * 1000 * 199);
	end_turn(&turn, &state);
	end_world();
}

static void a_meters_difference_is_the_nodes_energy_over_gaps_and_failures(void **state_)
{
	struct turn turn;
	struct state state;

	(void)state_;
	begin_world(5, 43);
	begin_turn(&turn, &state);
	set_meter(METER_OK, 500); /* what it shows at first means nothing */
	step();
	turn_run(&turn, &state, world.reader);
	assert_int_equal(state.head.total_uj[ZONE_PACKAGE], 0);
	set_meter(METER_OK, 30000500);
	step();
	set_meter(METER_FAILED, 0);
	step();
	turn_run(&turn, &state, world.reader);
	assert_int_equal(state.head.total_uj[ZONE_PACKAGE], 30000000);
	set_meter(METER_OK, 90000500);
	step();
	turn_run(&turn, &state, world.reader);
	assert_int_equal(state.head.total_uj[ZONE_PACKAGE], 90000000);
	assert_int_equal(turn.state, POWER_MEASURED);
	assert_conserved(&state);
	end_turn(&turn, &state);
	end_world();
}

static void the_fake_meter_is_never_called_anything_else(void **state_)
{
	struct turn turn;
	struct state state;

	(void)state_;
	begin_world(5, 44);
	begin_turn(&turn, &state);
	for (uint64_t i = 0; i < 5; i++) {
		set_meter(METER_FAKE, i * 100000000);
		step();
		turn_run(&turn, &state, world.reader);
	}
	assert_int_equal(turn.state, POWER_FAKE);
	assert_int_equal(state.head.total_uj[ZONE_PACKAGE], 400000000);
	assert_int_equal(state.head.idle_uj[ZONE_PACKAGE] <= 400000000, 1);
	assert_int_equal(state.head.total_uj[ZONE_DRAM], 0);
	assert_conserved(&state);
	end_turn(&turn, &state);
	end_world();
}

static void no_watt_is_shown_before_it_rests_on_200_ms(void **state_)
{
	struct turn turn;
	struct state state;

	(void)state_;
	begin_world(5, 45);
	begin_turn(&turn, &state);
	step();
	turn_run(&turn, &state, world.reader);
	assert_int_equal(turn.state, POWER_INITIALIZING);
	step();
	turn_run(&turn, &state, world.reader);
	assert_int_equal(turn.state, POWER_MODEL);
	end_turn(&turn, &state);
	end_world();
}

/* A cgroup born while the estimator was away gets its joules, a row that works twice as long twice as many. */
static void energy_goes_by_cpu_time_and_includes_the_newborn(void **state_)
{
	struct turn turn;
	struct state state;
	uint32_t a = 0, b = 0;

	(void)state_;
	begin_world(5, 46);
	begin_turn(&turn, &state);
	world.row_count = 0;
	step();
	turn_run(&turn, &state, world.reader);
	for (int i = 0; i < 10; i++) {
		world.row_count = 2;
		world.tick.mono_ns += NS_PER_SECOND;
		world.tick.capacity_ns += 2 * NS_PER_SECOND;
		world.rows[0].counter[COUNTER_cpu_ns] += 200000000;
		world.rows[1].counter[COUNTER_cpu_ns] += 400000000;
		world.tick.busy_ns += 600000000;
		ring_publish(world.writer, &world.tick, world.rows, 2);
	}
	assert_int_equal(turn_run(&turn, &state, world.reader), 1);
	assert_true(idmap_find(&state.by_id, 100, &a) && idmap_find(&state.by_id, 101, &b));
	uint64_t one = state.rows[a].active_uj[0], two = state.rows[b].active_uj[0];
	assert_true(one > 0);
	assert_true(two >= 2 * one - 2 && two <= 2 * one + 2);
	assert_conserved(&state);
	end_turn(&turn, &state);
	end_world();
}

static void a_lapped_ring_costs_resolution_and_no_metered_energy(void **state_)
{
	struct turn turn;
	struct state state;

	(void)state_;
	begin_world(5, 47);
	begin_turn(&turn, &state);
	set_meter(METER_OK, 0);
	step();
	turn_run(&turn, &state, world.reader);
	for (uint64_t i = 1; i <= RING_TICKS + 1000; i++) {
		set_meter(METER_OK, i * 1000);
		step();
	}
	assert_int_equal(turn_run(&turn, &state, world.reader), 1);
	assert_true(turn.flags & TICK_FLAG_COARSE);
	assert_int_equal(state.head.total_uj[ZONE_PACKAGE], (RING_TICKS + 1000) * UINT64_C(1000));
	assert_conserved(&state);
	end_turn(&turn, &state);
	end_world();
}

static void a_new_counter_epoch_keeps_the_energy_and_counts_on(void **state_)
{
	struct turn turn;
	struct state state;

	(void)state_;
	begin_world(5, 48);
	begin_turn(&turn, &state);
	for (int i = 0; i < 20; i++)
		step();
	turn_run(&turn, &state, world.reader);
	uint64_t before = state.head.total_uj[ZONE_PACKAGE];
	end_world();
	begin_world(6, 49);
	for (int i = 0; i < 20; i++)
		step();
	assert_int_equal(turn_run(&turn, &state, world.reader), 1);
	assert_true(state.head.total_uj[ZONE_PACKAGE] > before);
	assert_true(state.head.total_uj[ZONE_PACKAGE] < 3 * before);
	assert_conserved(&state);
	end_turn(&turn, &state);
	end_world();
}

static void a_half_written_bank_is_not_taken(void **state_)
{
	struct turn turn;
	struct state state, again;

	(void)state_;
	begin_world(5, 50);
	begin_turn(&turn, &state);
	for (int i = 0; i < 3; i++) {
		step();
		turn_run(&turn, &state, world.reader);
		state_commit(&state);
	}
	/* Spoil the current bank: the one before it, one tick older, must be taken. */
	unsigned char *bytes = state.base;
	size_t half = (4096 +
			      2 * (sizeof(uint64_t) + sizeof(struct state_head) +
					  (size_t)state.capacity * sizeof(struct state_row)) -
			      4096) /
		      2;
	bytes[4096 + half + 64] ^= 0xff;
	bytes[4096 + 64] ^= (unsigned char)(*(uint32_t *)(void *)(bytes + 16) == 0 ? 0xff : 0);
	if (*(uint32_t *)(void *)(bytes + 16) == 0)
		bytes[4096 + half + 64] ^= 0xff;
	assert_int_equal(state_open_fd(&again, dup(state.fd), state.capacity), 0);
	assert_int_equal(again.head.committed_seq, 2);
	state_done(&again);
	bytes[4096 + 64] ^= 0x55;
	bytes[4096 + half + 64] ^= 0x55;
	assert_int_equal(state_open_fd(&again, dup(state.fd), state.capacity), -EBADMSG);
	state_done(&again);
	end_turn(&turn, &state);
	end_world();
}

/* A child works on the shared state and is killed at a random moment, again and again; what it leaves is replayed. The
 * numbers equal those of a run nobody disturbed, to the µJ. */
static void killed_at_any_moment_it_replays_to_equal_numbers(void **state_)
{
	struct turn calm_turn, turn;
	struct state calm, state;
	const uint64_t ticks = 120;

	(void)state_;
	begin_world(5, 51);
	begin_turn(&calm_turn, &calm);
	begin_turn(&turn, &state);
	step();
	state_commit(&state);
	for (uint64_t i = 0; i < ticks; i++) {
		step();
		pid_t pid = fork();
		if (pid == 0) {
			struct state mine;
			if (state_open_fd(&mine, dup(state.fd), state.capacity) < 0)
				_exit(1);
			if (i % 3 == 0) { /* killed somewhere within */
				struct itimerval soon = { .it_value.tv_usec = 1 + (suseconds_t)pick(150) };
				signal(SIGALRM, SIG_DFL);
				setitimer(ITIMER_REAL, &soon, NULL);
			}
			turn_run(&turn, &mine, world.reader);
			state_commit(&mine);
			_exit(0);
		}
		int status;
		waitpid(pid, &status, 0);
		assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
		if (i % 7 == 0) /* the calm one turns at other moments, too */
			turn_run(&calm_turn, &calm, world.reader);
	}
	struct state last;
	assert_int_equal(state_open_fd(&last, dup(state.fd), state.capacity), 0);
	turn_run(&turn, &last, world.reader);
	turn_run(&calm_turn, &calm, world.reader);
	assert_conserved(&last);
	assert_int_equal(last.head.committed_seq, calm.head.committed_seq);
	assert_memory_equal(last.head.total_uj, calm.head.total_uj, sizeof(calm.head.total_uj));
	state_done(&last);
	end_turn(&turn, &state);
	end_turn(&calm_turn, &calm);
	end_world();
}

static int make_model(void **state)
{
	struct config config;
	const struct host host = { .cpus = 2,
		.memory_bytes = UINT64_C(4000000000),
		.generation = "epyc_2",
		.thread_idle_mw = 470,
		.thread_full_mw = 1690 };

	(void)state;
	config_defaults(&config);
	return model_make(&config, &host, &model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_and_idle_add_up_to_the_node_in_every_turn),
		cmocka_unit_test(a_meters_difference_is_the_nodes_energy_over_gaps_and_failures),
		cmocka_unit_test(the_fake_meter_is_never_called_anything_else),
		cmocka_unit_test(no_watt_is_shown_before_it_rests_on_200_ms),
		cmocka_unit_test(energy_goes_by_cpu_time_and_includes_the_newborn),
		cmocka_unit_test(a_lapped_ring_costs_resolution_and_no_metered_energy),
		cmocka_unit_test(a_new_counter_epoch_keeps_the_energy_and_counts_on),
		cmocka_unit_test(a_half_written_bank_is_not_taken),
		cmocka_unit_test(killed_at_any_moment_it_replays_to_equal_numbers),
	};
	return cmocka_run_group_tests(tests, make_model, NULL);
}
