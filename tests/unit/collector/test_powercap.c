/* RAPL from a tree of files as the powercap class lays them out. */
#include "collector/meters/fake.h"
#include "collector/meters/meter.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/unit.h"

static struct config config;
static char root[] = "/tmp/tanso-powercap-XXXXXX";

static void put(const char *zone, const char *file, const char *text)
{
	char path[300];

	snprintf(path, sizeof(path), "%s/class/powercap/%s/%s", root, zone, file);
	FILE *out = fopen(path, "w");
	if (out == NULL)
		fail_msg("%s", path);
	fputs(text, out);
	fclose(out);
}

static void make_zone(const char *zone, const char *name, const char *energy, const char *range)
{
	char command[400];

	snprintf(command, sizeof(command), "mkdir -p %s/class/powercap/%s", root, zone);
	assert_int_equal(system(command), 0);
	put(zone, "name", name);
	put(zone, "max_energy_range_uj", range);
	put(zone, "energy_uj", energy);
}

static uint64_t zone_uj(struct meter *meter, enum zone zone, uint32_t *ret_state)
{
	struct ring_meter slots[RING_METER_MAX] = { 0 };
	uint32_t count = meter->read(meter, (struct instant) { 0 }, slots);

	for (uint32_t i = 0; i < count; i++)
		if (slots[i].zone == zone) {
			*ret_state = slots[i].state;
			return slots[i].uj;
		}
	*ret_state = METER_ABSENT;
	return 0;
}

static void sockets_add_up_and_the_first_reading_is_the_baseline(void **state)
{
	struct meter *meter;
	uint32_t slot;

	(void)state;
	make_zone("intel-rapl:0", "package-0\n", "5000\n", "262143328850\n");
	make_zone("intel-rapl:1", "package-1\n", "7000\n", "262143328850\n");
	make_zone("intel-rapl:0/intel-rapl:0:0", "dram\n", "100\n", "65712999613\n");
	assert_int_equal(meter_open_powercap(&config, true, &meter), 0);
	assert_int_equal(zone_uj(meter, ZONE_PACKAGE, &slot), 0);
	assert_int_equal(slot, METER_OK);
	put("intel-rapl:0", "energy_uj", "6000\n");
	put("intel-rapl:1", "energy_uj", "9500\n");
	put("intel-rapl:0/intel-rapl:0:0", "energy_uj", "150\n");
	assert_int_equal(zone_uj(meter, ZONE_PACKAGE, &slot), 3500);
	assert_int_equal(zone_uj(meter, ZONE_DRAM, &slot), 50);
	meter->free(meter);
}

static void a_counter_that_wraps_goes_on(void **state)
{
	struct meter *meter;
	uint32_t slot;

	(void)state;
	put("intel-rapl:0", "energy_uj", "262143328000\n");
	assert_int_equal(meter_open_powercap(&config, true, &meter), 0);
	zone_uj(meter, ZONE_PACKAGE, &slot);
	put("intel-rapl:0", "energy_uj", "150\n");
	assert_int_equal(zone_uj(meter, ZONE_PACKAGE, &slot), 850 + 150);
	meter->free(meter);
}

static void a_socket_that_disappears_makes_the_sum_a_failure_not_a_smaller_number(void **state)
{
	struct meter *meter;
	char path[300];
	uint32_t slot;

	(void)state;
	assert_int_equal(meter_open_powercap(&config, true, &meter), 0);
	zone_uj(meter, ZONE_PACKAGE, &slot);
	snprintf(path, sizeof(path), "%s/class/powercap/intel-rapl:1/energy_uj", root);
	unlink(path);
	zone_uj(meter, ZONE_PACKAGE, &slot);
	assert_int_equal(slot, METER_FAILED);
	put("intel-rapl:1", "energy_uj", "garbage\n");
	zone_uj(meter, ZONE_PACKAGE, &slot);
	assert_int_equal(slot, METER_FAILED);
	put("intel-rapl:1", "energy_uj", "10000\n");
	assert_int_equal(zone_uj(meter, ZONE_PACKAGE, &slot), 500); /* nothing of the outage is lost */
	assert_int_equal(slot, METER_OK);
	meter->free(meter);
}

static void the_first_meter_that_answers_is_chosen_and_the_reason_said(void **state)
{
	struct meter *meter;
	char reason[256];

	(void)state;
	assert_int_equal(meter_choose(&config, true, &meter, reason, sizeof(reason)), 0);
	assert_string_equal(meter->name, "powercap");
	meter->free(meter);
	snprintf(config.sysfs_root, sizeof(config.sysfs_root), "/nonexistent");
	assert_int_equal(meter_choose(&config, true, &meter, reason, sizeof(reason)), 0);
	assert_null(meter);
	assert_non_null(strstr(reason, "powercap: not on this machine; model: chosen"));
	snprintf(config.meters, sizeof(config.meters), "wattmeter");
	assert_int_equal(meter_choose(&config, true, &meter, reason, sizeof(reason)), -EINVAL);
	assert_non_null(strstr(reason, "wattmeter: no such meter"));
}

static void the_fake_meter_is_a_function_of_boot_time(void **state)
{
	(void)state;
	assert_int_equal(fake_meter_uj(100000, UINT64_C(1000000000)), 100000000);
	assert_int_equal(fake_meter_uj(100000, UINT64_C(86400000000000) * 365), UINT64_C(3153600000000000));
	assert_int_equal(fake_meter_uj(1, 999999), 0);
}

static int begin(void **state)
{
	(void)state;
	config_defaults(&config);
	if (mkdtemp(root) == NULL)
		return -1;
	snprintf(config.sysfs_root, sizeof(config.sysfs_root), "%s", root);
	return 0;
}

static int end(void **state)
{
	char command[100];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", root);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sockets_add_up_and_the_first_reading_is_the_baseline),
		cmocka_unit_test(a_counter_that_wraps_goes_on),
		cmocka_unit_test(a_socket_that_disappears_makes_the_sum_a_failure_not_a_smaller_number),
		cmocka_unit_test(the_first_meter_that_answers_is_chosen_and_the_reason_said),
		cmocka_unit_test(the_fake_meter_is_a_function_of_boot_time),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
