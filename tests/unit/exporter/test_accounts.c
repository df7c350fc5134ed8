#include "exporter/book.h"

#include "base/clock.h"
#include "tests/unit/unit.h"

#define J UINT64_C(1000000)

static struct book book;
static uint64_t seconds;

static void tell_who(
	uint64_t id, enum workload_kind kind, const char *workload, const char *uid, const char *container_id)
{
	const struct workload_row row = { .op = TOPOLOGY_ADD,
		.id = id,
		.kind = (uint8_t)kind,
		.workload = text_of(workload),
		.namespace = text_of("ns"),
		.pod = text_of(uid),
		.pod_uid = text_of(uid),
		.container = text_of(""),
		.container_id = text_of(container_id),
		.runtime = text_of("containerd"),
		.owner_kind = text_of(""),
		.owner = text_of(""),
		.path = text_of("/x") };
	const struct frame frame = { .rows = &row, .row_count = 1, .is_last = true };

	book_workloads(&book, &frame);
}

static void tell_power(const struct power_row *rows, size_t count, uint64_t total_uj, uint64_t idle_uj)
{
	struct power_once once = { .from_seq = book.seq,
		.mono_ns = ++seconds * NS_PER_SECOND,
		.state = POWER_MODEL,
		.source = text_of("curve:x"),
		.zone_mask = 3,
		.total_uj.by = { total_uj },
		.idle_uj.by = { idle_uj } };
	const struct frame frame = {
		.head = { .kind = FRAME_power, .energy_epoch = 1, .seq = seconds, .parts = 1 },
		.once = &once,
		.rows = rows,
		.row_count = count,
		.is_last = true
	};

	book_power(&book, &frame, seconds * NS_PER_SECOND);
}

static struct power_row power(uint64_t id, uint64_t package_uj, uint8_t flags)
{
	return (struct power_row) {
		.id = id, .flags = flags, .active_uj.by = { package_uj, package_uj / 10 }
	};
}

static const struct account *account(enum account_type type, const char *workload)
{
	for (uint32_t i = 0; i < book.account_count; i++)
		if (book.accounts[i].type == type && strcmp(book.accounts[i].workload, workload) == 0)
			return &book.accounts[i];
	fail_msg("no account of %s", workload);
	return NULL;
}

static uint64_t joules(const struct account *of)
{
	return (of->base_uj[0] + of->now_uj[0]) / J;
}

static void two_containers_make_one_pod(void **state)
{
	(void)state;
	tell_who(1, WORKLOAD_POD, "app", "uid-1", "aaa");
	tell_who(2, WORKLOAD_POD, "app", "uid-1", "bbb");
	const struct power_row first[] = { power(1, 10 * J, 0), power(2, 5 * J, 0) };
	tell_power(first, 2, 20 * J, 5 * J);
	const struct power_row second[] = { power(1, 12 * J, 0), power(2, 6 * J, 0) };
	tell_power(second, 2, 24 * J, 6 * J);
	assert_int_equal(joules(account(ACCOUNT_POD, "app")), 18);
	assert_int_equal(joules(account(ACCOUNT_WORKLOAD, "app")), 18);
	double watts;
	assert_true(book_watts(&account(ACCOUNT_POD, "app")->window[0], &watts));
	assert_true(watts > 2.999 && watts < 3.001); /* 3 J in 1 s */
	assert_true(book_watts(&book.total[0], &watts));
	assert_true(watts > 3.999 && watts < 4.001);
}

static void an_ended_container_leaves_its_joules_with_the_pod(void **state)
{
	(void)state;
	const struct power_row ended[] = { power(1, 13 * J, 0), power(2, 6 * J, ROW_FINAL) };
	tell_power(ended, 2, 26 * J, 7 * J);
	const struct power_row forgotten[] = { power(1, 14 * J, 0) };
	tell_power(forgotten, 1, 28 * J, 8 * J);
	assert_int_equal(joules(account(ACCOUNT_POD, "app")), 20);
	assert_int_equal(account(ACCOUNT_POD, "app")->ended_ns, 0); /* its other container lives */
	book_expire(&book, (seconds + 1000) * NS_PER_SECOND, 300 * NS_PER_SECOND);
	assert_int_equal(joules(account(ACCOUNT_POD, "app")), 20);
	for (uint32_t i = 0; i < book.account_count; i++)
		if (book.accounts[i].type == ACCOUNT_CONTAINER)
			assert_string_not_equal(book.accounts[i].key, "bbb");
}

static void a_late_name_moves_the_energy_and_makes_no_second_series(void **state)
{
	(void)state;
	tell_who(9, WORKLOAD_POD, "uid-9", "uid-9", "ccc");
	const struct power_row before[] = { power(1, 14 * J, 0), power(9, 4 * J, 0) };
	tell_power(before, 2, 32 * J, 8 * J);
	assert_int_equal(joules(account(ACCOUNT_WORKLOAD, "uid-9")), 4);
	tell_who(9, WORKLOAD_POD, "named", "uid-9", "ccc");
	const struct power_row after[] = { power(1, 14 * J, 0), power(9, 5 * J, 0) };
	tell_power(after, 2, 33 * J, 8 * J);
	assert_int_equal(joules(account(ACCOUNT_WORKLOAD, "named")), 5);
	uint32_t pods = 0;
	for (uint32_t i = 0; i < book.account_count; i++)
		pods += book.accounts[i].type == ACCOUNT_POD &&
			strcmp(book.accounts[i].pod_uid, "uid-9") == 0;
	assert_int_equal(pods, 1);
}

static void a_gap_in_the_sequence_is_counted(void **state)
{
	(void)state;
	uint64_t before = book.gaps;
	const struct power_row rows[] = { power(1, 15 * J, 0) };
	struct power_once once = { .from_seq = book.seq + 3,
		.mono_ns = ++seconds * NS_PER_SECOND,
		.source = text_of("x"),
		.state = POWER_MODEL };
	const struct frame frame = {
		.head = { .kind = FRAME_power, .energy_epoch = 1, .seq = seconds + 3, .parts = 1 },
		.once = &once,
		.rows = rows,
		.row_count = 1,
		.is_last = true
	};
	book_power(&book, &frame, seconds * NS_PER_SECOND);
	assert_int_equal(book.gaps, before + 1);
}

static void a_new_energy_epoch_begins_all_accounts_anew(void **state)
{
	(void)state;
	struct power_once once = {
		.mono_ns = ++seconds * NS_PER_SECOND, .source = text_of("x"), .state = POWER_MODEL
	};
	const struct frame frame = { .head = { .kind = FRAME_power, .energy_epoch = 2, .seq = 1, .parts = 1 },
		.once = &once,
		.is_last = true };
	book_power(&book, &frame, seconds * NS_PER_SECOND);
	assert_int_equal(book.account_count, 0);
	assert_false(book.has_workloads);
}

static int begin(void **state)
{
	(void)state;
	return book_init(&book, 64);
}

static int end(void **state)
{
	(void)state;
	book_done(&book);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_containers_make_one_pod),
		cmocka_unit_test(an_ended_container_leaves_its_joules_with_the_pod),
		cmocka_unit_test(a_late_name_moves_the_energy_and_makes_no_second_series),
		cmocka_unit_test(a_gap_in_the_sequence_is_counted),
		cmocka_unit_test(a_new_energy_epoch_begins_all_accounts_anew),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
