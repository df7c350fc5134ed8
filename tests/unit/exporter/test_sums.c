/* What a scrape shows adds up, whatever happens: births, ends, other names, what is over a bound, kills. */
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "exporter/kept.h"
#include "tests/unit/unit.h"

#define ROWS     64
#define NAMES    24 /* rows share some of them, and come back under them */
#define SECONDS  400
#define KEEP     (70 * NS_PER_SECOND) /* more than the window */
#define SETTLED  3                    /* frames after a start until there are watts */
#define KILLS_IN 25

static struct book book;
static struct kept kept;

/* The sender's world. */
static struct {
	uint64_t id, uj, listed_uj;
	unsigned name;
	bool is_told_who, is_provisional, is_final, is_used;
	uint64_t ended_s;
} rows[ROWS];
static uint64_t seconds, next_id, active_uj, gone_uj, unlisted_uj;
static uint32_t dice;

static uint32_t throw(uint32_t sides)
{
	dice = dice * 1664525 + 1013904223;
	return (dice >> 8) % sides;
}

static void tell_who(size_t at)
{
	char workload[32];
	const struct text none = text_of("");

	snprintf(workload, sizeof(workload), rows[at].is_provisional ? "id%u" : "w%u.service",
		rows[at].is_provisional ? (unsigned)rows[at].id : rows[at].name);
	const struct workload_row row = { .id = rows[at].id,
		.kind = WORKLOAD_UNIT,
		.workload = text_of(workload),
		.namespace = text_of("ns"),
		.pod = none,
		.pod_uid = none,
		.container = none,
		.container_id = none,
		.runtime = none,
		.path = text_of("/x") };
	const struct frame frame = { .head.energy_epoch = 1, .rows = &row, .row_count = 1, .is_last = true };

	book_workloads(&book, &frame);
}

static void tell_power(uint64_t idle_uj)
{
	struct power_row sent[ROWS];
	size_t count = 0;
	struct power_once once = { .from_seq = book.seq,
		.mono_ns = seconds * NS_PER_SECOND,
		.state = POWER_MODEL,
		.source = text_of("x"),
		.zone_mask = 1,
		.total_uj.by = { active_uj + idle_uj },
		.idle_uj.by = { idle_uj } };

	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].is_used)
			sent[count++] = (struct power_row) { .id = rows[i].id,
				.flags = rows[i].is_final ? ROW_FINAL : 0,
				.active_uj.by = { rows[i].uj } };
	const struct frame frame = {
		.head = { .kind = FRAME_power, .energy_epoch = 1, .seq = seconds, .parts = 1 },
		.once = &once,
		.rows = sent,
		.row_count = count,
		.is_last = true
	};
	book_power(&book, &frame, seconds * NS_PER_SECOND);
	book_expire(&book, seconds * NS_PER_SECOND, KEEP);
	kept_save(&kept, &book);
}

/* Each row is one process; the sender lists some of them, and what the others used is in pid 0. */
static void tell_processes(void)
{
	const struct process_once once = { .mono_ns = seconds * NS_PER_SECOND };
	struct process_row sent[ROWS + 1];
	uint64_t other_uj = active_uj - unlisted_uj;
	size_t count = 0;
	const struct process_row nobody = { .id = ROW_ID_OTHER,
		.comm = text_of("c"),
		.exe = text_of("e"),
		.vm_id = text_of(""),
		.vm_name = text_of(""),
		.hypervisor = text_of("") };

	for (size_t i = 0; i < ROWS; i++) {
		if (!rows[i].is_used || rows[i].is_final || rows[i].id % 3 != 0)
			continue;
		sent[count] = nobody;
		sent[count].id = rows[i].id;
		sent[count].tgid = (uint32_t)rows[i].id;
		sent[count].start_ns = 1;
		sent[count].active_uj.by[ZONE_PACKAGE] = rows[i].listed_uj;
		other_uj -= rows[i].listed_uj;
		count++;
	}
	sent[count] = nobody;
	sent[count++].active_uj.by[ZONE_PACKAGE] = other_uj;
	const struct frame frame = {
		.head = { .kind = FRAME_process, .energy_epoch = 1, .seq = seconds, .parts = 1 },
		.once = &once,
		.rows = sent,
		.row_count = count,
		.is_last = true
	};
	book_processes(&book, &frame, seconds * NS_PER_SECOND);
	kept_save(&kept, &book);
}

static void bear(size_t at)
{
	rows[at] = (__typeof__(rows[at])) { .id = ++next_id, .name = throw(NAMES), .is_used = true };
	if (throw(8) != 0) { /* some are never named */
		rows[at].is_told_who = true;
		rows[at].is_provisional = throw(4) == 0;
		tell_who(at);
	}
}

static void live(size_t at)
{
	uint64_t used = throw(3) == 0 ? 1000000 * (uint64_t) throw(50) + throw(1000000) : 0;

	if (!rows[at].is_used && throw(6) == 0)
		bear(at);
	if (!rows[at].is_used || rows[at].is_final)
		return;
	rows[at].uj += used;
	rows[at].listed_uj += used;
	active_uj += used;
	if (rows[at].is_provisional && throw(5) == 0) { /* a late name */
		rows[at].is_provisional = false;
		tell_who(at);
	}
	rows[at].is_final = throw(7) == 0;
	unlisted_uj += rows[at].is_final && rows[at].id % 3 == 0 ? rows[at].listed_uj : 0;
	rows[at].ended_s = seconds;
}

/* Sent until it is acknowledged. */
static void forget_old(void)
{
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].is_used && rows[i].is_final &&
			seconds > rows[i].ended_s + KEEP / NS_PER_SECOND + 2) {
			gone_uj += rows[i].uj;
			rows[i].is_used = false;
		}
}

/* The sender may have died as well: then it knows only the living by name. */
static void kill_and_resume(bool names_are_lost)
{
	int fd = dup(kept.fd);

	kept_done(&kept);
	book_forget(&book);
	book.energy_epoch = 0;
	assert_int_equal(kept_open_fd(&kept, &book, fd), 0);
	const struct frame frame = { .head.energy_epoch = 1, .is_last = true };
	book_workloads(&book, &frame);
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].is_used && rows[i].is_told_who && !(names_are_lost && rows[i].is_final))
			tell_who(i);
}

static uint64_t joules_of(const struct account *account)
{
	return account->base.total_uj[0] + account->now.total_uj[0];
}

static uint64_t long_ended_uj(void)
{
	uint64_t uj = gone_uj;

	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].is_used && rows[i].is_final && seconds - rows[i].ended_s > KEEP / NS_PER_SECOND)
			uj += rows[i].uj;
	return uj;
}

static uint64_t last_uj[NAMES], last_rest_uj;

static void check_joules(void)
{
	uint64_t shown_uj = 0;

	for (unsigned name = 0; name < NAMES; name++) {
		char key[64];
		int size = snprintf(
			key, sizeof(key), "workload=\"w%u.service\",namespace=\"ns\",kind=\"unit\"", name);
		uint32_t at = accounts_find(&book.accounts, LEVEL_WORKLOAD, key, (size_t)size);
		bool is_shown = at != ACCOUNT_NONE && account_is_shown(&book.accounts.all[at]);
		uint64_t uj = is_shown ? joules_of(&book.accounts.all[at]) : 0;
		assert_true(uj >= last_uj[name] || !is_shown); /* one that begins anew was away */
		last_uj[name] = uj;
	}
	for (uint32_t i = 0; i < book.accounts.count; i++)
		if (book.accounts.all[i].level == LEVEL_WORKLOAD && account_is_shown(&book.accounts.all[i]))
			shown_uj += joules_of(&book.accounts.all[i]);
	assert_true(shown_uj <= active_uj);
	assert_true(active_uj - shown_uj >= last_rest_uj);
	last_rest_uj = active_uj - shown_uj;
	/* of what lives or ended of late, nothing is missing, but over the bound */
	assert_true(book.accounts.ended_dropped > 0 || last_rest_uj <= long_ended_uj());
}

static uint64_t watts_of(enum level level)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < book.accounts.count; i++) {
		const struct account *account = &book.accounts.all[i];
		if (account->is_used && account->level == level && account_is_shown(account) &&
			account->watts_uw[0] != WATTS_NONE)
			sum += account->watts_uw[0];
	}
	return sum;
}

static void check_watts(uint64_t since_s)
{
	if (seconds - since_s < SETTLED)
		return;
	uint64_t node_uw = window_mean_uw(&book.total[0]) - window_mean_uw(&book.idle[0]);
	uint64_t workloads_uw = watts_of(LEVEL_WORKLOAD), processes_uw = watts_of(LEVEL_PROCESS);

	assert_in_range(
		processes_uw + 2 * ROWS, node_uw, node_uw + 4 * ROWS); /* each rounds down to the µW */
	assert_true(workloads_uw <= node_uw + 2 * ROWS);
	if (book.accounts.ended_dropped == 0) /* else some went before their minute was over */
		assert_in_range(workloads_uw + 2 * ROWS, node_uw, node_uw + 4 * ROWS);
}

static void live_on(uint32_t seed, uint32_t ended_max, bool is_killed)
{
	const struct book_config config = { .rows = 2 * ROWS, .ended_max = ended_max, .processes = 4 };
	uint64_t since_s = 0, idle_uj = 0;
	int fd;

	memset(rows, 0, sizeof(rows));
	memset(last_uj, 0, sizeof(last_uj));
	seconds = active_uj = gone_uj = unlisted_uj = last_rest_uj = 0;
	dice = seed;
	assert_int_equal(book_init(&book, &config), 0);
	assert_int_equal(kept_create_fd(&fd), 0);
	assert_int_equal(kept_open_fd(&kept, &book, fd), 0);
	kill_and_resume(false);
	for (seconds = 1; seconds < SECONDS; seconds++) {
		if (is_killed && throw(KILLS_IN) == 0) {
			kill_and_resume(throw(2) == 0);
			since_s = seconds;
		}
		for (size_t i = 0; i < ROWS; i++)
			live(i);
		forget_old();
		idle_uj += 3000000;
		tell_power(idle_uj);
		tell_processes();
		check_joules();
		check_watts(since_s);
	}
	kept_done(&kept);
	book_done(&book);
}

static void joules_and_watts_of_a_scrape_add_up_to_the_nodes(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= 5; seed++)
		live_on(seed, seed % 2 == 0 ? 5 : 1000, false);
}

static void and_after_any_kill_and_no_counter_falls(void **state)
{
	(void)state;
	for (uint32_t seed = 11; seed <= 15; seed++)
		live_on(seed, seed % 2 == 0 ? 5 : 1000, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(joules_and_watts_of_a_scrape_add_up_to_the_nodes),
		cmocka_unit_test(and_after_any_kill_and_no_counter_falls),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
