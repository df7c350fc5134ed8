/* Hardware counters where there are none: the arithmetic over what perf would have read, and the list of CPUs. */
#include "collector/pmu.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/pmu_growth.h"
#include "tests/unit/unit.h"

#define US UINT64_C(1000)
#define S  UINT64_C(1000000000)

typedef struct bpf_perf_event_value value;

static void the_first_look_is_a_baseline(void **state)
{
	value last = { 0 }, now = { 5000, 10 * US, 10 * US };

	(void)state;
	assert_int_equal(pmu_growth(&last, &now), 0);
	assert_memory_equal(&last, &now, sizeof(now));
	now = (value) { 5700, 11 * US, 11 * US };
	assert_int_equal(pmu_growth(&last, &now), 700);
	assert_int_equal(pmu_growth(&last, &now), 0);
}

/* A counter at `per_us` events a microsecond that has the hardware for `share` of 100 of the time. */
static uint64_t sum_over(uint64_t step_ns, uint64_t per_us, uint64_t share, unsigned steps)
{
	value last = { 1, 1, 1 }, now = last;
	uint64_t sum = 0;

	for (unsigned i = 0; i < steps; i++) {
		now.enabled += step_ns;
		now.running += step_ns * share / 100;
		now.counter += step_ns * share / 100 * per_us / US;
		sum += pmu_growth(&last, &now);
	}
	return sum;
}

/* From switches a microsecond apart to a minute of silence. */
static void what_shares_its_hardware_is_scaled_up(void **state)
{
	static const uint64_t steps_ns[] = { 2 * US, 5 * US + 300, 40 * US, 1000 * US, S, 4 * S, 5 * S,
		60 * S };

	(void)state;
	for (size_t i = 0; i < sizeof(steps_ns) / sizeof(steps_ns[0]); i++)
		for (uint64_t share = 10; share <= 100; share += 15) {
			uint64_t wanted = steps_ns[i] * 3000 * 100 / US;
			uint64_t got = sum_over(steps_ns[i], 3000, share, 100);
			assert_in_range(got, wanted - wanted / 200, wanted + wanted / 200);
		}
}

static void without_the_hardware_nothing_is_told_until_the_next_turn(void **state)
{
	value last = { 100, 100, 100 };
	const value idle = { 100, 100 + 300 * US, 100 }, back = { 100 + 200, 100 + 400 * US, 100 + 100 * US };

	(void)state;
	assert_int_equal(pmu_growth(&last, &idle), 0);
	assert_int_equal(last.enabled, 100);
	assert_int_equal(pmu_growth(&last, &back), 800); /* 200 in a quarter of the time */
}

/* Its CPU was away: the event was opened anew and counts from zero. */
static void an_event_opened_anew_counts_from_its_beginning(void **state)
{
	value last = { 900000, 50 * S, 50 * S };
	const value now = { 70, 10 * US, 10 * US };

	(void)state;
	assert_int_equal(pmu_growth(&last, &now), 70);
	assert_memory_equal(&last, &now, sizeof(now));
}

static void lists_of_cpus_are_read(void **state)
{
	static const struct {
		const char *text;
		int wanted;
		uint64_t low, high;
	} cases[] = {
		{ "0\n", 0, 1, 0 },
		{ "0-3,8\n", 0, 0x10f, 0 },
		{ "0-1,4-5,64", 0, 0x33, 1 },
		{ "63-65\n", 0, UINT64_C(1) << 63, 3 },
		{ "0-127", 0, UINT64_MAX, UINT64_MAX },
		{ "0,128,4294967296\n", 0, 1, 0 }, /* beyond the limit */
		{ "1-18446744073709551615", 0, UINT64_MAX - 1, UINT64_MAX },
		{ "", -EBADMSG, 0, 0 },
		{ "\n", -EBADMSG, 0, 0 },
		{ "-1", -EBADMSG, 0, 0 },
		{ "1-", -EBADMSG, 0, 0 },
		{ "1,", -EBADMSG, 0, 0 },
		{ "1;2", -EBADMSG, 0, 0 },
		{ " 1", -EBADMSG, 0, 0 },
		{ "0x1", -EBADMSG, 0, 0 },
		{ "99999999999999999999999", -EBADMSG, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t cpus[2] = { 7, 7 };
		assert_int_equal(pmu_parse_cpus(cases[i].text, cpus, 128), cases[i].wanted);
		if (cases[i].wanted < 0)
			continue;
		assert_int_equal(cpus[0], cases[i].low);
		assert_int_equal(cpus[1], cases[i].high);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_look_is_a_baseline),
		cmocka_unit_test(what_shares_its_hardware_is_scaled_up),
		cmocka_unit_test(without_the_hardware_nothing_is_told_until_the_next_turn),
		cmocka_unit_test(an_event_opened_anew_counts_from_its_beginning),
		cmocka_unit_test(lists_of_cpus_are_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
