#include "tests/unit/unit.h"

#include <linux/capability.h>

#include "cli/meters_host.h"
#include "cli/up/host.h"
#include "tests/fixture/sysfs.h"

#define EVENTS "bus/event_source/devices/power/events/"

static enum host_meter find(void)
{
	static struct config config;
	char path[SYSFS_PATH_MAX];

	snprintf(config.sysfs_root, sizeof(config.sysfs_root), "%s", sysfs_root);
	return host_find_meter(&config, path, sizeof(path));
}

/* Firecracker's guests on Linux 6.18 have it so: psys is there, in units of 1 J, and stands at 0. */
static void a_power_pmu_is_a_meter_when_it_counts_the_package(void **state)
{
	(void)state;
	assert_int_equal(sysfs_begin(), 0);
	assert_int_equal(find(), HOST_METER_NONE);
	sysfs_put("bus/event_source/devices/power/type", "9\n");
	sysfs_put(EVENTS "energy-psys", "event=0x05\n");
	assert_int_equal(find(), HOST_METER_NONE);
	sysfs_put(EVENTS "energy-pkg", "event=0x02\n");
	assert_int_equal(find(), host_has_capability(CAP_PERFMON) ? HOST_METER_READABLE : HOST_METER_NONE);
	assert_int_equal(sysfs_end(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_power_pmu_is_a_meter_when_it_counts_the_package),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
