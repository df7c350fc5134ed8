/* Peaks of memory: from the rows of a frame to the ledger's slots, and what becomes of these. */
#include "analyst/ledger/query.h"
#include "analyst/ledger/sql.h"
#include "base/cleanup.h"
#include "tests/unit/analyst/book_fixture.h"

#define POD_ID  UINT64_C(1)
#define MAIN_ID UINT64_C(2)
#define SIDE_ID UINT64_C(3)
#define MIB     UINT64_C(1048576)
#define GIB     (1024 * MIB)
#define SLOTS   8

struct memories {
	struct ledger_memory slots[SLOTS];
	size_t count;
};

static int take(void *context, const struct ledger_memory *memory)
{
	struct memories *memories = context;

	assert_true(memories->count < SLOTS);
	memories->slots[memories->count++] = *memory;
	return 0;
}

/* Of the pod, as committed. */
static struct memories memories_of(struct fixture *f, const char *name)
{
	struct ledger_identity identity = { .kind = WORKLOAD_POD, .namespace = "shop" };
	struct memories memories = { .count = 0 };
	int64_t workload;

	book_commit(&f->book);
	snprintf(identity.name, sizeof(identity.name), "%s", name);
	assert_int_equal(ledger_find_identity(f->ledger, &identity, &workload), 0);
	assert_int_equal(ledger_memories(f->ledger, workload, 0, take, &memories), 0);
	return memories;
}

static void name_container(
	struct fixture *f, uint64_t id, const char *container, uint64_t request, uint64_t limit)
{
	const struct workload_row row = { .op = TOPOLOGY_ADD,
		.id = id,
		.kind = WORKLOAD_POD,
		.namespace = text_of("shop"),
		.workload = text_of("web"),
		.container = text_of(container),
		.memory_request_bytes = request,
		.memory_limit_bytes = limit };

	fixture_name_row(f, &row);
}

/* A pod of two containers; what it holds stands on the pod's own row. */
static void make(struct fixture *f)
{
	fixture_make(f);
	fixture_name(f, POD_ID, WORKLOAD_POD, "shop", "web");
	name_container(f, MAIN_ID, "main", GIB, 2 * GIB);
	name_container(f, SIDE_ID, "side", GIB / 2, GIB);
}

static void send(struct fixture *f, double seconds, uint64_t bytes, uint64_t kills)
{
	const struct power_row rows[] = { { .id = POD_ID, .memory_bytes = bytes, .oom_kills = kills },
		{ .id = MAIN_ID, .cpu_ns = 1 }, { .id = SIDE_ID, .cpu_ns = 1 } };

	fixture_pass(f, seconds);
	assert_int_equal(fixture_send(f, rows, ARRAY_SIZE(rows)), 0);
}

static void a_slot_has_the_peak_and_what_all_containers_request(void **state)
{
	struct fixture f;
	struct memories m;

	(void)state;
	make(&f);
	send(&f, 1, 0, 0); /* not read yet: nothing is said */
	assert_int_equal(memories_of(&f, "web").count, 0);
	for (int i = 0; i < 600; i++)
		send(&f, 1, (i == 200 ? 900 : 500) * MIB, 0);
	m = memories_of(&f, "web");
	assert_int_equal(m.count, 1);
	assert_int_equal(m.slots[0].start,
		FIXTURE_REAL / NS_PER_SECOND / LEDGER_MEMORY_SECONDS * LEDGER_MEMORY_SECONDS);
	assert_int_equal(m.slots[0].peak_bytes, 900 * MIB);
	assert_int_equal(m.slots[0].request_bytes, GIB * 3 / 2);
	assert_int_equal(m.slots[0].limit_bytes, 3 * GIB);
	assert_in_range(m.slots[0].counted_ns, 300 * NS_PER_SECOND, 600 * NS_PER_SECOND);
	fixture_destroy(&f);
}

/* Two containers without a cgroup of their pod: what both hold at one moment counts, not each one's peak. */
static void peaks_of_different_moments_are_not_added(void **state)
{
	struct fixture f;

	(void)state;
	make(&f);
	for (int i = 0; i < 10; i++) {
		const struct power_row rows[] = { { .id = MAIN_ID,
							  .memory_bytes = (i % 2 ? 700 : 100) * MIB },
			{ .id = SIDE_ID, .memory_bytes = (i % 2 ? 100 : 600) * MIB } };
		fixture_pass(&f, 1);
		assert_int_equal(fixture_send(&f, rows, 2), 0);
	}
	assert_int_equal(memories_of(&f, "web").slots[0].peak_bytes, 800 * MIB);
	fixture_destroy(&f);
}

static void the_next_three_hours_have_their_own_peak(void **state)
{
	struct fixture f;
	struct memories m;

	(void)state;
	make(&f);
	send(&f, 1, 900 * MIB, 0);
	send(&f, LEDGER_MEMORY_SECONDS, 400 * MIB, 0);
	send(&f, 1, 300 * MIB, 0);
	m = memories_of(&f, "web");
	assert_int_equal(m.count, 2);
	assert_int_equal(m.slots[0].peak_bytes, 900 * MIB);
	assert_int_equal(m.slots[1].peak_bytes, 400 * MIB);
	assert_int_equal(
		m.slots[1].counted_ns, 0); /* three hours without a frame are no time in which it was seen */
	fixture_destroy(&f);
}

/* Those before the first sight are none that we saw; a cgroup that is made anew begins at 0. */
static void kills_are_counted_from_the_first_sight(void **state)
{
	struct fixture f;

	(void)state;
	make(&f);
	send(&f, 1, 900 * MIB, 5);
	assert_int_equal(memories_of(&f, "web").slots[0].oom_kills, 0);
	send(&f, 1, 900 * MIB, 7);
	send(&f, 1, 0, 0); /* a collector that was started again has not read it yet */
	send(&f, 1, 100 * MIB, 7);
	assert_int_equal(memories_of(&f, "web").slots[0].oom_kills, 2);
	send(&f, 1, 100 * MIB, 0);
	send(&f, 1, 100 * MIB, 1);
	assert_int_equal(memories_of(&f, "web").slots[0].oom_kills, 3);
	fixture_destroy(&f);
}

/* It writes what it knows again within five minutes. */
static void a_failed_commit_does_not_lose_a_peak(void **state)
{
	struct fixture f;

	(void)state;
	make(&f);
	send(&f, 1, 500 * MIB, 0);
	assert_int_equal(book_commit(&f.book), 0);
	assert_int_equal(sqlite3_exec(f.ledger->db,
				 "CREATE TRIGGER full BEFORE INSERT ON commit_state BEGIN SELECT "
				 "RAISE(ABORT, 'disk'); END",
				 NULL, NULL, NULL),
		SQLITE_OK);
	send(&f, 1, 900 * MIB, 0);
	assert_true(book_commit(&f.book) < 0);
	assert_int_equal(sqlite3_exec(f.ledger->db, "DROP TRIGGER full", NULL, NULL, NULL), SQLITE_OK);
	for (int i = 0; i < 301; i++)
		send(&f, 1, 500 * MIB, 0);
	assert_int_equal(memories_of(&f, "web").slots[0].peak_bytes, 900 * MIB);
	fixture_destroy(&f);
}

static void a_late_name_takes_the_peaks_along(void **state)
{
	struct fixture f;
	const struct ledger_memory before = { 10800, 300 * MIB, 7, GIB, GIB, 1 },
				   after = { 10800, 200 * MIB, 5, GIB, GIB, 2 };
	struct memories m = { .count = 0 };

	(void)state;
	make(&f);
	ledger_add_memory(f.ledger, 11, &before);
	ledger_add_memory(f.ledger, 12, &after);
	ledger_merge(f.ledger, 11, 12, 0);
	assert_int_equal(ledger_commit(f.ledger, &f.book.state), 0);
	assert_int_equal(ledger_memories(f.ledger, 11, 0, take, &m), 0);
	assert_int_equal(m.count, 0);
	assert_int_equal(ledger_memories(f.ledger, 12, 0, take, &m), 0);
	assert_int_equal(m.count, 1);
	assert_int_equal(m.slots[0].peak_bytes, 300 * MIB);
	assert_int_equal(m.slots[0].counted_ns, 12);
	assert_int_equal(m.slots[0].oom_kills, 3);
	fixture_destroy(&f);
}

/* As 0.1 made it: opened, kept whole, and filled from then on. */
static void a_ledger_without_memory_is_brought_up_to_date(void **state)
{
	struct fixture f;
	int64_t joules, loads;

	(void)state;
	make(&f);
	for (int i = 0; i < 10; i++) {
		const struct power_row row = { .id = MAIN_ID,
			.cpu_ns = (uint64_t)i * NS_PER_SECOND / 2,
			.active_uj.by[ZONE_PACKAGE] = (uint64_t)i * 1000 };
		f.once.total_uj.by[ZONE_PACKAGE] = (uint64_t)i * 1000;
		fixture_pass(&f, 1);
		assert_int_equal(fixture_send(&f, &row, 1), 0);
	}
	assert_int_equal(book_commit(&f.book), 0);
	joules = fixture_ask(&f, NODE_PACKAGE);
	loads = fixture_ask(&f, "SELECT sum(cpu_ns) FROM load_workload");
	assert_int_equal(joules, 9000);
	assert_int_equal(sqlite3_exec(f.ledger->db, "DROP TABLE memory_workload; PRAGMA user_version = 4",
				 NULL, NULL, NULL),
		SQLITE_OK);
	fixture_close(&f);
	fixture_open(&f);
	assert_int_equal(fixture_ask(&f, "PRAGMA user_version"), atoi(LEDGER_VERSION));
	assert_int_equal(fixture_ask(&f, NODE_PACKAGE), joules);
	assert_int_equal(fixture_ask(&f, "SELECT sum(cpu_ns) FROM load_workload"), loads);
	fixture_name(&f, POD_ID, WORKLOAD_POD, "shop", "web");
	send(&f, 1, 900 * MIB, 0);
	assert_int_equal(memories_of(&f, "web").slots[0].peak_bytes, 900 * MIB);
	fixture_destroy(&f);
}

static void old_peaks_go_with_the_loads(void **state)
{
	struct fixture f;

	(void)state;
	make(&f);
	send(&f, 1, 900 * MIB, 0);
	assert_int_equal(memories_of(&f, "web").count, 1);
	for (int day = 1; day <= 10; day++) {
		send(&f, 86400, 100 * MIB, 0);
		assert_int_equal(book_commit(&f.book), 0);
		assert_int_equal(ledger_keep_up(f.ledger, (int64_t)(f.once.real_ns / NS_PER_SECOND), 400), 0);
		assert_int_equal(
			fixture_ask(&f, "SELECT count(*) FROM memory_workload WHERE peak_bytes > 943000000"),
			day < 10);
	}
	fixture_destroy(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_slot_has_the_peak_and_what_all_containers_request),
		cmocka_unit_test(peaks_of_different_moments_are_not_added),
		cmocka_unit_test(the_next_three_hours_have_their_own_peak),
		cmocka_unit_test(kills_are_counted_from_the_first_sight),
		cmocka_unit_test(a_failed_commit_does_not_lose_a_peak),
		cmocka_unit_test(a_late_name_takes_the_peaks_along),
		cmocka_unit_test(a_ledger_without_memory_is_brought_up_to_date),
		cmocka_unit_test(old_peaks_go_with_the_loads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
