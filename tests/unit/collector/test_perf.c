/*
 * The perf meter through the kernel's own perf_event_open: the folder of the PMU is a fixture that says "type 1, event
 * 0", which is the software event cpu-clock. It counts nanoseconds on each CPU, so its energy is known: with a scale
 * of 1e-7 J a count, 100 W for each CPU of the cpumask.
 */
#include <linux/perf_event.h>

#include "tests/unit/collector/meter_fixture.h"

#define PMU "bus/event_source/devices/power/"

static void make_pmu(const char *cpumask)
{
	sysfs_put(PMU "type", "1\n");
	sysfs_put(PMU "cpumask", cpumask);
	sysfs_put(PMU "events/energy-pkg", "event=0x00\n");
	sysfs_put(PMU "events/energy-pkg.scale", "1e-7\n");
	sysfs_put(PMU "events/energy-pkg.unit", "Joules\n");
}

static void put_package(unsigned cpu, unsigned package)
{
	char file[128];

	snprintf(file, sizeof(file), "devices/system/cpu/cpu%u/topology/physical_package_id", cpu);
	sysfs_put_number(file, package);
	snprintf(file, sizeof(file), "devices/system/cpu/cpu%u/topology/die_id", cpu);
	sysfs_put_number(file, 0);
}

/* Spins, so that real time passes without sleeping. */
static void spend(uint64_t ms)
{
	uint64_t end_ns = clock_mono_ns() + ms * NS_PER_MILLISECOND;

	while (clock_mono_ns() < end_ns)
		;
}

static bool open_perf(void)
{
	snprintf(config.meters, sizeof(config.meters), "perf");
	assert_int_equal(meters_open(&config, true, &meters), 0);
	return strncmp(meters_reason(meters), "perf", 4) == 0;
}

/* Energy between two readings, against the clock around them. cpu-clock runs by the scheduler's clock, whose rate the kernel
 * calibrates by itself: on a busy emulator it is some percent off the clock's. */
static void expect_watts(double watts)
{
	uint64_t before_ns = clock_mono_ns();
	now = clock_now();
	read_meters();
	uint64_t between_ns = clock_mono_ns(), first_uj = slot_of(ZONE_PACKAGE)->uj;

	spend(30);
	uint64_t again_ns = clock_mono_ns();
	now = clock_now();
	read_meters();
	uint64_t after_ns = clock_mono_ns();
	double joules = (double)(slot_of(ZONE_PACKAGE)->uj - first_uj) / 1e6;
	double most = watts * (double)(after_ns - before_ns) / 1e9;
	double least = watts * (double)(again_ns - between_ns) / 1e9;
	if (joules > most * 1.05 || joules < least * 0.95)
		fail_msg("%f J, and between %f and %f J it must be", joules, least, most);
}

static void one_package_is_read_from_the_kernel(void **state)
{
	(void)state;
	make_pmu("0\n");
	put_package(0, 0);
	if (!open_perf())
		skip();
	expect_watts(100);
	assert_int_equal(slot_of(ZONE_PACKAGE)->state, METER_OK);
	assert_string_equal(tick.meter_name, "perf");
}

static void packages_of_the_cpumask_add_up(void **state)
{
	(void)state;
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		skip();
	make_pmu("0-1\n");
	put_package(0, 0);
	put_package(1, 1);
	if (!open_perf())
		skip();
	expect_watts(200);
}

static void two_cpus_of_one_package_are_counted_once(void **state)
{
	(void)state;
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		skip();
	make_pmu("0-1\n");
	put_package(0, 0);
	put_package(1, 0);
	if (!open_perf())
		skip();
	expect_watts(100);
}

static void dies_of_a_package_add_up_but_on_amd_show_one_counter(void **state)
{
	(void)state;
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		skip();
	make_pmu("0-1\n");
	put_package(0, 0);
	put_package(1, 0);
	sysfs_put("devices/system/cpu/cpu1/topology/die_id", "1\n");
	if (!open_perf())
		skip();
	expect_watts(200);
	meters_free(meters);
	sysfs_put("proc/cpuinfo", "processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 25\n");
	assert_true(open_perf());
	expect_watts(100);
}

static void a_pmu_that_says_nonsense_is_not_used(void **state)
{
	static const struct {
		const char *file, *text;
	} bad[] = { { "type", "power\n" }, { "cpumask", "all\n" }, { "events/energy-pkg", "umask=1\n" },
		{ "events/energy-pkg.scale", "-1\n" }, { "events/energy-pkg.unit", "Watts\n" } };
	char path[128];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		make_pmu("0\n");
		snprintf(path, sizeof(path), PMU "%s", bad[i].file);
		sysfs_put(path, bad[i].text);
		if (open_perf())
			fail_msg("%s = %s was taken", bad[i].file, bad[i].text);
		meters_free(meters);
		meters = NULL;
	}
}

static void a_cpu_that_is_not_there_fails_the_meter(void **state)
{
	(void)state;
	make_pmu("0,9999\n");
	put_package(0, 0);
	put_package(9999, 1);
	assert_false(open_perf());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		METER_TEST(one_package_is_read_from_the_kernel),
		METER_TEST(packages_of_the_cpumask_add_up),
		METER_TEST(two_cpus_of_one_package_are_counted_once),
		METER_TEST(dies_of_a_package_add_up_but_on_amd_show_one_counter),
		METER_TEST(a_pmu_that_says_nonsense_is_not_used),
		METER_TEST(a_cpu_that_is_not_there_fails_the_meter),
	};
	return cmocka_run_group_tests(tests, begin_group, end_group);
}
