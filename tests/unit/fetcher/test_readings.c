/* Readings of a Kepler become energy: which of them are no power of a host, and what is counted then. */
#include "base/cleanup.h"
#include "base/clock.h"
#include "fetcher/power/tally.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <sys/mman.h>
#include <unistd.h>

#define JOULE UINT64_C(1000000)

struct kepler {
	struct tally tally;
	uint64_t real_ns, seq;
};

static struct text text(const char *of)
{
	return (struct text) { of, (uint32_t)strlen(of) };
}

/* A second later one series says that much. Label `pod` NULL: the node. */
static const struct tally_row *tell(struct kepler *k, const char *metric, const char *pod, double value)
{
	struct metric_sample sample = { .name = text(metric), .value = value };
	struct reading reading;

	if (pod != NULL)
		sample.labels[sample.label_count++] =
			(struct metric_label) { text("pod_name"), text(pod), false };
	assert_int_equal(tally_series(&k->tally, 0, &sample, &reading), 0);
	k->real_ns += NS_PER_SECOND;
	assert_int_equal(tally_apply(&k->tally, 0, &reading, 1, k->real_ns), 0);
	tally_end(&k->tally, ++k->seq);
	return pod != NULL ? &k->tally.rows[0] : NULL;
}

static struct kepler begin(void)
{
	return (struct kepler) { .real_ns = 1000 * NS_PER_SECOND };
}

static void expect(const struct kepler *k, const struct tally_row *row, uint64_t joules, bool is_implausible)
{
	assert_int_equal(row->uj[ZONE_PACKAGE], joules * JOULE);
	assert_int_equal(tally_row_is_implausible(&k->tally, row), is_implausible);
}

static void a_gauge_counts_up_to_what_a_host_can_draw(void **state)
{
	static const double bad[] = { NAN, INFINITY, -INFINITY, -5, -1e-9, 1e30, 5e6, HOST_WATTS_MAX };
	struct kepler k = begin();
	const struct tally_row *row = tell(&k, "kepler_pod_cpu_watts", "p", 50);

	(void)state;
	expect(&k, row, 0, false); /* since when? */
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		expect(&k, tell(&k, "kepler_pod_cpu_watts", "p", bad[i]), i * 50, true);
		expect(&k, tell(&k, "kepler_pod_cpu_watts", "p", 50), (i + 1) * 50, false);
	}
	assert_int_equal(k.tally.counts.refused, sizeof(bad) / sizeof(*bad));
	tally_done(&k.tally);
}

static void one_that_is_told_nonsense_of_has_not_ended(void **state)
{
	struct kepler k = begin();

	(void)state;
	for (int i = 0; i < 20; i++)
		assert_int_equal(tell(&k, "kepler_pod_cpu_watts", "p", NAN)->final_seq, 0);
	tally_done(&k.tally);
}

static void a_counter_that_leaps_and_comes_back_lost_nothing(void **state)
{
	static const double leaps[] = { NAN, -1, 1e30, 2e9, 1e11 };
	struct kepler k = begin();
	double joules = 3000;

	(void)state;
	tell(&k, "kepler_pod_cpu_joules_total", "p", joules);
	for (size_t i = 0; i < sizeof(leaps) / sizeof(*leaps); i++) {
		expect(&k, tell(&k, "kepler_pod_cpu_joules_total", "p", leaps[i]), i * 120, true);
		joules += 120; /* of two seconds */
		expect(&k, tell(&k, "kepler_pod_cpu_joules_total", "p", joules), (i + 1) * 120, false);
	}
	assert_int_equal(k.tally.counts.resets, 0);
	tally_done(&k.tally);
}

static void a_counter_that_stays_where_it_leapt_to_goes_on_from_there(void **state)
{
	struct kepler k = begin();

	(void)state;
	tell(&k, "kepler_pod_cpu_joules_total", "p", 3000);
	expect(&k, tell(&k, "kepler_pod_cpu_joules_total", "p", 2e9), 0, true);
	assert_false(k.tally.has_reset);
	expect(&k, tell(&k, "kepler_pod_cpu_joules_total", "p", 2e9 + 60), 60, false);
	assert_true(k.tally.has_reset);
	expect(&k, tell(&k, "kepler_pod_cpu_joules_total", "p", 2e9 + 110), 110, false);
	/* down to where no second leads from nothing */
	expect(&k, tell(&k, "kepler_pod_cpu_joules_total", "p", 1e9), 110, true);
	expect(&k, tell(&k, "kepler_pod_cpu_joules_total", "p", 1e9 + 50), 160, false);
	/* a step a second: never two readings that agree */
	for (int i = 2; i < 9; i++)
		expect(&k, tell(&k, "kepler_pod_cpu_joules_total", "p", i * 1e9), 160, true);
	tally_done(&k.tally);
}

static void what_a_missed_reading_hid_is_no_leap(void **state)
{
	struct kepler k = begin();

	(void)state;
	tell(&k, "kepler_pod_cpu_joules_total", "p", 0);
	for (int i = 0; i < 100; i++)
		tell(&k, "kepler_node_cpu_idle_joules_total", NULL, i);
	expect(&k, tell(&k, "kepler_pod_cpu_joules_total", "p", 9e6), 9000000, false); /* 90 kW for 101 s */
	tally_done(&k.tally);
}

/* One second of an endpoint that tells of a pod and, unless < 0, of its node. */
static void tell_of(struct kepler *k, unsigned endpoint, const char *pod, double watts, double node_watts)
{
	const struct metric_sample samples[] = { { .name = text("kepler_node_cpu_active_watts"),
							 .value = node_watts },
		{ .name = text("kepler_pod_cpu_watts"),
			.value = watts,
			.label_count = 1,
			.labels = { { text("pod_name"), text(pod), false } } } };
	struct reading readings[2];
	size_t count = 0;

	for (int i = node_watts < 0; i < 2; i++)
		assert_int_equal(tally_series(&k->tally, endpoint, &samples[i], &readings[count++]), 0);
	assert_int_equal(tally_apply(&k->tally, endpoint, readings, count, k->real_ns), 0);
}

static void a_node_told_by_one_endpoint_is_not_all_there_is(void **state)
{
	struct kepler k = begin();
	uint64_t total_uj = 0;

	(void)state;
	for (int i = 0; i < 10; i++) {
		k.real_ns += NS_PER_SECOND;
		tell_of(&k, 0, "a", 40, -1);
		tell_of(&k, 1, "b", 30, 35);
		tally_end(&k.tally, ++k.seq);
	}
	for (int zone = 0; zone < ZONE_COUNT; zone++)
		total_uj += k.tally.total_uj[zone];
	assert_int_equal(total_uj, 9 * (40 + 35) * JOULE);
	tally_done(&k.tally);
}

/* A second of a store: node A tells of itself and its pod, node B of its pod alone; each says so by those labels. Watts. */
static void tell_store(struct kepler *k, const char *const labels[3])
{
	static const struct {
		const char *metric, *pod, *node;
		double watts;
	} told[] = { { "kepler_node_cpu_active_watts", NULL, "A", 35 },
		{ "kepler_pod_cpu_watts", "b", "B", 40 }, { "kepler_pod_cpu_watts", "a", "A", 30 } };
	struct reading readings[3];

	for (int i = 0; i < 3; i++) {
		struct metric_sample sample = { .name = text(told[i].metric), .value = told[i].watts };
		if (told[i].pod != NULL)
			sample.labels[sample.label_count++] =
				(struct metric_label) { text("pod_name"), text(told[i].pod), false };
		if (labels[i] != NULL)
			sample.labels[sample.label_count++] =
				(struct metric_label) { text(labels[i]), text(told[i].node), false };
		assert_int_equal(tally_series(&k->tally, 0, &sample, &readings[i]), 0);
	}
	k->real_ns += NS_PER_SECOND;
	assert_int_equal(tally_apply(&k->tally, 0, readings, 3, k->real_ns), 0);
	tally_end(&k->tally, ++k->seq);
}

/* The same tally in a second life. */
static void reload(struct kepler *k)
{
	struct tally_life life = { .seq = k->seq };
	int fd = memfd_create("tally", MFD_CLOEXEC);

	assert_int_equal(tally_save(&k->tally, &life, fd), 0);
	tally_done(&k->tally);
	assert_int_equal(tally_load(&k->tally, &life, fd), 0);
	close(fd);
}

static void what_a_store_tells_of_a_node_is_not_all_there_is_of_others(void **state)
{
	static const struct {
		const char *labels[3];
		uint64_t watts;
	} cases[] = { { { "instance", "instance", "instance" }, 35 + 40 },
		{ { "node_name", "node_name", "node_name" }, 35 + 40 },
		/* who cannot be told apart is in there */
		{ { "instance", NULL, "instance" }, 35 }, { { NULL, "instance", "instance" }, 35 },
		{ { "instance", "node_name", "node_name" }, 35 },
		{ { "instance", "instance", "node_name" }, 35 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct kepler k = begin();
		for (int second = 0; second < 10; second++) {
			if (second == 5)
				reload(&k);
			tell_store(&k, cases[i].labels);
		}
		assert_int_equal(k.tally.total_uj[ZONE_PACKAGE], 9 * cases[i].watts * JOULE);
		tally_done(&k.tally);
	}
}

/* A round of a store, in which two scrapes of one Kepler tell of a pod; < 0: that one does not. */
static uint64_t tell_twice(struct kepler *k, const char *metric, const char *label, const double joules[2])
{
	static const char *const values[] = { "a", "b" };
	struct reading readings[2];
	size_t count = 0;

	for (int i = 0; i < 2; i++) {
		const struct metric_sample sample = { .name = text(metric),
			.value = joules[i],
			.label_count = 4,
			.labels = { { text("pod_name"), text("p"), false },
				{ text("node_name"), text("n"), false },
				{ text("instance"), text("10.0.0.1:28282"), false },
				{ text(label), text(values[i]), false } } };
		if (joules[i] >= 0)
			assert_int_equal(tally_series(&k->tally, 0, &sample, &readings[count++]), 0);
	}
	k->real_ns += NS_PER_SECOND;
	assert_int_equal(tally_apply(&k->tally, 0, readings, count, k->real_ns), 0);
	tally_end(&k->tally, ++k->seq);
	return k->tally.rows[0].uj[ZONE_PACKAGE] / JOULE;
}

static void what_two_scrapes_tell_of_one_kepler_counts_once(void **state)
{
	static const char counter[] = "kepler_pod_cpu_joules_total";
	static const double told[][2] = { { 100, 90 }, { 130, 121 }, { -1, 150 }, { -1, 170 }, { -1, 190 },
		{ -1, 220 }, { 240, 235 } };
	static const uint64_t counted[] = { 0, 30, 30, 30, 50, 80, 95 };
	struct kepler k = begin();

	(void)state;
	/* the first counts; when it is gone for good the other does, and goes on to when the first is back */
	for (size_t i = 0; i < ARRAY_SIZE(told); i++)
		assert_int_equal(tell_twice(&k, counter, "job", told[i]), counted[i]);
	assert_true(k.tally.has_new_twins);
	assert_int_equal(k.tally.counts.resets, 0);
	tally_done(&k.tally);
	k = begin();
	tell_twice(&k, counter, "cluster", told[0]);
	assert_int_equal(tell_twice(&k, counter, "cluster", told[1]), 61); /* not of one Kepler */
	assert_false(k.tally.has_new_twins);
	tally_done(&k.tally);
}

static void a_series_that_stands_in_an_answer_twice_counts_once(void **state)
{
	struct kepler k = begin();
	const struct metric_sample sample = { .name = text("kepler_pod_cpu_watts"),
		.value = 50,
		.label_count = 1,
		.labels = { { text("pod_name"), text("p"), false } } };
	struct reading readings[2];

	(void)state;
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 2; i++)
			assert_int_equal(tally_series(&k.tally, 0, &sample, &readings[i]), 0);
		k.real_ns += NS_PER_SECOND;
		assert_int_equal(tally_apply(&k.tally, 0, readings, 2, k.real_ns), 0);
	}
	expect(&k, &k.tally.rows[0], 50, false);
	tally_done(&k.tally);
}

static void the_nodes_own_reading_is_judged_the_same_way(void **state)
{
	struct kepler k = begin();

	(void)state;
	tell(&k, "kepler_node_cpu_active_watts", NULL, 100);
	assert_false(tally_node_is_implausible(&k.tally));
	tell(&k, "kepler_node_cpu_active_watts", NULL, NAN);
	assert_true(tally_node_is_implausible(&k.tally));
	tell(&k, "kepler_node_cpu_active_watts", NULL, 100);
	assert_false(tally_node_is_implausible(&k.tally));
	assert_int_equal(k.tally.active_uj[ZONE_PACKAGE], 100 * JOULE);
	tally_done(&k.tally);
}

static void what_a_broken_reading_hides_is_not_yet_the_rest(void **state)
{
	struct kepler k = begin();

	(void)state;
	tell(&k, "kepler_pod_cpu_joules_total", "p", 0);
	tell(&k, "kepler_node_cpu_active_joules_total", NULL, 0);
	tell(&k, "kepler_pod_cpu_joules_total", "p", NAN);
	k.tally.rows[0].implausible++; /* node and pod are rounds of their own in this test */
	tell(&k, "kepler_node_cpu_active_joules_total", NULL, 100);
	assert_int_equal(k.tally.other_uj[ZONE_PACKAGE], 0);
	tell(&k, "kepler_pod_cpu_joules_total", "p", 80);
	assert_int_equal(k.tally.other_uj[ZONE_PACKAGE], 20 * JOULE);
	tally_done(&k.tally);
}

/* Joules of the rest in the epoch that goes on. Node and pod are told by turns, so one is ahead of the other when an epoch begins. */
static uint64_t rest_over_epochs(bool begins_anew)
{
	static const double pod[] = { 0, 90, 90, 100, 180 }, node[] = { 0, 60, 130, 230, 230 };
	struct kepler k = begin();
	uint64_t rest = 0;

	for (size_t i = 0; i < ARRAY_SIZE(pod); i++) {
		tell(&k, "kepler_node_cpu_active_joules_total", NULL, node[i]);
		tell(&k, "kepler_pod_cpu_joules_total", "p", pod[i]);
		rest += begins_anew ? k.tally.other_uj[ZONE_PACKAGE] / JOULE : 0;
		if (begins_anew)
			tally_begin_epoch(&k.tally);
	}
	rest += k.tally.other_uj[ZONE_PACKAGE] / JOULE;
	tally_done(&k.tally);
	return rest;
}

static void the_rest_is_the_same_in_one_epoch_and_in_many(void **state)
{
	(void)state;
	assert_int_equal(rest_over_epochs(false), 140);
	assert_int_equal(rest_over_epochs(true), 140);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_gauge_counts_up_to_what_a_host_can_draw),
		cmocka_unit_test(one_that_is_told_nonsense_of_has_not_ended),
		cmocka_unit_test(a_counter_that_leaps_and_comes_back_lost_nothing),
		cmocka_unit_test(a_counter_that_stays_where_it_leapt_to_goes_on_from_there),
		cmocka_unit_test(what_a_missed_reading_hid_is_no_leap),
		cmocka_unit_test(a_node_told_by_one_endpoint_is_not_all_there_is),
		cmocka_unit_test(what_a_store_tells_of_a_node_is_not_all_there_is_of_others),
		cmocka_unit_test(what_two_scrapes_tell_of_one_kepler_counts_once),
		cmocka_unit_test(a_series_that_stands_in_an_answer_twice_counts_once),
		cmocka_unit_test(the_nodes_own_reading_is_judged_the_same_way),
		cmocka_unit_test(what_a_broken_reading_hides_is_not_yet_the_rest),
		cmocka_unit_test(the_rest_is_the_same_in_one_epoch_and_in_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
