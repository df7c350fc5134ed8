/* What the ledger keeps in memory of the last day is what it holds: every sum out of it is compared with the one that SQL gives. */
#include "tests/unit/unit.h"

#include <unistd.h>

#include "analyst/ledger/sql.h"
#include "base/kst.h"

#define BEGIN_S            INT64_C(1795478400) /* 2026-11-24T09:00:00+09:00, a whole hour */
#define WORKLOADS          12
#define STEPS              600
#define UJ_MAX             2000000000
#define PIECES_EACH        1600
#define WORKLOADS_OF_A_DAY 3000 /* of so many pieces: more than there is room for */

struct story {
	char folder[64];
	struct ledger *ledger;
	struct ledger_state state;
	uint64_t dice;
	int64_t now;
	bool is_merged[WORKLOADS + 1]; /* and books nothing any longer */
	unsigned kept, whole;          /* sums that came out of memory: of one, of all */
	unsigned named;                /* names of all that did */
};

static uint64_t roll(struct story *s, uint64_t sides)
{
	s->dice ^= s->dice << 13;
	s->dice ^= s->dice >> 7;
	s->dice ^= s->dice << 17;
	return s->dice % sides;
}

static void open_story(struct story *s)
{
	bool is_aside;

	assert_int_equal(ledger_open(&s->ledger, s->folder, &is_aside), 0);
	assert_int_equal(ledger_load_state(s->ledger, &s->state), 0);
	if (s->state.energy_epoch == 0)
		s->state = (struct ledger_state) {
			.energy_epoch = 1, .first_boot_ns = 1, .closed_until = BEGIN_S
		};
}

static void end(struct story *s)
{
	char command[128];

	ledger_close(s->ledger);
	snprintf(command, sizeof(command), "rm -rf '%s'", s->folder);
	assert_int_equal(system(command), 0);
}

static void fill(struct story *s, struct ledger_slot *slot)
{
	*slot = (struct ledger_slot) { .start = s->now / LEDGER_SLOT_SECONDS * LEDGER_SLOT_SECONDS,
		.state = (enum power_state)roll(s, POWER_STATE_COUNT),
		.present_ns = roll(s, 30000000000) };
	if (roll(s, 8) == 0) /* a gap, spread over the slots before */
		slot->start -= (int64_t)roll(s, 4) * LEDGER_SLOT_SECONDS;
	if (slot->start < s->state.closed_until)
		slot->start = s->state.closed_until;
	for (int zone = 0; zone < ZONE_COUNT; zone++) {
		slot->energy.active[zone] = roll(s, UJ_MAX);
		slot->energy.idle[zone] = roll(s, UJ_MAX);
	}
}

/* Some are there, others ended and may come back. */
static void book(struct story *s)
{
	struct ledger_slot slot;

	s->now += (int64_t)roll(s, 800);
	fill(s, &slot);
	ledger_add_node(s->ledger, &slot);
	for (int64_t workload = 1; workload <= WORKLOADS; workload++) {
		bool is_there = (s->now / 5000 + workload) % 3 != 0;
		if (!is_there || s->is_merged[workload])
			continue;
		fill(s, &slot);
		ledger_add_workload(s->ledger, workload, &slot);
	}
}

static void commit(struct story *s)
{
	int64_t closed = (s->now - LEDGER_SLOT_SECONDS) / LEDGER_HOUR_SECONDS * LEDGER_HOUR_SECONDS;

	s->state.closed_until = closed > s->state.closed_until ? closed : s->state.closed_until;
	s->state.last_real_ns = (uint64_t)s->now * 1000000000;
	s->state.committed_seq++;
	assert_int_equal(ledger_commit(s->ledger, &s->state), 0);
}

static void begin(struct story *s, uint64_t seed)
{
	*s = (struct story) { .dice = seed, .now = BEGIN_S };
	strcpy(s->folder, "/tmp/tanso-analyst-XXXXXX");
	assert_non_null(mkdtemp(s->folder));
	open_story(s);
	for (int64_t workload = 1; workload <= WORKLOADS; workload++) {
		struct ledger_identity identity = { .kind = WORKLOAD_UNIT, .namespace = "system.slice" };
		const struct ledger_baseline baseline = { .id = (uint64_t)workload, .workload = workload };
		snprintf(identity.name, sizeof(identity.name), "w%d", (int)workload);
		ledger_put_workload(s->ledger, workload, &identity);
		ledger_put_baseline(s->ledger, &baseline); /* who has none and no rows is forgotten */
	}
	commit(s);
}

static void merge(struct story *s)
{
	int64_t from = 1 + (int64_t)roll(s, WORKLOADS), to = 1 + (int64_t)roll(s, WORKLOADS);

	if (from == to || s->is_merged[from] || s->is_merged[to] || roll(s, 8) != 0)
		return;
	s->is_merged[from] = true;
	ledger_merge(s->ledger, from, to, s->state.closed_until);
	commit(s);
}

static void tell(void *context, int64_t hour, struct terms *ret_terms)
{
	(void)context;
	(void)hour;
	*ret_terms = (struct terms) { .intensity_mg = 400000, .pue_ppm = 1400000, .zones = 1 };
}

static void seal(struct story *s)
{
	commit(s);
	while (ledger_seal(s->ledger, s->state.closed_until, s->now, tell, NULL) > 0)
		;
}

static void restart(struct story *s)
{
	commit(s);
	ledger_close(s->ledger);
	open_story(s);
}

/* Of some it is the first owner by name that counts. */
static void own(struct story *s)
{
	int64_t workload = 1 + (int64_t)roll(s, WORKLOADS);
	char owner[16];

	snprintf(owner, sizeof(owner), "o%d", (int)roll(s, 8));
	if (!s->is_merged[workload])
		ledger_put_alias(
			s->ledger, workload, ALIAS_OWNER, owner, roll(s, 2) == 0 ? "Job" : "CronJob");
}

static void rename_one(struct story *s)
{
	int64_t workload = 1 + (int64_t)roll(s, WORKLOADS);
	struct ledger_identity identity = { .kind = WORKLOAD_UNIT, .namespace = "system.slice" };

	snprintf(identity.name, sizeof(identity.name), "w%d", (int)workload);
	snprintf(identity.namespace, sizeof(identity.namespace), "n%d", (int)roll(s, 3));
	if (!s->is_merged[workload])
		ledger_put_workload(s->ledger, workload, &identity);
}

static void change(struct story *s)
{
	uint64_t what = roll(s, 60);

	if (roll(s, 2) == 0) /* some more of what is to be read, a few rows a step */
		assert_true(ledger_load_step(s->ledger, 1u << ZONE_PACKAGE, 0) >= 0);
	if (roll(s, 8) == 0)
		own(s);
	if (roll(s, 8) == 0)
		rename_one(s);

	if (what < 40)
		book(s);
	else if (what < 52)
		commit(s);
	else if (what < 54)
		merge(s);
	else if (what < 56)
		ledger_abandon(s->ledger);
	else if (what < 57)
		restart(s);
	else {
		seal(s);
		assert_int_equal(ledger_keep_up(s->ledger, s->now, 400), 0);
	}
}

static void expect_close(double value, double plain)
{
	double slack = (plain < 0 ? -plain : plain) * 1e-12;

	if (value < plain - slack || value > plain + slack)
		fail_msg("%.17g is not %.17g", value, plain);
}

/* Energies and times to the last unit; what they are weighted with may differ by the order they are added up in. */
static void expect_same(const struct usage *usage, const struct usage *plain)
{
	assert_int_equal(usage->present_ns, plain->present_ns);
	assert_int_equal((uint64_t)usage->energy_uj, (uint64_t)plain->energy_uj);
	assert_int_equal((uint64_t)usage->idle_uj, (uint64_t)plain->idle_uj);
	assert_int_equal((uint64_t)usage->covered_uj, (uint64_t)plain->covered_uj);
	assert_int_equal(usage->states, plain->states);
	expect_close(usage->weighted, plain->weighted);
	expect_close(usage->idle_weighted, plain->idle_weighted);
	expect_close(usage->time_weighted, plain->time_weighted);
	expect_close(usage->covered_ns, plain->covered_ns);
}

struct sum {
	struct usage node, one;
	uint64_t together_ns;
	bool is_in_window;
};

static void sum_up(struct story *s, int64_t workload, const struct usage_window *window, struct sum *ret_sum)
{
	struct presence presence = { 0 };
	struct found_list list = { 0 };
	char name[32];
	const struct wanted wanted = { .name = name, .reach = "", .kind = "", .since = window->since };

	*ret_sum = (struct sum) { 0 };
	snprintf(name, sizeof(name), "w%d", (int)workload);
	assert_int_equal(ledger_find(s->ledger, &wanted, &list), 0);
	for (size_t i = 0; i < list.count; i++) /* none: it became another */
		ret_sum->is_in_window = list.items[i].is_in_window;
	free(list.items);
	assert_int_equal(ledger_sum(s->ledger, 0, window, &ret_sum->node, &presence), 0);
	assert_int_equal(ledger_sum(s->ledger, workload, window, &ret_sum->one, &presence), 0);
	ret_sum->together_ns = presence_ns(&presence);
	presence_done(&presence);
}

/* Those that used something, and what; in any order. */
static void expect_same_usages(const struct story *s, struct usages *all, struct usages *plain)
{
	size_t next = 0, used = 0;

	for (size_t i = 0; i < all->count;
		i++) /* what was asked for under its old name is there, and nobody's */
		used += all->items[i].states != 0 && all->items[i].workload != 0 &&
			!s->is_merged[all->items[i].workload];
	for (size_t i = 0; i < plain->count; i++) {
		struct usage *usage = usages_find(all, plain->items[i].workload, &next);
		if (plain->items[i].states == 0)
			continue;
		assert_non_null(usage);
		assert_int_equal(usage->workload, plain->items[i].workload);
		expect_same(usage, &plain->items[i]);
		used--;
	}
	assert_int_equal(used, 0);
}

static void ask_for_all(struct story *s, const struct usage_window *window)
{
	struct recent *recent = &s->ledger->recent;
	struct usages all, plain;
	int64_t whole_until;

	s->whole += recent_is_whole(recent, window);
	assert_int_equal(ledger_sum_all(s->ledger, window, &all), 0);
	whole_until = recent->whole_until;
	recent->whole_until = 0; /* nothing is taken from memory then */
	recent->is_too_much = true;
	assert_int_equal(ledger_sum_all(s->ledger, window, &plain), 0);
	recent->is_too_much = false;
	recent->whole_until = whole_until;
	expect_same_usages(s, &all, &plain);
	usages_done(&all);
	usages_done(&plain);
}

struct told {
	struct told_name {
		char text[320];
	} names[2 * WORKLOADS];
	size_t count;
};

static int tell_name(void *context, const struct ledger_named *one)
{
	struct told *told = context;

	assert_true(told->count < 2 * WORKLOADS);
	snprintf(told->names[told->count++].text, sizeof(told->names[0].text), "%lld %d %s %s %s %s",
		(long long)one->workload, (int)one->kind, one->namespace, one->name, one->owner,
		one->owner_kind);
	return 0;
}

static int by_text(const void *left, const void *right)
{
	return strcmp(left, right);
}

static void name_all(struct story *s, struct told *told)
{
	told->count = 0;
	assert_int_equal(ledger_identities(s->ledger, "", tell_name, told), 0);
	qsort(told->names, told->count, sizeof(told->names[0]), by_text);
}

static void ask_for_names(struct story *s)
{
	struct named *named = &s->ledger->named;
	static struct told all, plain;

	s->named += named->is_whole;
	name_all(s, &all);
	named->is_whole = false;
	named->is_too_much = true;
	name_all(s, &plain);
	named->is_whole = true;
	named->is_too_much = false;
	assert_int_equal(all.count, plain.count);
	for (size_t i = 0; i < all.count; i++)
		assert_string_equal(all.names[i].text, plain.names[i].text);
}

static void ask(struct story *s)
{
	static const struct grid grid = { .annual = 423.7 };
	const struct usage_window window = { .since = (s->now - (int64_t)roll(s, 28 * LEDGER_HOUR_SECONDS)) /
						      LEDGER_SLOT_SECONDS * LEDGER_SLOT_SECONDS,
		.allow_fake = roll(s, 2) == 0,
		.zone_mask = roll(s, 20) == 0 ? (uint32_t)roll(s, 1u << ZONE_COUNT) : 1u << ZONE_PACKAGE,
		.grid = &grid };
	int64_t workload = 1 + (int64_t)roll(s, WORKLOADS), newest = s->ledger->recent.newest;
	struct sum kept, plain;
	const struct ledger_piece *pieces;
	size_t count;

	sum_up(s, workload, &window, &kept); /* so that it is kept */
	sum_up(s, workload, &window, &kept);
	s->kept += recent_find(&s->ledger->recent, workload, &window, &pieces, &count);
	s->ledger->recent.newest = 0; /* nothing is taken from memory then */
	sum_up(s, workload, &window, &plain);
	s->ledger->recent.newest = newest;
	expect_same(&kept.node, &plain.node);
	expect_same(&kept.one, &plain.one);
	assert_int_equal(kept.together_ns, plain.together_ns);
	assert_int_equal(kept.is_in_window, plain.is_in_window);
	if (roll(s, 4) == 0)
		ask_for_all(s, &window);
	if (roll(s, 4) == 0)
		ask_for_names(s);
}

static void sums_from_memory_are_those_of_the_ledger_whatever_happens_to_it(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 2; seed++) {
		struct story s;
		begin(&s, seed * UINT64_C(0x9e3779b97f4a7c15));
		for (int i = 0; i < STEPS; i++) {
			change(&s);
			ask(&s);
			ask(&s);
		}
		assert_true(s.now - BEGIN_S > 30 * LEDGER_HOUR_SECONDS); /* hours were rolled up */
		assert_true(s.kept > STEPS);
		assert_true(s.whole > STEPS / 20 && s.named > STEPS / 10);
		end(&s);
	}
}

static void a_day_in_the_place_of_its_hours_is_summed_as_that_day(void **state)
{
	struct story s;
	int64_t later;

	(void)state;
	begin(&s, 7);
	while (s.now < BEGIN_S + 26 * LEDGER_HOUR_SECONDS)
		book(&s);
	seal(&s);
	later = s.now + (LEDGER_HOUR_DAYS + 2) * DAY_SECONDS;
	assert_int_equal(ledger_keep_up(s.ledger, later, 400), 0);
	for (int i = 0; i < 20; i++)
		ask(&s);
	while (ledger_roll_step(s.ledger, later) > 0)
		;
	for (int i = 0; i < 100; i++)
		ask(&s);
	assert_true(s.kept > 0);
	end(&s);
}

static void what_is_kept_is_bounded_and_the_rest_is_read(void **state)
{
	const struct usage_window window = { .since = 600 };
	struct recent recent = { 0 };
	const struct ledger_piece *pieces;
	struct ledger_slot slot = { .start = 900, .present_ns = 5, .state = POWER_MEASURED };
	size_t count, found = 0;

	(void)state;
	recent.whole_until = RECENT_ALL;
	assert_true(recent_is_whole(&recent, &window));
	for (int64_t workload = 1; workload <= 2 * WORKLOADS_OF_A_DAY; workload++) {
		struct ledger_piece *read = calloc(PIECES_EACH, sizeof(*read));
		assert_non_null(read);
		for (int i = 0; i < PIECES_EACH; i++)
			read[i] = (struct ledger_piece) { .start = 600, .seconds = LEDGER_SLOT_SECONDS };
		recent_keep(&recent, workload, 600, 0, read, PIECES_EACH);
		recent_book(&recent, workload, &slot);
		assert_true(recent.bytes <= RECENT_BYTES_MAX);
	}
	for (int64_t workload = 1; workload <= 2 * WORKLOADS_OF_A_DAY; workload++)
		found += recent_find(&recent, workload, &window, &pieces, &count);
	assert_false(recent_is_whole(&recent, &window));
	assert_true(recent.is_too_much);
	assert_int_equal(found, recent.count);
	assert_in_range(found, WORKLOADS_OF_A_DAY / 2, WORKLOADS_OF_A_DAY);
	recent_keep(&recent, 1, 900, 0, NULL, 0);
	assert_false(
		recent_find(&recent, 1, &window, &pieces, &count)); /* what came before 900 is not known */
	recent_keep(&recent, 1, 600, 0, calloc(RECENT_EACH_MAX + 1, sizeof(*pieces)), RECENT_EACH_MAX + 1);
	assert_false(recent_find(&recent, 1, &window, &pieces, &count));
	recent_done(&recent);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_from_memory_are_those_of_the_ledger_whatever_happens_to_it),
		cmocka_unit_test(a_day_in_the_place_of_its_hours_is_summed_as_that_day),
		cmocka_unit_test(what_is_kept_is_bounded_and_the_rest_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
