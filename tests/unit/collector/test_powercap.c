/* RAPL from a tree of files as the powercap class lays them out. */
#include <sys/fsuid.h>

#include "collector/meters/fake.h"
#include "tests/unit/collector/meter_fixture.h"

#define RANGE      262143328850ULL
#define DRAM_RANGE 65712999613ULL

/* Two sockets, one of them of two dies, each with dram; and psys. */
static void make_server(void)
{
	sysfs_rapl_zone("intel-rapl:0", "package-0", 5000, RANGE);
	sysfs_rapl_zone("intel-rapl:0:0", "core", 10, RANGE);
	sysfs_rapl_zone("intel-rapl:0:1", "dram", 100, DRAM_RANGE);
	sysfs_rapl_zone("intel-rapl:1", "package-1-die-0", 7000, RANGE);
	sysfs_rapl_zone("intel-rapl:1:0", "dram", 200, DRAM_RANGE);
	sysfs_rapl_zone("intel-rapl:2", "package-1-die-1", 9000, RANGE);
	sysfs_rapl_zone("intel-rapl:3", "psys", 50, RANGE);
}

static void sockets_and_dies_add_up_by_zone(void **state)
{
	(void)state;
	make_server();
	open_meters("powercap");
	expect_uj(ZONE_PACKAGE, METER_OK, 0);
	sysfs_rapl_energy("intel-rapl:0", 6000);
	sysfs_rapl_energy("intel-rapl:1", 9500);
	sysfs_rapl_energy("intel-rapl:2", 9001);
	sysfs_rapl_energy("intel-rapl:0:1", 150);
	sysfs_rapl_energy("intel-rapl:1:0", 201);
	sysfs_rapl_energy("intel-rapl:0:0", 17);
	sysfs_rapl_energy("intel-rapl:3", 53);
	pass_and_read(1000);
	expect_uj(ZONE_PACKAGE, METER_OK, 1000 + 2500 + 1);
	expect_uj(ZONE_DRAM, METER_OK, 50 + 1);
	expect_uj(ZONE_CORE, METER_OK, 7);
	expect_uj(ZONE_PSYS, METER_OK, 3);
	assert_string_equal(tick.meter_name, "powercap");
}

static void the_memory_mapped_twin_of_a_package_is_not_counted_twice(void **state)
{
	(void)state;
	sysfs_rapl_zone("intel-rapl-mmio:0", "package-0", 1000, RANGE);
	sysfs_rapl_zone("intel-rapl:0", "package-0", 5000, RANGE);
	open_meters("powercap");
	sysfs_rapl_energy("intel-rapl:0", 5100);
	sysfs_rapl_energy("intel-rapl-mmio:0", 1100);
	pass_and_read(1000);
	expect_uj(ZONE_PACKAGE, METER_OK, 100);
}

/* Linux 6.9 to 6.11 on an EPYC of CPUID leaf 0x80000026: each die (CCD) has a zone, and all show the package's counter. */
static void the_dies_of_an_amd_package_show_one_counter(void **state)
{
	(void)state;
	sysfs_put("proc/cpuinfo", "processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 25\n");
	sysfs_rapl_zone("intel-rapl:0", "package-0-die-0", 5000, RANGE);
	sysfs_rapl_zone("intel-rapl:1", "package-0-die-1", 5000, RANGE);
	sysfs_rapl_zone("intel-rapl:2", "package-1-die-0", 9000, RANGE);
	open_meters("powercap");
	sysfs_rapl_energy("intel-rapl:0", 5700);
	sysfs_rapl_energy("intel-rapl:1", 5700);
	sysfs_rapl_energy("intel-rapl:2", 9030);
	pass_and_read(1000);
	expect_uj(ZONE_PACKAGE, METER_OK, 730);
	/* its CPU goes offline: the other die has the same counter */
	sysfs_remove("class/powercap/intel-rapl:0");
	sysfs_rapl_energy("intel-rapl:1", 5900);
	pass_and_read(1000);
	pass_and_read(1000);
	expect_uj(ZONE_PACKAGE, METER_OK, 930);
}

/* The kernel registers psys for the package that counts, under its number where that is not the first (Xeon 4th gen). */
static void psys_of_another_package_is_the_nodes(void **state)
{
	(void)state;
	sysfs_rapl_zone("intel-rapl:0", "package-0", 5000, RANGE);
	sysfs_rapl_zone("intel-rapl:1", "package-1", 7000, RANGE);
	sysfs_rapl_zone("intel-rapl:2", "psys-1", 50, RANGE);
	open_meters("powercap");
	sysfs_rapl_energy("intel-rapl:2", 90);
	pass_and_read(1000);
	expect_uj(ZONE_PSYS, METER_OK, 40);
}

static void the_core_domain_of_an_amd_package_is_one_core_and_left_out(void **state)
{
	(void)state;
	sysfs_put("proc/cpuinfo", "processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 25\n");
	sysfs_rapl_zone("intel-rapl:0", "package-0", 5000, RANGE);
	sysfs_rapl_zone("intel-rapl:0:0", "core", 10, RANGE);
	open_meters("powercap");
	assert_non_null(slot_of(ZONE_PACKAGE));
	assert_null(slot_of(ZONE_CORE));
}

static void a_counter_that_wraps_goes_on(void **state)
{
	(void)state;
	sysfs_rapl_zone("intel-rapl:0", "package-0", RANGE - 850, RANGE);
	open_meters("powercap");
	sysfs_rapl_energy("intel-rapl:0", 150);
	pass_and_read(1000);
	expect_uj(ZONE_PACKAGE, METER_OK, 1000);
	assert_int_equal(tick.flags, 0);
}

static void a_socket_that_does_not_say_where_it_wraps_counts_until_it_does(void **state)
{
	(void)state;
	sysfs_rapl_zone("intel-rapl:0", "package-0", 5000, RANGE);
	sysfs_rapl_zone("intel-rapl:1", "package-1", 7000, 0);
	open_meters("powercap");
	sysfs_rapl_energy("intel-rapl:0", 5100);
	sysfs_rapl_energy("intel-rapl:1", 7020);
	pass_and_read(1000);
	expect_uj(ZONE_PACKAGE, METER_OK, 120);
	sysfs_rapl_energy("intel-rapl:1", 30);
	pass_and_read(1000);
	expect_uj(ZONE_PACKAGE, METER_FAILED, 120);
	assert_int_equal(stat_of("meter_breaks_total", "zone=\"package\""), 1);
	sysfs_rapl_energy("intel-rapl:1", 33);
	pass_and_read(1000);
	expect_uj(ZONE_PACKAGE, METER_OK, 123);
}

static void a_socket_that_disappears_makes_the_sum_a_failure_and_loses_nothing_when_back(void **state)
{
	(void)state;
	make_server();
	open_meters("powercap");
	sysfs_remove("class/powercap/intel-rapl:1");
	sysfs_rapl_energy("intel-rapl:0", 5600);
	pass_and_read(1000);
	expect_uj(ZONE_PACKAGE, METER_FAILED, 600);
	expect_uj(ZONE_PSYS, METER_OK, 0);
	/* back under another number, as the kernel does it */
	sysfs_rapl_zone("intel-rapl:7", "package-1-die-0", 7400, RANGE);
	pass_and_read(1000);
	pass_and_read(1000);
	expect_uj(ZONE_PACKAGE, METER_OK, 600 + 400);
}

static void a_socket_that_stays_away_leaves_the_others_and_begins_anew(void **state)
{
	(void)state;
	make_server();
	open_meters("powercap");
	sysfs_remove("class/powercap/intel-rapl:1");
	for (int i = 0; i < 12; i++)
		pass_and_read(1000);
	sysfs_rapl_energy("intel-rapl:0", 5600);
	pass_and_read(1000);
	expect_uj(ZONE_PACKAGE, METER_OK, 600);
	sysfs_rapl_zone("intel-rapl:1", "package-1-die-0", 20000, RANGE);
	pass_and_read(1000);
	pass_and_read(1000);
	sysfs_rapl_energy("intel-rapl:1", 20009);
	pass_and_read(1000);
	expect_uj(ZONE_PACKAGE, METER_OK, 609);
}

static void a_socket_that_comes_later_counts_from_then(void **state)
{
	(void)state;
	sysfs_rapl_zone("intel-rapl:0", "package-0", 5000, RANGE);
	open_meters("powercap");
	sysfs_rapl_zone("intel-rapl:1", "package-1", 77000, RANGE);
	for (int i = 0; i < 62; i++)
		pass_and_read(1000);
	sysfs_rapl_energy("intel-rapl:1", 77005);
	pass_and_read(1000);
	expect_uj(ZONE_PACKAGE, METER_OK, 5);
}

static void garbage_fails_and_costs_nothing(void **state)
{
	static const char *const bad[] = { "", "garbage\n", "-5\n", "1e3\n", "99999999999999999999999\n",
		"300000000000\n", "5000 J\n" };

	(void)state;
	make_server();
	open_meters("powercap");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		sysfs_put("class/powercap/intel-rapl:0/energy_uj", bad[i]);
		pass_and_read(500);
		expect_uj(ZONE_PACKAGE, METER_FAILED, 0);
		assert_int_equal(stat_of("meter_failures_total", "zone=\"package\""), i + 1);
	}
	sysfs_rapl_energy("intel-rapl:0", 5900);
	pass_and_read(500);
	expect_uj(ZONE_PACKAGE, METER_OK, 900);
	assert_int_equal(stat_of("meter_breaks_total", "zone=\"package\""), 0);
}

static void a_reset_is_a_break_and_no_spike(void **state)
{
	(void)state;
	sysfs_rapl_zone("intel-rapl:0", "package-0", 100000000000, RANGE);
	open_meters("powercap");
	sysfs_rapl_energy("intel-rapl:0", 5);
	pass_and_read(1000);
	expect_uj(ZONE_PACKAGE, METER_FAILED, 0);
	assert_int_equal(tick.flags & TICK_FLAG_COARSE, TICK_FLAG_COARSE);
	assert_int_equal(stat_of("meter_breaks_total", "zone=\"package\""), 1);
	sysfs_rapl_energy("intel-rapl:0", 8);
	pass_and_read(1000);
	expect_uj(ZONE_PACKAGE, METER_OK, 3);
	assert_int_equal(tick.flags, 0);
}

/* For the body: file accesses as nobody, whom root's rights do not help. */
#define AS_NOBODY(body)                                                                                      \
	do {                                                                                                 \
		assert_int_equal(seteuid(65534), 0);                                                         \
		body;                                                                                        \
		assert_int_equal(seteuid(0), 0);                                                             \
	} while (0)

static void one_refused_socket_refuses_the_meter(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	make_server();
	sysfs_chmod("class/powercap/intel-rapl:2/energy_uj", 0400);
	AS_NOBODY(open_meters("powercap"));
	assert_null(slot_of(ZONE_PACKAGE));
	assert_non_null(strstr(meters_reason(meters), "powercap: there, but not readable"));
}

static void a_zone_refused_while_running_is_left_to_the_model_and_not_counted_twice(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	make_server();
	open_meters("powercap");
	sysfs_chmod("class/powercap/intel-rapl:0/energy_uj", 0400);
	uint64_t energy_uj = 7000;
	for (int i = 0; i <= 10; i++) { /* ten seconds it may come back */
		sysfs_rapl_energy("intel-rapl:1", energy_uj += 100);
		AS_NOBODY(pass_and_read(1000));
		expect_uj(ZONE_PACKAGE, METER_FAILED, energy_uj - 7000);
	}
	for (int i = 0; i < 5; i++) { /* the model has it now */
		sysfs_rapl_energy("intel-rapl:1", energy_uj += 100);
		AS_NOBODY(pass_and_read(1000));
		assert_null(slot_of(ZONE_PACKAGE));
	}
	sysfs_chmod("class/powercap/intel-rapl:0/energy_uj", 0444);
	sysfs_rapl_energy("intel-rapl:1", energy_uj += 100);
	AS_NOBODY(pass_and_read(1000));
	expect_uj(ZONE_PACKAGE, METER_OK, 1100);
	sysfs_rapl_energy("intel-rapl:0", 5003);
	AS_NOBODY(pass_and_read(1000));
	expect_uj(ZONE_PACKAGE, METER_OK, 1103);
}

static void the_fake_meter_is_a_function_of_boot_time(void **state)
{
	(void)state;
	assert_int_equal(fake_meter_uj(100000, UINT64_C(1000000000)), 100000000);
	assert_int_equal(fake_meter_uj(100000, UINT64_C(86400000000000) * 365), UINT64_C(3153600000000000));
	assert_int_equal(fake_meter_uj(1, 999999), 0);
	open_meters("fake");
	expect_uj(ZONE_PACKAGE, METER_FAKE, fake_meter_uj(100000, now.boot_ns));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		METER_TEST(sockets_and_dies_add_up_by_zone),
		METER_TEST(the_memory_mapped_twin_of_a_package_is_not_counted_twice),
		METER_TEST(the_dies_of_an_amd_package_show_one_counter),
		METER_TEST(psys_of_another_package_is_the_nodes),
		METER_TEST(the_core_domain_of_an_amd_package_is_one_core_and_left_out),
		METER_TEST(a_counter_that_wraps_goes_on),
		METER_TEST(a_socket_that_does_not_say_where_it_wraps_counts_until_it_does),
		METER_TEST(a_socket_that_disappears_makes_the_sum_a_failure_and_loses_nothing_when_back),
		METER_TEST(a_socket_that_stays_away_leaves_the_others_and_begins_anew),
		METER_TEST(a_socket_that_comes_later_counts_from_then),
		METER_TEST(garbage_fails_and_costs_nothing),
		METER_TEST(a_reset_is_a_break_and_no_spike),
		METER_TEST(one_refused_socket_refuses_the_meter),
		METER_TEST(a_zone_refused_while_running_is_left_to_the_model_and_not_counted_twice),
		METER_TEST(the_fake_meter_is_a_function_of_boot_time),
	};
	return cmocka_run_group_tests(tests, begin_group, end_group);
}
