/* The estimator's turn over a ring that the test writes: who gets what, replay, kills, epochs. */
#include <errno.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "estimator/publish.h"
#include "tests/unit/estimator/world_fixture.h"

#define CGROUPS 12

/* One second in which random cgroups work and hold memory. */
static void step(void)
{
	for (uint32_t i = 0; i < world.row_count; i++) {
		use_counter(i, COUNTER_cpu_ns, pick(3) == 0 ? pick(100000000) : 0);
		use_counter(i, COUNTER_mem_byte_seconds, pick(100000000));
	}
	second();
}

static void rows_and_idle_add_up_to_the_node_in_every_turn(void **state)
{
	struct books books;

	(void)state;
	begin_world(5, 42, CGROUPS);
	begin_books(&books, books_config());
	for (int i = 0; i < 200; i++) {
		for (uint64_t ticks = 1 + pick(4); ticks > 0; ticks--)
			step();
		run_turn(&books);
		assert_conserved(&books.state);
		assert_int_equal(books.state.head.committed_seq, ring_reader_head(world.reader));
	}
	assert_int_equal(turn_run(&books.turn, &books.state, world.reader), 0); /* nothing is counted twice */
	assert_int_equal(books.turn.state, POWER_MODEL);
	assert_true(books.state.head.total_uj[ZONE_PACKAGE] >= model.idle_mw * 1000 * 199);
	end_books(&books);
	end_world();
}

static void no_watt_is_shown_before_it_rests_on_200_ms(void **state)
{
	struct books books;

	(void)state;
	begin_world(5, 45, CGROUPS);
	begin_books(&books, books_config());
	publish();
	assert_int_equal(turn_run(&books.turn, &books.state, world.reader), 0);
	pass(NS_PER_SECOND / 10);
	publish();
	run_turn(&books);
	assert_int_equal(books.turn.state, POWER_INITIALIZING);
	second();
	run_turn(&books);
	assert_int_equal(books.turn.state, POWER_MODEL);
	end_books(&books);
	end_world();
}

/* A cgroup born while the estimator was away gets its joules, a row that works twice as long twice as many. */
static void energy_goes_by_cpu_time_and_includes_the_newborn(void **state)
{
	struct books books;

	(void)state;
	begin_world(5, 46, 2);
	begin_books(&books, books_config());
	world.row_count = 0;
	second();
	turn_run(&books.turn, &books.state, world.reader);
	world.row_count = 2;
	for (int i = 0; i < 10; i++) {
		use_counter(0, COUNTER_cpu_ns, 200000000);
		use_counter(1, COUNTER_cpu_ns, 400000000);
		second();
	}
	run_turn(&books);
	uint64_t one = row_of(&books.state, 100)->active_uj[ZONE_PACKAGE];
	uint64_t two = row_of(&books.state, 101)->active_uj[ZONE_PACKAGE];
	assert_true(one > 0);
	assert_true(two >= 2 * one - 2 && two <= 2 * one + 2);
	assert_conserved(&books.state);
	end_books(&books);
	end_world();
}

static void a_lapped_ring_costs_resolution_and_no_metered_energy(void **state)
{
	struct books books;

	(void)state;
	begin_world(5, 47, CGROUPS);
	begin_books(&books, books_config());
	set_meter(0, ZONE_PACKAGE, METER_OK, 0);
	step();
	turn_run(&books.turn, &books.state, world.reader);
	for (uint64_t i = 1; i <= RING_TICKS + 1000; i++) {
		set_meter(0, ZONE_PACKAGE, METER_OK, i * 1000);
		step();
	}
	run_turn(&books);
	assert_true(books.turn.flags & TICK_FLAG_COARSE);
	assert_int_equal(books.turn.coarse_turns, 1);
	assert_in_range(books.turn.skipped_ticks, 1000, 1100);
	assert_int_equal(books.state.head.total_uj[ZONE_PACKAGE], (RING_TICKS + 1000) * UINT64_C(1000));
	assert_conserved(&books.state);
	end_books(&books);
	end_world();
}

static void a_new_counter_epoch_keeps_the_energy_and_counts_on(void **state)
{
	struct books books;

	(void)state;
	begin_world(5, 48, CGROUPS);
	begin_books(&books, books_config());
	add_process(100, 7, FIRST_NS);
	for (int i = 0; i < 20; i++)
		step();
	run_turn(&books);
	uint64_t before = books.state.head.total_uj[ZONE_PACKAGE];
	uint64_t row_before = row_of(&books.state, 100)->active_uj[ZONE_PACKAGE];
	end_world();
	begin_world(6, 49, CGROUPS);
	add_process(100, 7, FIRST_NS);
	for (int i = 0; i < 20; i++)
		step();
	run_turn(&books);
	assert_true(books.state.head.total_uj[ZONE_PACKAGE] > before);
	assert_true(books.state.head.total_uj[ZONE_PACKAGE] < 3 * before);
	assert_true(row_of(&books.state, 100)->active_uj[ZONE_PACKAGE] >= row_before);
	assert_int_equal(row_of(&books.state, 100)->final_seq, 0);
	assert_conserved(&books.state);
	end_books(&books);
	end_world();
}

/* A state that is new while the counters are old: their history is not this interval's use. */
static void who_comes_late_to_a_ring_takes_no_history_for_growth(void **state)
{
	struct books books;

	(void)state;
	begin_world(5, 52, 2);
	use_counter(0, COUNTER_cpu_ns, 3600 * NS_PER_SECOND);
	for (int i = 0; i < RING_TICKS + 10; i++)
		second();
	begin_books(&books, books_config());
	assert_int_equal(turn_run(&books.turn, &books.state, world.reader), 0);
	use_counter(1, COUNTER_cpu_ns, NS_PER_SECOND / 2);
	second();
	run_turn(&books);
	assert_int_equal(row_of(&books.state, 100)->active_uj[ZONE_PACKAGE], 0);
	assert_true(row_of(&books.state, 101)->active_uj[ZONE_PACKAGE] > 0);
	assert_conserved(&books.state);
	end_books(&books);
	end_world();
}

#define BANK_AT(books, index)                                                                                \
	(4096 + (index) * (sizeof(uint64_t) + sizeof(struct state_head) +                                    \
				  (size_t)(books).state.capacity *                                           \
					  (sizeof(struct state_row) + sizeof(struct passed)) +               \
				  RING_ROWS * sizeof(struct state_process)))

static void a_half_written_bank_is_not_taken(void **state)
{
	struct books books;
	struct state again;

	(void)state;
	begin_world(5, 50, CGROUPS);
	begin_books(&books, books_config());
	add_process(100, 7, FIRST_NS);
	for (int i = 0; i < 3; i++) {
		step();
		turn_run(&books.turn, &books.state, world.reader);
		state_commit(&books.state);
	}
	/* Spoil the current bank: the one before it, one tick older, must be taken. */
	unsigned char *bytes = books.state.base;
	uint32_t current = *(uint32_t *)(void *)(bytes + 16);
	size_t last_process = BANK_AT(books, current + 1) - books.state.capacity * sizeof(struct passed) -
			      RING_ROWS * sizeof(struct state_process);
	bytes[last_process] ^= 0xff;
	assert_int_equal(state_open_fd(&again, dup(books.state.fd), RING_ROWS), 0);
	assert_int_equal(again.head.committed_seq, 2);
	assert_non_null(process_of(&again, 7, FIRST_NS));
	state_done(&again);
	bytes[BANK_AT(books, 1 - current) + 64] ^= 0x55;
	assert_int_equal(state_open_fd(&again, dup(books.state.fd), RING_ROWS), -EBADMSG);
	state_done(&again);
	end_books(&books);
	end_world();
}

/* A child works on the shared state and is killed at a random moment, again and again; what it leaves is replayed. The
 * numbers equal those of a run nobody disturbed, to the µJ. */
static void killed_at_any_moment_it_replays_to_equal_numbers(void **state)
{
	struct books calm, books;
	const uint64_t ticks = 120;

	(void)state;
	begin_world(5, 51, CGROUPS);
	for (uint32_t tgid = 1; tgid <= 20; tgid++)
		add_process(100 + tgid % CGROUPS, tgid, FIRST_NS);
	begin_books(&calm, books_config());
	begin_books(&books, books_config());
	step();
	state_commit(&books.state);
	for (uint64_t i = 0; i < ticks; i++) {
		step();
		pid_t pid = fork();
		if (pid == 0) {
			struct state mine;
			if (state_open_fd(&mine, dup(books.state.fd), RING_ROWS) < 0)
				_exit(1);
			if (i % 3 == 0) { /* killed somewhere within */
				struct itimerval soon = { .it_value.tv_usec = 1 + (suseconds_t)pick(150) };
				signal(SIGALRM, SIG_DFL);
				setitimer(ITIMER_REAL, &soon, NULL);
			}
			turn_run(&books.turn, &mine, world.reader);
			state_commit(&mine);
			_exit(0);
		}
		int status;
		waitpid(pid, &status, 0);
		assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
		if (i % 7 == 0) /* the calm one turns at other moments, too */
			turn_run(&calm.turn, &calm.state, world.reader);
	}
	struct state last;
	assert_int_equal(state_open_fd(&last, dup(books.state.fd), RING_ROWS), 0);
	turn_run(&books.turn, &last, world.reader);
	turn_run(&calm.turn, &calm.state, world.reader);
	assert_conserved(&last);
	assert_int_equal(last.head.committed_seq, calm.state.head.committed_seq);
	assert_memory_equal(last.head.total_uj, calm.state.head.total_uj, sizeof(calm.state.head.total_uj));
	state_done(&last);
	end_books(&books);
	end_books(&calm);
	end_world();
}

/* The same ticks over the same state make the same state, byte by byte. */
static void a_replay_gives_equal_numbers(void **state)
{
	struct books books, again;

	(void)state;
	begin_world(5, 53, CGROUPS);
	for (uint32_t tgid = 1; tgid <= 100; tgid++)
		add_process(100 + tgid % CGROUPS, tgid, FIRST_NS);
	begin_books(&books, books_config());
	for (int i = 0; i < 10; i++) {
		step();
		turn_run(&books.turn, &books.state, world.reader);
	}
	state_commit(&books.state);
	step();
	begin_books(&again, books_config());
	state_done(&again.state);
	assert_int_equal(state_open_fd(&again.state, dup(books.state.fd), RING_ROWS), 0);
	run_turn(&books);
	run_turn(&again);
	assert_memory_equal(&again.state.head, &books.state.head, sizeof(books.state.head));
	assert_memory_equal(
		again.state.rows, books.state.rows, books.state.head.row_count * sizeof(*books.state.rows));
	assert_memory_equal(again.state.processes, books.state.processes,
		books.state.head.process_count * sizeof(*books.state.processes));
	end_books(&again);
	end_books(&books);
	end_world();
}

/* A state row and the bank's row of it stand at different places. */
static void the_working_set_is_handed_on_as_long_as_the_row_is_shown(void **state)
{
	struct power_once once;
	struct power_row rows[RING_ROWS];
	struct books books;

	(void)state;
	begin_world(FIRST_NS, 3, 3);
	begin_books(&books, books_config());
	second();
	second();
	run_turn(&books);
	publish_power(&books.state, &books.turn, &once, rows);
	assert_int_equal(rows[0].memory_bytes, 0); /* not read yet */
	for (uint32_t i = 0; i < 3; i++) {
		world.rows[i].resident_bytes = 1000 + i;
		world.rows[i].oom_kills = i;
	}
	memmove(&world.rows[0], &world.rows[1], 2 * sizeof(world.rows[0]));
	world.row_count = 2; /* 100 is gone */
	second();
	run_turn(&books);
	publish_power(&books.state, &books.turn, &once, rows);
	assert_int_equal(books.state.head.row_count, 3);
	for (uint32_t i = 0; i < 3; i++) {
		uint64_t at = rows[i].id - 100;
		assert_int_equal(rows[i].memory_bytes, at > 0 ? 1000 + at : 0);
		assert_int_equal(rows[i].oom_kills, at);
	}
	end_books(&books);
	end_world();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_and_idle_add_up_to_the_node_in_every_turn),
		cmocka_unit_test(no_watt_is_shown_before_it_rests_on_200_ms),
		cmocka_unit_test(energy_goes_by_cpu_time_and_includes_the_newborn),
		cmocka_unit_test(a_lapped_ring_costs_resolution_and_no_metered_energy),
		cmocka_unit_test(a_new_counter_epoch_keeps_the_energy_and_counts_on),
		cmocka_unit_test(who_comes_late_to_a_ring_takes_no_history_for_growth),
		cmocka_unit_test(a_half_written_bank_is_not_taken),
		cmocka_unit_test(killed_at_any_moment_it_replays_to_equal_numbers),
		cmocka_unit_test(a_replay_gives_equal_numbers),
		cmocka_unit_test(the_working_set_is_handed_on_as_long_as_the_row_is_shown),
	};
	return cmocka_run_group_tests(tests, make_model, NULL);
}
