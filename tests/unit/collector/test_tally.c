/* What a counter's readings come to: wraps, resets, suspends, gaps, and restarts. */
#include "base/cleanup.h"
#include "base/ready.h"
#include "collector/meters/perf_text.h"
#include "collector/meters/tally.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "tests/unit/unit.h"

#define RANGE UINT64_C(262143328850) /* a RAPL package: 262 kJ */

static struct instant at(uint64_t seconds)
{
	return (struct instant) { .mono_ns = seconds * NS_PER_SECOND, .boot_ns = seconds * NS_PER_SECOND };
}

static void the_first_reading_is_the_baseline(void **state)
{
	struct tally tally = { .zone = ZONE_PACKAGE };

	(void)state;
	assert_int_equal(tally_count(&tally, RANGE - 5, RANGE, TALLY_MICROJOULE, at(10)), 0);
	assert_int_equal(tally.uj, 0);
}

static void a_wrap_goes_on_to_the_microjoule(void **state)
{
	struct tally tally = { .zone = ZONE_PACKAGE };

	(void)state;
	tally_count(&tally, RANGE - 850, RANGE, TALLY_MICROJOULE, at(10));
	assert_int_equal(tally_count(&tally, 150, RANGE, TALLY_MICROJOULE, at(11)), 0);
	assert_int_equal(tally.uj, 1000);
}

static void a_counter_that_steps_back_without_a_wrap_begins_anew(void **state)
{
	struct tally tally = { .zone = ZONE_PACKAGE };

	(void)state;
	tally_count(&tally, 100000000000, RANGE, TALLY_MICROJOULE, at(10));
	/* As a wrap it would be 162 kJ in a second. */
	assert_int_equal(tally_count(&tally, 500, RANGE, TALLY_MICROJOULE, at(11)), -ERANGE);
	assert_int_equal(tally.uj, 0);
	assert_int_equal(tally_count(&tally, 700, RANGE, TALLY_MICROJOULE, at(12)), 0);
	assert_int_equal(tally.uj, 200);
}

static void a_leap_that_no_package_can_draw_is_not_counted(void **state)
{
	struct tally tally = { .zone = ZONE_PACKAGE };

	(void)state;
	tally_count(&tally, 0, RANGE, TALLY_MICROJOULE, at(10));
	assert_int_equal(tally_count(&tally, 200000000000, RANGE, TALLY_MICROJOULE, at(11)), -ERANGE);
	assert_int_equal(tally.uj, 0);
	assert_int_equal(tally_count(&tally, RANGE + 1, RANGE, TALLY_MICROJOULE, at(12)), -EBADMSG);
}

static void time_for_two_wraps_is_said_and_not_guessed(void **state)
{
	struct tally tally = { .zone = ZONE_PACKAGE };

	(void)state;
	tally_count(&tally, 1000, RANGE, TALLY_MICROJOULE, at(10));
	assert_int_equal(tally_count(&tally, 2000, RANGE, TALLY_MICROJOULE, at(10 + 260)), 0);
	assert_int_equal(tally_count(&tally, 3000, RANGE, TALLY_MICROJOULE, at(270 + 3600)), -ERANGE);
	assert_int_equal(tally.uj, 1000);
}

static void a_counter_that_is_lower_after_a_suspend_was_reset(void **state)
{
	struct tally tally = { .zone = ZONE_PACKAGE };
	struct instant later = at(11);

	(void)state;
	tally_count(&tally, RANGE - 1000, RANGE, TALLY_MICROJOULE, at(10));
	later.boot_ns += 100 * NS_PER_SECOND;
	assert_int_equal(tally_count(&tally, 500, RANGE, TALLY_MICROJOULE, later), -ERANGE);
	assert_int_equal(tally.uj, 0);
}

static void a_rapl_unit_is_exact_and_does_not_drift(void **state)
{
	struct tally tally = { .zone = ZONE_PACKAGE };
	struct tally_unit unit;
	uint64_t counts = 12345;

	(void)state;
	assert_int_equal(perf_text_scale("2.3283064365386962890625e-10", &unit), 0);
	assert_int_equal(tally_count(&tally, counts, 0, unit, at(0)), 0);
	for (uint64_t second = 1; second <= 100000; second++)
		assert_int_equal(tally_count(&tally, counts += 429496729601, 0, unit, at(second)), 0);
	/* 429496729601 counts are 100 J and 2^-32 J: 10^5 of them 10^7 J and 23.28 µJ, rounded once, not each second */
	assert_int_equal(tally.uj, UINT64_C(10000000000023));
}

static void a_sampling_sensor_is_joined_by_lines_an_averaging_one_tells_of_before(void **state)
{
	struct tally sampled = { .zone = ZONE_PACKAGE }, averaged = { .zone = ZONE_PSYS };

	(void)state;
	tally_power(&sampled, 100000000, false, at(10));
	tally_power(&averaged, 100000000, true, at(10));
	assert_int_equal(tally_power(&sampled, 200000000, false, at(12)), 0);
	assert_int_equal(tally_power(&averaged, 200000000, true, at(12)), 0);
	assert_int_equal(sampled.uj, 300000000);
	assert_int_equal(averaged.uj, 400000000);
}

static void fractions_of_a_microjoule_are_carried(void **state)
{
	struct tally tally = { .zone = ZONE_PACKAGE };
	struct instant when = at(10);

	(void)state;
	tally_power(&tally, 1, true, when);
	for (int i = 0; i < 3000; i++) {
		when.mono_ns += NS_PER_MILLISECOND;
		tally_power(&tally, 1, true, when);
	}
	assert_int_equal(tally.uj, 3); /* 1 µW for 3 s */
}

static void a_long_outage_of_a_sensor_is_not_invented(void **state)
{
	struct tally tally = { .zone = ZONE_PACKAGE };

	(void)state;
	tally_power(&tally, 100000000, false, at(10));
	assert_int_equal(tally_power(&tally, 100000000, false, at(10 + 3600)), -ERANGE);
	assert_int_equal(tally.uj, 0);
	assert_int_equal(tally_power(&tally, 4294967295000000, false, at(3611)), -EBADMSG);
}

/* As the supervisor hands it on: descriptor 3 of a process that just started. */
static void restart(struct tallies *tallies, bool is_new_epoch)
{
	char pid[16];

	int kept = fcntl(tallies->fd, F_DUPFD, 10);

	tallies_close(tallies);
	assert_int_equal(dup2(kept, 3), 3);
	close(kept);
	snprintf(pid, sizeof(pid), "%d", getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "1", 1);
	setenv("LISTEN_FDNAMES", "meters", 1);
	assert_int_equal(ready_init(), 0);
	assert_int_equal(tallies_open(tallies, is_new_epoch), 0);
	tallies->owner = 1;
}

static void a_counter_is_found_again_by_its_name_when_the_set_changed(void **state)
{
	struct tallies tallies;

	(void)state;
	assert_int_equal(tallies_open(&tallies, true), 0);
	tallies.owner = 1;
	struct tally *first = tallies_claim(&tallies, "powercap/package-0", ZONE_PACKAGE);
	struct tally *second = tallies_claim(&tallies, "powercap/package-1", ZONE_PACKAGE);
	tally_count(first, 1000, RANGE, TALLY_MICROJOULE, at(10));
	tally_count(second, 900000, RANGE, TALLY_MICROJOULE, at(10));
	restart(&tallies, false);
	/* package-0 is offline; package-1 is the only one now */
	second = tallies_claim(&tallies, "powercap/package-1", ZONE_PACKAGE);
	assert_int_equal(tally_count(second, 900500, RANGE, TALLY_MICROJOULE, at(11)), 0);
	assert_int_equal(second->uj, 500);
	first = tallies_claim(&tallies, "powercap/package-0", ZONE_PACKAGE);
	assert_int_equal(first->uj, 0);
	assert_int_equal(tally_count(first, 1100, RANGE, TALLY_MICROJOULE, at(12)), 0);
	assert_int_equal(first->uj, 100);
	restart(&tallies, true);
	assert_int_equal(tallies_claim(&tallies, "powercap/package-1", ZONE_PACKAGE)->uj, 0);
	tallies_close(&tallies);
}

static void counters_beyond_the_table_are_counted_as_dropped(void **state)
{
	struct tallies tallies;
	char key[TALLY_KEY_MAX];

	(void)state;
	assert_int_equal(tallies_open(&tallies, true), 0);
	tallies.owner = 1;
	for (int i = 0; i < TALLIES_MAX; i++) {
		snprintf(key, sizeof(key), "hwmon/chip-%d", i);
		assert_non_null(tallies_claim(&tallies, key, ZONE_OTHER));
	}
	assert_null(tallies_claim(&tallies, "one more", ZONE_OTHER));
	assert_int_equal(tallies.dropped, 1);
	tallies_close(&tallies);
}

static void texts_of_the_pmu_are_checked(void **state)
{
	static const char *const bad_scales[] = { "", "x", "-1e-10", "1e-10 J", "nan", "inf", "2", "0",
		"1e-300" };
	static const char *const bad_cpus[] = { "", "a", "-1", "1-", "3-1", "0,", "0;1", "99999999999",
		"0-70" };
	static const char *const bad_events[] = { "", "0x02", "event=", "event=0x", "event=0x100",
		"event=0x02,umask=1" };
	uint32_t cpus[PERF_CPUS_MAX];
	struct tally_unit unit;
	uint64_t event;
	size_t count;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad_scales); i++)
		if (perf_text_scale(bad_scales[i], &unit) == 0)
			fail_msg("scale '%s' was taken", bad_scales[i]);
	for (size_t i = 0; i < ARRAY_SIZE(bad_cpus); i++)
		if (perf_text_cpus(bad_cpus[i], cpus, &count) == 0)
			fail_msg("cpus '%s' were taken", bad_cpus[i]);
	for (size_t i = 0; i < ARRAY_SIZE(bad_events); i++)
		if (perf_text_event(bad_events[i], &event) == 0)
			fail_msg("event '%s' was taken", bad_events[i]);
	assert_int_equal(perf_text_event("event=0x02", &event), 0);
	assert_int_equal(event, 2);
	assert_int_equal(perf_text_cpus("0,18-20", cpus, &count), 0);
	assert_int_equal(count, 4);
	assert_int_equal(cpus[3], 20);
	assert_int_equal(perf_text_scale("1e-6", &unit), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_reading_is_the_baseline),
		cmocka_unit_test(a_wrap_goes_on_to_the_microjoule),
		cmocka_unit_test(a_counter_that_steps_back_without_a_wrap_begins_anew),
		cmocka_unit_test(a_leap_that_no_package_can_draw_is_not_counted),
		cmocka_unit_test(time_for_two_wraps_is_said_and_not_guessed),
		cmocka_unit_test(a_counter_that_is_lower_after_a_suspend_was_reset),
		cmocka_unit_test(a_rapl_unit_is_exact_and_does_not_drift),
		cmocka_unit_test(a_sampling_sensor_is_joined_by_lines_an_averaging_one_tells_of_before),
		cmocka_unit_test(fractions_of_a_microjoule_are_carried),
		cmocka_unit_test(a_long_outage_of_a_sensor_is_not_invented),
		cmocka_unit_test(a_counter_is_found_again_by_its_name_when_the_set_changed),
		cmocka_unit_test(counters_beyond_the_table_are_counted_as_dropped),
		cmocka_unit_test(texts_of_the_pmu_are_checked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
