#include "exporter/book/book.h"

#include "tests/unit/exporter/told.h"
#include "tests/unit/unit.h"

#define J     UINT64_C(1000000)
#define NONE  ACCOUNT_NONE
#define KEEP  (300 * NS_PER_SECOND)
#define ENDED 3 /* shown of each level */

static void tell_who_runs(uint64_t id, enum workload_kind kind, const char *workload, const char *uid,
	const char *container_id, const char *runtime)
{
	tell_name(id, kind, workload, uid, container_id, runtime);
}

static void tell_who(
	uint64_t id, enum workload_kind kind, const char *workload, const char *uid, const char *container_id)
{
	tell_who_runs(id, kind, workload, uid, container_id, "containerd");
}

static struct power_row power(uint64_t id, uint64_t package_uj, uint8_t flags)
{
	return (struct power_row) {
		.id = id, .flags = flags, .active_uj.by = { package_uj, package_uj / 10 }
	};
}

static void tell_processes_later(const struct process_row *rows, size_t count)
{
	seconds++;
	tell_processes(rows, count);
}

static struct process_row process(uint32_t tgid, uint64_t start_ns, uint64_t package_uj, const char *vm)
{
	return (struct process_row) { .id = tgid == 0 ? ROW_ID_OTHER : 1,
		.tgid = tgid,
		.start_ns = start_ns,
		.cpu_ns = package_uj,
		.active_uj.by = { package_uj },
		.comm = text_of("c"),
		.exe = text_of("e"),
		.vm_id = text_of(vm),
		.vm_name = text_of(vm),
		.hypervisor = text_of(vm[0] != '\0' ? "qemu" : "") };
}

static struct account *find(enum level level, const char *key)
{
	uint32_t index = accounts_find(&book.accounts, level, key, strlen(key));

	return index == NONE ? NULL : &book.accounts.all[index];
}

static struct account *account(enum level level, const char *key)
{
	struct account *found = find(level, key);

	if (found == NULL)
		fail_msg("no account of %s", key);
	return found;
}

static uint64_t joules(const struct account *of)
{
	return (of->base.total_uj[0] + of->now.total_uj[0]) / J;
}

static bool is_gone(const struct account *of)
{
	return of == NULL || !account_is_shown(of);
}

#define CONTAINER(id)  "=\"" id "\",=\"containerd\""
#define WORKLOAD(name) "workload=\"" name "\",namespace=\"ns\",kind=\"pod\""

static void two_containers_make_one_pod(void **state)
{
	(void)state;
	tell_who(1, WORKLOAD_POD, "app", "uid-1", "aaa");
	tell_who(2, WORKLOAD_POD, "app", "uid-1", "bbb");
	const struct power_row first[] = { power(1, 10 * J, 0), power(2, 5 * J, 0) };
	tell_power(first, 2);
	const struct power_row second[] = { power(1, 12 * J, 0), power(2, 6 * J, 0) };
	tell_power(second, 2);
	assert_int_equal(joules(account(LEVEL_POD, "=\"uid-1\"")), 18);
	assert_int_equal(joules(account(LEVEL_WORKLOAD, WORKLOAD("app"))), 18);
	assert_int_equal(account(LEVEL_POD, "=\"uid-1\"")->watts_uw[SHARE_PACKAGE], 3 * J); /* 3 J in 1 s */
	assert_int_equal(account(LEVEL_CONTAINER, CONTAINER("bbb"))->watts_uw[SHARE_PACKAGE], J);
}

static void two_runtimes_may_each_have_a_container_of_one_name(void **state)
{
	(void)state;
	tell_who_runs(1, WORKLOAD_CONTAINER, "web", "", "web", "lxc");
	tell_who_runs(2, WORKLOAD_CONTAINER, "web", "", "web", "nspawn");
	const struct power_row rows[] = { power(1, 10 * J, 0), power(2, 5 * J, 0) };
	tell_power(rows, 2);
	assert_int_equal(joules(account(LEVEL_CONTAINER, "=\"web\",=\"lxc\"")), 10);
	assert_int_equal(joules(account(LEVEL_CONTAINER, "=\"web\",=\"nspawn\"")), 5);
	const struct process_row process_of_row_1 = process(7, 1, J, "");
	tell_processes_later(&process_of_row_1, 1);
	const struct account *seven = account(LEVEL_PROCESS, "7");
	assert_non_null(memmem(seven->labels, seven->labels_size, "container_id=\"web\",vm_id", 24));
}

static void an_ended_container_leaves_its_joules_with_the_pod(void **state)
{
	(void)state;
	two_containers_make_one_pod(NULL);
	const struct power_row ended[] = { power(1, 13 * J, 0), power(2, 6 * J, ROW_FINAL) };
	tell_power(ended, 2);
	assert_int_equal(account(LEVEL_CONTAINER, CONTAINER("bbb"))->rows, 0);
	const struct power_row forgotten[] = { power(1, 14 * J, 0) };
	tell_power(forgotten, 1);
	assert_int_equal(joules(account(LEVEL_POD, "=\"uid-1\"")), 20);
	assert_int_equal(account(LEVEL_POD, "=\"uid-1\"")->ended_ns, 0); /* its other container lives */
	book_expire(&book, (seconds + 1000) * NS_PER_SECOND, KEEP);
	assert_int_equal(joules(account(LEVEL_POD, "=\"uid-1\"")), 20);
	assert_null(find(LEVEL_CONTAINER, CONTAINER("bbb")));
	assert_non_null(find(LEVEL_CONTAINER, CONTAINER("aaa")));
}

static void a_terminated_pod_keeps_its_series_for_its_time_whoever_asks(void **state)
{
	(void)state;
	two_containers_make_one_pod(NULL);
	const struct power_row ended[] = { power(1, 13 * J, ROW_FINAL), power(2, 6 * J, ROW_FINAL) };
	tell_power(ended, 2);
	for (int i = 0; i < 298; i++) {
		tell_power(ended, 2);
		book_expire(&book, seconds * NS_PER_SECOND, KEEP);
	}
	assert_false(is_gone(find(LEVEL_POD, "=\"uid-1\"")));
	for (int i = 0; i < 5; i++)
		tell_power(ended, 2);
	book_expire(&book, seconds * NS_PER_SECOND, KEEP);
	assert_true(is_gone(find(LEVEL_POD, "=\"uid-1\"")));
	tell_power(NULL, 0);
	assert_null(find(LEVEL_POD, "=\"uid-1\""));
	assert_int_equal(book.accounts.in_use, 0);
}

static void of_too_many_terminated_the_first_go_and_are_counted(void **state)
{
	struct power_row rows[2 * ENDED];
	char name[8];

	(void)state;
	for (uint64_t i = 0; i < 2 * ENDED; i++) {
		snprintf(name, sizeof(name), "u%llu", (unsigned long long)i);
		tell_who(10 + i, WORKLOAD_POD, name, name, name);
		rows[i] = power(10 + i, J, 0);
	}
	tell_power(rows, 2 * ENDED);
	for (size_t i = 0; i < 2 * ENDED; i++) {
		rows[i].flags = ROW_FINAL;
		tell_power(rows, 2 * ENDED);
	}
	assert_true(is_gone(find(LEVEL_POD, "=\"u0\"")));
	assert_true(is_gone(find(LEVEL_POD, "=\"u2\"")));
	assert_false(is_gone(find(LEVEL_POD, "=\"u3\"")));
	assert_false(is_gone(find(LEVEL_CONTAINER, CONTAINER("u5"))));
	assert_int_equal(book.accounts.ended_dropped, 3 * ENDED); /* pods, containers, workloads */
	rows[0].flags = 0;                                        /* it lives after all */
	tell_power(rows, 2 * ENDED);
	assert_false(is_gone(find(LEVEL_POD, "=\"u0\"")));
}

static void a_late_name_moves_the_energy_and_makes_no_second_series(void **state)
{
	(void)state;
	tell_who(9, WORKLOAD_POD, "uid-9", "uid-9", "ccc");
	const struct power_row before = power(9, 4 * J, 0), after = power(9, 5 * J, 0);
	tell_power(&before, 1);
	assert_int_equal(joules(account(LEVEL_WORKLOAD, WORKLOAD("uid-9"))), 4);
	tell_who(9, WORKLOAD_POD, "named", "uid-9", "ccc");
	tell_power(&after, 1);
	assert_int_equal(joules(account(LEVEL_WORKLOAD, WORKLOAD("named"))), 5);
	assert_true(is_gone(find(LEVEL_WORKLOAD, WORKLOAD("uid-9"))));
	assert_int_equal(joules(account(LEVEL_POD, "=\"uid-9\"")), 5);
	assert_int_equal(book.accounts.in_use, 4); /* the empty one waits for its end */
}

static void a_gap_in_the_sequence_is_counted(void **state)
{
	(void)state;
	two_containers_make_one_pod(NULL);
	uint64_t before = book.gaps;
	struct power_once once = { .from_seq = book.seq + 3,
		.mono_ns = ++seconds * NS_PER_SECOND,
		.source = text_of("x"),
		.state = POWER_MODEL };
	const struct frame frame = {
		.head = { .kind = FRAME_power, .energy_epoch = energy_epoch, .seq = seconds + 3, .parts = 1 },
		.once = &once,
		.is_last = true
	};
	book_power(&book, &frame, seconds * NS_PER_SECOND);
	assert_int_equal(book.gaps, before + 1);
}

static void a_new_energy_epoch_begins_all_accounts_anew(void **state)
{
	(void)state;
	two_containers_make_one_pod(NULL);
	energy_epoch++;
	tell_power(NULL, 0);
	assert_int_equal(book.accounts.in_use, 0);
	assert_false(book.has_workloads);
}

static void names_may_come_before_the_power_of_a_new_epoch(void **state)
{
	const struct power_row row = power(1, 3 * J, 0);

	(void)state;
	two_containers_make_one_pod(NULL);
	energy_epoch++;
	tell_who(1, WORKLOAD_POD, "app", "uid-1", "aaa");
	assert_false(book.has_power);
	tell_power(&row, 1);
	assert_true(book.has_workloads);
	assert_int_equal(joules(account(LEVEL_POD, "=\"uid-1\"")), 3);
}

/* What waited in the sender's queue for the killed predecessor comes first, and the next frame may be a minute away. */
static void power_before_names_is_nobodys_and_not_shown(void **state)
{
	const struct power_row row = power(1, 3 * J, 0);

	(void)state;
	tell_power(&row, 1);
	assert_false(book.has_power);
	tell_who(1, WORKLOAD_POD, "app", "uid-1", "aaa");
	assert_false(book.has_power);
	tell_power(&row, 1);
	assert_true(book.has_power);
	assert_int_equal(joules(account(LEVEL_POD, "=\"uid-1\"")), 3);
}

static void a_full_book_counts_what_it_drops_and_takes_again_what_becomes_free(void **state)
{
	char key[16];

	(void)state;
	for (uint32_t i = 0; i < ACCOUNTS_MAX + 10; i++) {
		int size = snprintf(key, sizeof(key), "%u", i);
		accounts_get(&book.accounts, LEVEL_POD, key, (size_t)size);
	}
	assert_int_equal(book.accounts.dropped, 10);
	accounts_remove(&book.accounts, accounts_find(&book.accounts, LEVEL_POD, "777", 3));
	assert_int_equal(accounts_find(&book.accounts, LEVEL_POD, "777", 3), NONE);
	assert_int_not_equal(accounts_get(&book.accounts, LEVEL_POD, "new", 3), NONE);
	assert_int_not_equal(accounts_find(&book.accounts, LEVEL_POD, "776", 3), NONE);
}

/* processes: two have series in this book */

static void the_processes_that_used_most_have_series_and_the_rest_never_goes_back(void **state)
{
	(void)state;
	tell_no_names();
	tell_power(NULL, 0);
	const struct process_row first[] = { process(0, 0, 100 * J, ""), process(11, 1, 9 * J, ""),
		process(12, 1, 8 * J, ""), process(13, 1, 7 * J, "") };
	tell_processes_later(first, 4);
	assert_false(is_gone(find(LEVEL_PROCESS, "12")));
	assert_true(is_gone(find(LEVEL_PROCESS, "13")));
	assert_int_equal(joules(account(LEVEL_PROCESS, "0")), 107);
	const struct process_row second[] = { process(0, 0, 101 * J, ""), process(11, 1, 9 * J, ""),
		process(12, 1, 8 * J, ""), process(13, 1, 20 * J, "") };
	tell_processes_later(second, 4);
	assert_true(is_gone(find(LEVEL_PROCESS, "12")));
	assert_int_equal(joules(account(LEVEL_PROCESS, "13")), 20);
	assert_int_equal(joules(account(LEVEL_PROCESS, "0")), 121); /* its 13 J came before it had a series */
	const struct process_row third[] = { process(0, 0, 101 * J, ""), process(11, 1, 9 * J, ""),
		process(12, 1, 10 * J, ""), process(13, 1, 30 * J, "") };
	tell_processes_later(third, 4);
	assert_int_equal(joules(account(LEVEL_PROCESS, "0")), 123); /* and the 2 J of 12 */
	assert_int_equal(joules(account(LEVEL_PROCESS, "12")), 10);
	assert_int_equal(book.processes_omitted, 7);
}

static void what_former_rows_had_is_not_counted_a_second_time(void **state)
{
	struct process_row rows[] = { process(0, 0, 5 * J, ""), process(0, 0, 50 * J, "") };

	(void)state;
	rows[1].id = ROW_ID_ENDED;
	tell_no_names();
	tell_power(NULL, 0);
	tell_processes_later(rows, 2);
	assert_int_equal(joules(account(LEVEL_PROCESS, "0")), 5);
}

static void of_two_processes_with_one_number_the_newer_has_the_series(void **state)
{
	struct process_row row = process(11, 1, 9 * J, "");

	(void)state;
	tell_no_names();
	tell_power(NULL, 0);
	row.flags = ROW_FINAL;
	tell_processes_later(&row, 1);
	assert_int_equal(account(LEVEL_PROCESS, "11")->rows, 0);
	row = process(11, 2, 1 * J, "");
	tell_processes_later(&row, 1);
	assert_int_equal(account(LEVEL_PROCESS, "11")->rows, 1);
	assert_int_equal(joules(account(LEVEL_PROCESS, "11")), 1);
	assert_int_equal(book.accounts.ended[LEVEL_PROCESS].count, 0);
}

static void a_process_that_lost_its_row_starts_anew_when_it_has_one_again(void **state)
{
	struct process_row row = process(11, 1, 9 * J, "");

	(void)state;
	tell_no_names();
	tell_power(NULL, 0);
	tell_processes_later(&row, 1);
	tell_processes_later(NULL, 0);
	assert_null(find(LEVEL_PROCESS, "11"));
	row = process(11, 1, 2 * J, "");
	tell_processes_later(&row, 1);
	assert_int_equal(joules(account(LEVEL_PROCESS, "11")), 2);
	row.active_uj.by[0] = J; /* lost and found between two frames */
	tell_processes_later(&row, 1);
	assert_int_equal(joules(account(LEVEL_PROCESS, "11")), 3);
}

static void a_machine_is_the_sum_of_its_processes_also_of_those_that_are_gone(void **state)
{
	struct process_row rows[] = { process(21, 1, 4 * J, "vm-1"), process(22, 1, 3 * J, "vm-1") };

	(void)state;
	tell_no_names();
	tell_power(NULL, 0);
	tell_processes_later(rows, 2);
	assert_int_equal(joules(account(LEVEL_VM, "=\"vm-1\"")), 7);
	rows[1].flags = ROW_FINAL;
	tell_processes_later(rows, 2);
	tell_processes_later(rows, 1);
	rows[0].active_uj.by[0] = 5 * J;
	tell_processes_later(rows, 1);
	assert_int_equal(joules(account(LEVEL_VM, "=\"vm-1\"")), 8);
	assert_int_equal(account(LEVEL_VM, "=\"vm-1\"")->rows, 1);
	book_expire(&book, (seconds + 1000) * NS_PER_SECOND, KEEP);
	assert_null(find(LEVEL_PROCESS, "22"));
	assert_int_equal(joules(account(LEVEL_VM, "=\"vm-1\"")), 8);
	rows[0].flags = ROW_FINAL;
	tell_processes_later(rows, 1);
	tell_processes_later(NULL, 0);
	assert_int_equal(account(LEVEL_VM, "=\"vm-1\"")->rows, 0);
	book_expire(&book, (seconds + 1000) * NS_PER_SECOND, KEEP);
	assert_null(find(LEVEL_VM, "=\"vm-1\""));
}

/* Two have series; all are told, whoever used most. */
static void machines_beyond_the_shown_processes_count_once(void **state)
{
	struct process_row rows[] = { process(21, 1, 0, "vm-1"), process(22, 1, 0, "vm-2"),
		process(23, 1, 0, "vm-3"), process(24, 1, 0, "vm-4") };
	uint64_t used[4] = { 0 };

	(void)state;
	tell_no_names();
	tell_power(NULL, 0);
	for (unsigned i = 0; i < 40; i++) {
		for (unsigned vm = 0; vm < 4; vm++) {
			used[vm] += (i / 10 + vm) % 4 == 0 ? 50 : 1;
			rows[vm].active_uj.by[0] = used[vm] * J;
		}
		tell_processes_later(rows, 4);
		assert_int_equal(joules(account(LEVEL_VM, "=\"vm-1\"")), used[0]);
		assert_int_equal(joules(account(LEVEL_VM, "=\"vm-2\"")), used[1]);
		assert_int_equal(joules(account(LEVEL_VM, "=\"vm-3\"")), used[2]);
		assert_int_equal(joules(account(LEVEL_VM, "=\"vm-4\"")), used[3]);
	}
}

static void a_machine_with_a_cgroup_is_that_cgroup_and_is_called_by_its_uuid(void **state)
{
	const struct power_row row = power(1, 6 * J, 0);
	const struct process_row qemu = process(21, 1, 4 * J, "uuid-1");

	(void)state;
	tell_who(1, WORKLOAD_VM, "web", "", "");
	tell_power(&row, 1);
	tell_processes_later(&qemu, 1);
	const struct account *vm = account(LEVEL_VM, "=\"web\"");
	assert_int_equal(joules(vm), 6);
	assert_non_null(memmem(vm->labels, vm->labels_size, "vm_id=\"uuid-1\"", 14));
	assert_null(find(LEVEL_VM, "=\"uuid-1\""));
}

/* One without windows and one that has all of them, from the same instant on. */
static void what_begins_to_use_late_draws_what_it_would_with_a_window_from_the_start(void **state)
{
	struct window beat = { 0 };
	struct account_past pasts[2] = { 0 };
	struct account late = { .past = &pasts[0] }, always = { .is_heir = true, .past = &pasts[1] };

	(void)state;
	for (uint64_t second = 1; second < 200; second++) {
		const uint64_t used[SHARE_COUNT] = { second > 100 ? second * J : 0, second > 1 ? J : 0, 0 };
		const struct pulse pulse = pulse_at(&beat, second * NS_PER_SECOND);
		account_grow(&late, used);
		account_grow(&always, used);
		account_push(&late, &pulse);
		account_push(&always, &pulse);
		window_push(&beat, second * NS_PER_SECOND, 0);
		assert_memory_equal(late.watts_uw, always.watts_uw, sizeof(late.watts_uw));
		assert_true(late.watts_uw[SHARE_GPU] == (second == 1 ? WATTS_NONE : 0));
	}
	assert_int_equal(pasts[0].window[SHARE_GPU].count, 0);
	assert_true(late.watts_uw[SHARE_PACKAGE] > 100 * J);
}

static int begin(void **state)
{
	const struct book_config config = { .rows = 64, .ended_max = ENDED, .processes = 2 };

	(void)state;
	seconds = 0;
	energy_epoch = 1;
	return book_init(&book, &config);
}

static int end(void **state)
{
	(void)state;
	book_done(&book);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(two_containers_make_one_pod),
		TEST(two_runtimes_may_each_have_a_container_of_one_name),
		TEST(an_ended_container_leaves_its_joules_with_the_pod),
		TEST(a_terminated_pod_keeps_its_series_for_its_time_whoever_asks),
		TEST(of_too_many_terminated_the_first_go_and_are_counted),
		TEST(a_late_name_moves_the_energy_and_makes_no_second_series),
		TEST(a_gap_in_the_sequence_is_counted),
		TEST(a_new_energy_epoch_begins_all_accounts_anew),
		TEST(names_may_come_before_the_power_of_a_new_epoch),
		TEST(power_before_names_is_nobodys_and_not_shown),
		TEST(a_full_book_counts_what_it_drops_and_takes_again_what_becomes_free),
		TEST(the_processes_that_used_most_have_series_and_the_rest_never_goes_back),
		TEST(what_former_rows_had_is_not_counted_a_second_time),
		TEST(of_two_processes_with_one_number_the_newer_has_the_series),
		TEST(a_process_that_lost_its_row_starts_anew_when_it_has_one_again),
		TEST(a_machine_is_the_sum_of_its_processes_also_of_those_that_are_gone),
		TEST(machines_beyond_the_shown_processes_count_once),
		TEST(a_machine_with_a_cgroup_is_that_cgroup_and_is_called_by_its_uuid),
		TEST(what_begins_to_use_late_draws_what_it_would_with_a_window_from_the_start),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
