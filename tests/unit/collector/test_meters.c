/* Which meter is chosen, what is said of it, and that a zone's sum never goes back. */
#include <errno.h>

#include "tests/unit/collector/meter_fixture.h"

#define RANGE 262143328850ULL

static void put_xgene(void)
{
	sysfs_put("class/hwmon/hwmon0/name", "apm_xgene\n");
	sysfs_put("class/hwmon/hwmon0/power1_label", "CPU power\n");
	sysfs_put("class/hwmon/hwmon0/power1_input", "100000000\n");
}

static void the_first_that_answers_is_chosen(void **state)
{
	(void)state;
	sysfs_rapl_zone("intel-rapl:0", "package-0", 0, RANGE);
	put_xgene();
	open_meters("perf,powercap,xgene,model");
	assert_string_equal(tick.meter_name, "powercap");
	assert_string_equal(meters_reason(meters), "powercap; not on this machine: perf");
	assert_int_equal(stat_of("meter_info", "meter=\"powercap\""), 1);
	assert_int_equal(stat_of("meter_available", "meter=\"powercap\",reason=\"chosen\""), 1);
	assert_int_equal(stat_of("meter_available", "meter=\"perf\",reason=\"not on this machine\""), 0);
	assert_int_equal(
		stat_of("meter_available", "meter=\"xgene\",reason=\"an earlier one of the list answers\""),
		0);
	assert_int_equal(stat_of("meter_counters", "zone=\"package\""), 1);
}

static void the_order_is_the_operators(void **state)
{
	(void)state;
	sysfs_rapl_zone("intel-rapl:0", "package-0", 0, RANGE);
	put_xgene();
	open_meters("xgene powercap");
	assert_string_equal(tick.meter_name, "xgene");
}

static void model_first_means_no_cpu_meter(void **state)
{
	(void)state;
	sysfs_rapl_zone("intel-rapl:0", "package-0", 0, RANGE);
	open_meters("model,powercap");
	assert_string_equal(tick.meter_name, "");
	assert_string_equal(meters_reason(meters), "model");
	assert_null(slot_of(ZONE_PACKAGE));
}

static void without_any_meter_the_model_is_named(void **state)
{
	(void)state;
	open_meters("perf,powercap,hwmon,xgene,acpi,model");
	assert_string_equal(
		meters_reason(meters), "model; not on this machine: perf, powercap, hwmon, xgene, acpi");
	assert_int_equal(stat_of("meter_info", "meter=\"none\""), 1);
	assert_true(stat_of("meter_counters", "zone=\"package\"") < 0); /* is not told */
}

static void an_unknown_name_is_an_error_that_names_the_valid_ones(void **state)
{
	(void)state;
	snprintf(config.meters, sizeof(config.meters), "powercap,nonsense");
	assert_int_equal(meters_open(&config, true, &meters), -EINVAL);
	assert_string_equal(meters_reason(meters),
		"'nonsense' is no meter; valid are perf, powercap, hwmon, xgene, acpi, nvml, model, fake");
}

static void a_meter_that_is_named_twice_is_opened_once(void **state)
{
	(void)state;
	sysfs_rapl_zone("intel-rapl:0", "package-0", 0, RANGE);
	open_meters("powercap,powercap");
	assert_string_equal(tick.meter_name, "powercap");
}

static void a_platform_that_powercap_has_is_not_asked_of_acpi(void **state)
{
	(void)state;
	sysfs_rapl_zone("intel-rapl:0", "package-0", 0, RANGE);
	sysfs_rapl_zone("intel-rapl:1", "psys", 0, RANGE);
	sysfs_put("class/hwmon/hwmon1/name", "power_meter\n");
	sysfs_put("class/hwmon/hwmon1/power1_average", "300000000\n");
	open_meters("powercap,acpi");
	assert_string_equal(tick.meter_name, "powercap");
	sysfs_rapl_energy("intel-rapl:1", 12);
	pass_and_read(1000);
	expect_uj(ZONE_PSYS, METER_OK, 12);
}

static void a_platform_alone_is_no_package(void **state)
{
	(void)state;
	sysfs_rapl_zone("intel-rapl:0", "psys", 5, RANGE);
	open_meters("powercap,model");
	sysfs_rapl_energy("intel-rapl:0", 1005);
	pass_and_read(1000);
	expect_uj(ZONE_PSYS, METER_OK, 1000);
	assert_null(slot_of(ZONE_PACKAGE));
	assert_null(slot_of(ZONE_DRAM));
	assert_int_equal(stat_of("meter_counters", "zone=\"psys\""), 1);
	assert_true(stat_of("meter_counters", "zone=\"package\"") < 0);
}

/* Random growth, outages and resets of four sockets: no zone ever goes back, and none leaps. */
static void a_zone_never_goes_back_and_never_leaps(void **state)
{
	unsigned long long uj[4] = { 0, RANGE - 1, 5, RANGE / 2 };
	uint64_t last_uj = 0;
	char folder[32], name[32];

	(void)state;
	srand(7);
	for (int i = 0; i < 4; i++) {
		snprintf(folder, sizeof(folder), "intel-rapl:%d", i);
		snprintf(name, sizeof(name), "package-%d", i);
		sysfs_rapl_zone(folder, name, uj[i], RANGE);
	}
	open_meters("powercap");
	for (int step = 0; step < 300; step++) {
		int i = rand() % 4;
		uint64_t ms = (uint64_t)(rand() % 3000);
		snprintf(folder, sizeof(folder), "intel-rapl:%d", i);
		if (rand() % 20 == 0)
			uj[i] = (unsigned long long)rand() * 131071 % RANGE; /* a reset */
		else
			uj[i] = (uj[i] + (unsigned long long)rand() % 300000 * ms / 1000) % RANGE;
		if (rand() % 20 == 0)
			sysfs_remove("class/powercap/intel-rapl:2");
		else if (rand() % 5 == 0)
			sysfs_rapl_zone("intel-rapl:2", "package-2", uj[2], RANGE);
		if (i != 2)
			sysfs_rapl_energy(folder, uj[i]);
		pass_and_read(ms);
		const struct ring_meter *slot = slot_of(ZONE_PACKAGE);
		assert_non_null(slot);
		if (slot->uj < last_uj || slot->uj - last_uj > 4 * 1000 * (ms + 1000) * 1000)
			fail_msg("step %d: from %lu to %lu µJ in %lu ms", step, last_uj, slot->uj, ms);
		last_uj = slot->uj;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		METER_TEST(the_first_that_answers_is_chosen),
		METER_TEST(the_order_is_the_operators),
		METER_TEST(model_first_means_no_cpu_meter),
		METER_TEST(without_any_meter_the_model_is_named),
		METER_TEST(an_unknown_name_is_an_error_that_names_the_valid_ones),
		METER_TEST(a_meter_that_is_named_twice_is_opened_once),
		METER_TEST(a_platform_that_powercap_has_is_not_asked_of_acpi),
		METER_TEST(a_platform_alone_is_no_package),
		METER_TEST(a_zone_never_goes_back_and_never_leaps),
	};
	return cmocka_run_group_tests(tests, begin_group, end_group);
}
