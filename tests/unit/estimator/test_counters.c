/* The counters that are passed on: as they were read, row by row, kept over a restart, and only where somebody asks for them. */
#include "estimator/publish.h"
#include "tests/unit/estimator/world_fixture.h"

#define CGROUPS 3

static struct books books;
static struct counters_row rows[RING_ROWS + FINALS_MAX];
static struct counters_once once;

static int begin(void **state)
{
	(void)state;
	begin_world(5, 1, CGROUPS);
	begin_books(&books, books_config());
	books.state.head.has_passed = true;
	world.tick.counters_valid = ALL_COUNTED & ~(1U << COUNTER_cycles);
	publish();
	assert_int_equal(turn_run(&books.turn, &books.state, world.reader), 0);
	return 0;
}

static int end(void **state)
{
	(void)state;
	end_books(&books);
	end_world();
	return 0;
}

static void turn(void)
{
	second();
	run_turn(&books);
	state_commit(&books.state);
}

static const struct counters_row *told(uint64_t id)
{
	publish_counters(&books.state, &once, rows);
	for (uint32_t i = 0; i < books.state.head.row_count; i++)
		if (rows[i].id == id)
			return &rows[i];
	fail_msg("no row of %llu", (unsigned long long)id);
	return NULL;
}

static void each_counter_has_its_place(void **state)
{
	(void)state;
	for (int counter = 0; counter < COUNTER_COUNT; counter++)
		use_counter(1, (enum counter)counter, 1000 + (uint64_t)counter);
	turn();
	const struct counters_row *row = told(101);
#define X(name) assert_int_equal(row->name, 1000 + COUNTER_##name);
	PASSED_COUNTERS(X)
#undef X
	assert_int_equal(told(100)->switches, 0);
	assert_int_equal(once.counted, ALL_COUNTED & ~(1U << COUNTER_cycles));
}

/* An ended row is told until it is acknowledged, and then leaves its place to another. */
static void an_ended_row_keeps_them_until_it_is_forgotten(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < CGROUPS; i++)
		use_counter(i, COUNTER_switches, 10 * (i + 1));
	turn();
	world.rows[0] = world.rows[--world.row_count];
	use_counter(0, COUNTER_switches, 1);
	turn();
	assert_int_equal(told(100)->switches, 10);
	assert_int_equal(told(102)->switches, 31);
	rows_forget(&books.turn.rows, &books.state, books.state.head.committed_seq);
	assert_int_equal(books.state.head.row_count, 2);
	assert_int_equal(told(101)->switches, 20);
	assert_int_equal(told(102)->switches, 31);
	world.rows[world.row_count++] = (struct ring_row) { .id = 200, .kind = ROW_CGROUP };
	turn();
	assert_int_equal(told(200)->switches, 0); /* not those of who had the place */
}

static void new_counters_begin_them_anew(void **state)
{
	(void)state;
	use_counter(0, COUNTER_switches, 10);
	use_counter(1, COUNTER_switches, 10);
	turn();
	end_world();
	begin_world(6, 2, 1);
	publish();
	turn_run(&books.turn, &books.state, world.reader);
	assert_int_equal(told(100)->switches, 0);
	use_counter(0, COUNTER_switches, 3);
	turn();
	assert_int_equal(told(100)->switches, 3);
	assert_int_equal(told(101)->switches, 0); /* ended with the old ones */
}

static void reopen(void)
{
	int fd = dup(books.state.fd);

	state_done(&books.state);
	assert_int_equal(state_open_fd(&books.state, fd, RING_ROWS), 0);
}

/* Who ended while nobody was there to be told is told by the successor. */
static void a_restart_goes_on_with_them(void **state)
{
	(void)state;
	use_counter(0, COUNTER_switches, 10);
	turn();
	world.rows[0] = world.rows[--world.row_count];
	turn();
	reopen();
	assert_true(books.state.head.has_passed);
	assert_int_equal(told(100)->switches, 10);
	turn();
	assert_int_equal(told(100)->switches, 10);
}

/* The state of one who did not ask serves one who does, and the other way round, in the same energy epoch. */
static void the_switch_may_be_turned_at_a_restart(void **state)
{
	(void)state;
	books.state.head.has_passed = false;
	use_counter(0, COUNTER_switches, 10);
	turn();
	const struct passed nothing = { 0 };
	for (uint32_t i = 0; i < books.state.head.row_count; i++)
		assert_memory_equal(&books.state.passed[i], &nothing, sizeof(nothing)); /* untouched */
	for (int i = 0; i < 2; i++) {
		reopen();
		books.state.head.has_passed = true;
		turn();
		assert_int_equal(told(100)->switches, 10);
		reopen();
		books.state.head.has_passed = false;
		turn();
		assert_int_equal(books.state.head.energy_epoch, 1);
	}
}

/* They stand last in a bank. */
static void a_spoiled_one_makes_the_bank_unusable(void **state)
{
	struct state again;
	unsigned char *bytes = books.state.base;
	size_t passed = books.state.capacity * sizeof(struct passed),
	       bank = sizeof(uint64_t) + sizeof(struct state_head) +
		      books.state.capacity * sizeof(struct state_row) +
		      RING_ROWS * sizeof(struct state_process) + passed;

	(void)state;
	turn();
	turn();
	uint32_t current = *(uint32_t *)(void *)(bytes + 16);
	bytes[4096 + (current + 1) * bank - passed] ^= 1;
	assert_int_equal(state_open_fd(&again, dup(books.state.fd), RING_ROWS), 0);
	assert_int_equal(again.head.committed_seq, books.state.head.committed_seq - 1);
	state_done(&again);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_counter_has_its_place),
		TEST(an_ended_row_keeps_them_until_it_is_forgotten),
		TEST(new_counters_begin_them_anew),
		TEST(a_restart_goes_on_with_them),
		TEST(the_switch_may_be_turned_at_a_restart),
		TEST(a_spoiled_one_makes_the_bank_unusable),
	};
	return cmocka_run_group_tests(tests, make_model, NULL);
}
