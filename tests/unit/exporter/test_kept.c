/* A book that is killed and begins anew from what was kept. */
#include "exporter/kept.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/exporter/told.h"
#include "tests/unit/unit.h"

#define J    UINT64_C(1000000)
#define KEEP (300 * NS_PER_SECOND)
#define MANY 10000

#define C2 "=\"c2\",=\"containerd\""

static struct kept kept;
static const struct book_config config = { .rows = 2 * MANY, .ended_max = 100, .processes = 1 };

static void begin(void)
{
	int fd;

	seconds = 0;
	energy_epoch = birth_ns = 1;
	assert_int_equal(book_init(&book, &config), 0);
	assert_int_equal(kept_create_fd(&fd), 0);
	assert_int_equal(kept_open_fd(&kept, &book, fd), 0);
}

static void end(void)
{
	kept_done(&kept);
	book_done(&book);
}

/* The successor's book is an empty one; to make it anew each time takes a sanitizer's calloc a quarter of a second. */
static int restart(void)
{
	int fd = dup(kept.fd);

	kept_done(&kept);
	book_forget(&book);
	book.energy_epoch = 0;
	book.epoch = (struct epoch) { 0 };
	return kept_open_fd(&kept, &book, fd);
}

static void tell_who(uint64_t id, const char *workload, const char *uid, const char *container_id)
{
	tell_name(id, WORKLOAD_POD, workload, uid, container_id, "containerd");
}

static void keep_power(const struct power_row *rows, size_t count)
{
	tell_power(rows, count);
	kept_save(&kept, &book);
}

static void keep_processes(const struct process_row *rows, size_t count)
{
	tell_processes(rows, count);
	kept_save(&kept, &book);
}

static struct power_row power(uint64_t id, uint64_t package_uj, uint8_t flags)
{
	return (struct power_row) { .id = id,
		.flags = flags,
		.cpu_ns = 7 * package_uj,
		.active_uj.by = { package_uj, package_uj / 10 },
		.idle_uj.by = { package_uj / 5 } };
}

static struct process_row process(uint32_t tgid, uint64_t package_uj)
{
	return (struct process_row) { .id = tgid == 0 ? ROW_ID_OTHER : 1,
		.tgid = tgid,
		.start_ns = 1,
		.active_uj.by = { package_uj },
		.comm = text_of("c"),
		.exe = text_of("e"),
		.vm_id = text_of(""),
		.vm_name = text_of(""),
		.hypervisor = text_of("") };
}

static struct energy energy_of(enum level level, const char *key)
{
	uint32_t index = accounts_find(&book.accounts, level, key, strlen(key));
	struct energy sum = { 0 };

	if (index == ACCOUNT_NONE)
		return sum;
	energy_add(&sum, &book.accounts.all[index].base);
	energy_add(&sum, &book.accounts.all[index].now);
	return sum;
}

#define POD "=\"u\""

static void assert_pod_has(uint64_t uj)
{
	const struct energy energy = energy_of(LEVEL_POD, POD);

	assert_int_equal(energy.total_uj[SHARE_PACKAGE], uj + uj / 5);
	assert_int_equal(energy.idle_uj[SHARE_PACKAGE], uj / 5);
	assert_int_equal(energy.total_uj[SHARE_DRAM], uj / 10);
	assert_int_equal(energy.cpu_ns, 7 * uj);
}

/* A pod with two containers, one of which ended with 5 J. */
static void end_a_container(void)
{
	tell_who(1, "app", "u", "c1");
	tell_who(2, "app", "u", "c2");
	keep_power((struct power_row[]) { power(1, 10 * J, 0), power(2, 4 * J, 0) }, 2);
	keep_power((struct power_row[]) { power(1, 20 * J, 0), power(2, 5 * J, ROW_FINAL) }, 2);
}

static void a_pods_joules_go_on_where_they_were(void **state)
{
	(void)state;
	begin();
	end_a_container();
	keep_power((struct power_row[]) { power(1, 30 * J, 0) }, 1);
	assert_pod_has(35 * J);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(restart(), 0);
		tell_who(1, "app", "u", "c1");
		keep_power((struct power_row[]) { power(1, 30 * J, 0) }, 1);
		assert_pod_has(35 * J);
	}
	assert_int_equal(kept.left_out, 0);
	end();
}

/* Killed after the ack left, and before the frame without the row came. */
static void a_row_forgotten_while_the_exporter_was_away_is_not_lost(void **state)
{
	(void)state;
	begin();
	end_a_container();
	assert_int_equal(restart(), 0);
	tell_who(1, "app", "u", "c1");
	keep_power((struct power_row[]) { power(1, 30 * J, 0) }, 1);
	assert_pod_has(35 * J);
	end();
}

static void a_row_that_is_still_told_counts_once(void **state)
{
	(void)state;
	begin();
	end_a_container();
	assert_int_equal(restart(), 0);
	tell_who(1, "app", "u", "c1");
	tell_who(2, "app", "u", "c2");
	for (int i = 0; i < 2; i++) {
		keep_power((struct power_row[]) { power(1, 30 * J, 0), power(2, 5 * J, ROW_FINAL) }, 2);
		assert_pod_has(35 * J);
	}
	end();
}

/* Nobody else may know who it was: the estimator may have died too. */
static void what_ended_is_shown_again_under_its_name_though_nobody_tells_it(void **state)
{
	(void)state;
	begin();
	end_a_container();
	uint32_t before = accounts_find(&book.accounts, LEVEL_CONTAINER, C2, strlen(C2));
	uint64_t described = book.accounts.all[before].described;
	assert_int_equal(restart(), 0);
	tell_no_names();
	for (int is_told = 0; is_told < 2; is_told++) {
		uint32_t index = accounts_find(&book.accounts, LEVEL_CONTAINER, C2, strlen(C2));
		assert_int_not_equal(index, ACCOUNT_NONE);
		const struct account *account = &book.accounts.all[index];
		assert_true(account_is_shown(account) || !is_told);
		assert_memory_equal(account->labels, "container=", 10);
		assert_int_equal(account->described, described);
		keep_power((struct power_row[]) { power(2, 5 * J, ROW_FINAL) }, 1);
	}
	keep_power(NULL, 0);
	book_expire(&book, seconds * NS_PER_SECOND + KEEP + 1, KEEP);
	assert_int_equal(book.accounts.in_use, 0); /* nobody came */
	kept_save(&kept, &book);
	assert_int_equal(restart(), 0);
	assert_int_equal(book.accounts.in_use, 0);
	end();
}

static void another_energy_epoch_clears_it(void **state)
{
	(void)state;
	begin();
	end_a_container();
	assert_int_equal(restart(), 0);
	energy_epoch++;
	tell_who(1, "app", "u", "c1");
	keep_power((struct power_row[]) { power(1, 3 * J, 0) }, 1);
	assert_pod_has(3 * J);
	assert_int_equal(restart(), 0);
	assert_int_equal(energy_of(LEVEL_POD, POD).total_uj[SHARE_PACKAGE], 0);
	end();
}

/* The estimator's joules go on, its CPU time does not. */
static void new_counters_begin_cpu_time_anew_and_no_energy(void **state)
{
	(void)state;
	for (int is_restarted = 0; is_restarted < 2; is_restarted++) {
		begin();
		end_a_container();
		keep_power((struct power_row[]) { power(1, 30 * J, 0) }, 1);
		if (is_restarted)
			assert_int_equal(restart(), 0);
		birth_ns++;
		tell_who(1, "app", "u", "c1");
		struct power_row row = power(1, 30 * J, 0);
		row.cpu_ns = 3;
		keep_power(&row, 1);
		assert_int_equal(energy_of(LEVEL_POD, POD).cpu_ns, 3);
		assert_int_equal(energy_of(LEVEL_POD, POD).idle_uj[SHARE_PACKAGE], 7 * J);
		end();
	}
}

/* Everything the second save wrote but the switch, in any order and cut off anywhere: the first save is what counts. */
static void a_kill_between_any_two_writes_leaves_one_whole_bank(void **state)
{
	size_t size = banks_bytes(KEPT_BYTES), changed = 0;
	char *memory, *before = malloc(size), *after = malloc(size);
	size_t *at = malloc(4096 * sizeof(*at));

	(void)state;
	begin();
	end_a_container();
	memory = kept.bases.memory;
	memcpy(before, memory, size);
	keep_power((struct power_row[]) { power(1, 30 * J, 0) }, 1);
	memcpy(after, memory, size);
	for (size_t i = sizeof(uint32_t); i < size; i++) { /* the first word is the switch */
		if (before[i] == after[i])
			continue;
		assert_in_range(changed, 0, 4095);
		at[changed++] = i;
	}
	assert_true(changed > 100);
	for (size_t cut = 0; cut <= changed; cut += 1 + changed / 16) {
		memory = kept.bases.memory;
		memcpy(memory, before, sizeof(uint32_t));
		for (size_t i = 0; i < changed; i++)
			memory[at[i]] = before[at[i]];
		for (size_t i = 0; i < cut; i++)
			memory[at[i * 7919 % changed]] = after[at[i * 7919 % changed]];
		assert_int_equal(restart(), 0);
		assert_int_equal(book.row_count, 1); /* the ended row of the first save */
	}
	memory = kept.bases.memory;
	for (size_t i = 0; i < changed; i++)
		memory[at[i]] = after[at[i]];
	memcpy(memory, after, sizeof(uint32_t));
	assert_int_equal(restart(), 0);
	assert_int_equal(book.row_count, 0);
	assert_int_equal(energy_of(LEVEL_POD, POD).total_uj[SHARE_PACKAGE], 6 * J);
	end();
	free(before);
	free(after);
	free(at);
}

static void what_is_corrupt_or_foreign_is_set_aside(void **state)
{
	int fd;

	(void)state;
	begin();
	end_a_container();
	((char *)kept.bases.memory)[banks_bytes(0) + 40]++; /* behind the heads: bank 0 */
	((char *)kept.bases.memory)[banks_bytes(KEPT_BYTES) - KEPT_BYTES + 40]++;
	assert_int_equal(restart(), -EBADMSG);
	assert_int_equal(book.accounts.in_use, 0);
	assert_int_equal(book.row_count, 0);
	kept_save(&kept, &book); /* nowhere to: does nothing */
	assert_int_equal(kept_create_fd(&fd), 0);
	assert_int_equal(pwrite(fd, "other", 5, 0), 5);
	assert_int_equal(kept_open_fd(&kept, &book, fd), -EBADMSG);
	assert_int_equal(kept_create_fd(&fd), 0);
	assert_int_equal(ftruncate(fd, 4096), 0);
	assert_int_equal(kept_open_fd(&kept, &book, fd), -EBADMSG);
	end();
}

/* A checksum that is right over bytes that are not. */
static void limits_hold_behind_the_checksum_too(void **state)
{
	size_t size;

	(void)state;
	for (size_t word = 0; word < 33; word += 3) {
		begin();
		end_a_container();
		const char *current = banks_current(&kept.bases, &size);
		assert_true(size >= 36 * sizeof(uint32_t));
		char *spare = banks_spare(&kept.bases);
		memcpy(spare, current, size);
		memset(spare + word * sizeof(uint32_t), 0xff, 3 * sizeof(uint32_t));
		banks_switch(&kept.bases, size);
		int r = restart();
		assert_true(r == 0 || r == -EBADMSG);
		assert_true(r == 0 || book.accounts.in_use == 0);
		end();
	}
}

static void nothing_is_written_while_no_base_changes(void **state)
{
	size_t size;

	(void)state;
	begin();
	end_a_container();
	const void *current = banks_current(&kept.bases, &size);
	for (uint64_t i = 3; i < 10; i++)
		keep_power((struct power_row[]) { power(1, 10 * i * J, 0), power(2, 5 * J, ROW_FINAL) }, 2);
	assert_ptr_equal(banks_current(&kept.bases, &size), current);
	keep_power((struct power_row[]) { power(1, 100 * J, 0) }, 1);
	assert_ptr_not_equal(banks_current(&kept.bases, &size), current);
	end();
}

static void what_finds_no_room_is_counted(void **state)
{
	struct power_row *rows = calloc(MANY, sizeof(*rows));
	char uid[260];

	(void)state;
	begin();
	for (uint64_t i = 0; i < MANY; i++) {
		snprintf(uid, sizeof(uid), "%0250u", (unsigned)i);
		tell_who(1 + i, uid, uid, uid + 190);
		rows[i] = power(1 + i, J, ROW_FINAL);
	}
	keep_power(rows, MANY);
	assert_in_range(kept.left_out, 1, 4 * MANY);
	assert_int_equal(restart(), 0);
	assert_in_range(book.accounts.in_use, MANY / 4, 3 * MANY - 1);
	end();
	free(rows);
}

/* One of three processes is shown; the others and what has no row are pid 0's. */
static void the_series_of_all_others_goes_on_and_counts_nothing_twice(void **state)
{
	(void)state;
	begin();
	tell_no_names();
	keep_power(NULL, 0);
	keep_processes((struct process_row[]) { process(0, J), process(7, 9 * J), process(8, 2 * J),
			       process(9, 3 * J) },
		4);
	keep_power(NULL, 0);
	keep_processes((struct process_row[]) { process(0, J), process(7, 10 * J), process(9, 4 * J) }, 3);
	assert_int_equal(energy_of(LEVEL_PROCESS, "0").total_uj[SHARE_PACKAGE], 7 * J);
	assert_int_equal(restart(), 0);
	tell_no_names();
	keep_power(NULL, 0);
	keep_processes(
		(struct process_row[]) { process(0, 2 * J), process(7, 11 * J), process(9, 5 * J) }, 3);
	assert_int_equal(energy_of(LEVEL_PROCESS, "0").total_uj[SHARE_PACKAGE], 8 * J);
	keep_power(NULL, 0);
	keep_processes(
		(struct process_row[]) { process(0, 2 * J), process(7, 12 * J), process(9, 6 * J) }, 3);
	assert_int_equal(energy_of(LEVEL_PROCESS, "0").total_uj[SHARE_PACKAGE], 9 * J);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pods_joules_go_on_where_they_were),
		cmocka_unit_test(a_row_forgotten_while_the_exporter_was_away_is_not_lost),
		cmocka_unit_test(a_row_that_is_still_told_counts_once),
		cmocka_unit_test(what_ended_is_shown_again_under_its_name_though_nobody_tells_it),
		cmocka_unit_test(another_energy_epoch_clears_it),
		cmocka_unit_test(new_counters_begin_cpu_time_anew_and_no_energy),
		cmocka_unit_test(a_kill_between_any_two_writes_leaves_one_whole_bank),
		cmocka_unit_test(what_is_corrupt_or_foreign_is_set_aside),
		cmocka_unit_test(limits_hold_behind_the_checksum_too),
		cmocka_unit_test(nothing_is_written_while_no_base_changes),
		cmocka_unit_test(what_finds_no_room_is_counted),
		cmocka_unit_test(the_series_of_all_others_goes_on_and_counts_nothing_twice),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
