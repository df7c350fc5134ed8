/* Power sensors of the chips in hwmon.def, from a tree of files. */
#include "tests/unit/collector/meter_fixture.h"

static void put_sensor(const char *chip_folder, const char *file, const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), "class/hwmon/%s/%s", chip_folder, file);
	sysfs_put(path, text);
}

static void ampere_has_a_cpu_and_an_io_domain(void **state)
{
	(void)state;
	put_sensor("hwmon2", "name", "apm_xgene\n");
	put_sensor("hwmon2", "power1_label", "CPU power\n");
	put_sensor("hwmon2", "power1_input", "80000000\n");
	put_sensor("hwmon2", "power2_label", "IO power\n");
	put_sensor("hwmon2", "power2_input", "20000000\n");
	open_meters("hwmon,xgene");
	put_sensor("hwmon2", "power1_input", "120000000\n");
	pass_and_read(1000);
	expect_uj(ZONE_PACKAGE, METER_OK, 100000000); /* from 80 to 120 W */
	expect_uj(ZONE_OTHER, METER_OK, 20000000);
	assert_string_equal(tick.meter_name, "xgene");
}

static void amd_energy_counts_its_sockets_not_its_cores(void **state)
{
	(void)state;
	put_sensor("hwmon0", "name", "amd_energy\n");
	put_sensor("hwmon0", "energy1_label", "Ecore000\n");
	put_sensor("hwmon0", "energy1_input", "1000\n");
	put_sensor("hwmon0", "energy129_label", "Esocket0\n");
	put_sensor("hwmon0", "energy129_input", "9000000\n");
	put_sensor("hwmon0", "energy130_label", "Esocket1\n");
	put_sensor("hwmon0", "energy130_input", "5000000\n");
	open_meters("hwmon");
	put_sensor("hwmon0", "energy129_input", "9000700\n");
	put_sensor("hwmon0", "energy130_input", "5000007\n");
	pass_and_read(1000);
	expect_uj(ZONE_PACKAGE, METER_OK, 707);
}

static void an_acpi_meter_is_the_platform_beside_the_cpu_meter(void **state)
{
	(void)state;
	sysfs_rapl_zone("intel-rapl:0", "package-0", 5000, 262143328850ULL);
	put_sensor("hwmon1", "name", "power_meter\n");
	put_sensor("hwmon1", "device/power1_average", "300000000\n"); /* where kernels before 6.x put it */
	open_meters("powercap,acpi");
	sysfs_rapl_energy("intel-rapl:0", 5100);
	pass_and_read(2000);
	expect_uj(ZONE_PACKAGE, METER_OK, 100);
	expect_uj(ZONE_PSYS, METER_OK, 600000000);
	assert_string_equal(tick.meter_name, "powercap+acpi");
}

static void two_acpi_meters_without_names_are_not_added(void **state)
{
	(void)state;
	put_sensor("hwmon1", "name", "power_meter\n");
	put_sensor("hwmon1", "power1_average", "300000000\n");
	put_sensor("hwmon2", "name", "power_meter\n");
	put_sensor("hwmon2", "power1_average", "250000000\n");
	open_meters("acpi,model");
	assert_null(slot_of(ZONE_PSYS));
	assert_non_null(strstr(meters_reason(meters), "acpi: several sensors"));
}

static void a_battery_is_no_platform(void **state)
{
	(void)state;
	put_sensor("hwmon1", "name", "power_meter\n");
	put_sensor("hwmon1", "power1_average", "300000000\n");
	put_sensor("hwmon1", "power1_is_battery", "1\n");
	open_meters("acpi");
	assert_null(slot_of(ZONE_PSYS));
}

static void grace_tells_its_parts_by_oem_info(void **state)
{
	static const char *const parts[][2] = { { "Module Power Socket 0", "600000000" },
		{ "Grace Power Socket 0", "200000000" }, { "CPU Power Socket 0", "150000000" },
		{ "SysIO Power Socket 0", "30000000" }, { "Grace Power Socket 1", "100000000" } };
	char folder[32];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		snprintf(folder, sizeof(folder), "hwmon%zu", i + 8); /* 8, 9, 10, … */
		put_sensor(folder, "name", "power_meter\n");
		put_sensor(folder, "device/power1_oem_info", parts[i][0]);
		put_sensor(folder, "device/power1_average", parts[i][1]);
	}
	open_meters("hwmon,acpi");
	pass_and_read(1000);
	expect_uj(ZONE_PACKAGE, METER_OK, 300000000);
	expect_uj(ZONE_CORE, METER_OK, 150000000);
	expect_uj(ZONE_UNCORE, METER_OK, 30000000);
	expect_uj(ZONE_PSYS, METER_OK, 600000000);
}

static void power9_chips_memory_and_system_have_their_zones(void **state)
{
	(void)state;
	put_sensor("hwmon0", "name", "ibmpowernv\n");
	put_sensor("hwmon0", "power1_label", "System\n");
	put_sensor("hwmon0", "power1_input", "500000000\n");
	put_sensor("hwmon0", "power2_label", "Chip 0 \n");
	put_sensor("hwmon0", "power2_input", "100000000\n");
	put_sensor("hwmon0", "power3_label", "Chip 0 Vdd\n");
	put_sensor("hwmon0", "power3_input", "60000000\n");
	put_sensor("hwmon0", "power4_label", "Chip 8 \n");
	put_sensor("hwmon0", "power4_input", "110000000\n");
	put_sensor("hwmon0", "power5_label", "Chip 0 Memory\n");
	put_sensor("hwmon0", "power5_input", "40000000\n");
	open_meters("hwmon");
	pass_and_read(1000);
	expect_uj(ZONE_PACKAGE, METER_OK, 210000000);
	expect_uj(ZONE_DRAM, METER_OK, 40000000);
	expect_uj(ZONE_PSYS, METER_OK, 500000000);
}

static void a_rail_is_volts_times_amperes(void **state)
{
	(void)state;
	put_sensor("hwmon3", "name", "ina3221\n");
	put_sensor("hwmon3", "in1_label", "VDD_IN\n");
	put_sensor("hwmon3", "in1_input", "5000\n");
	put_sensor("hwmon3", "curr1_input", "2000\n");
	put_sensor("hwmon3", "in3_label", "VDD_SOC\n");
	put_sensor("hwmon3", "in3_input", "5000\n");
	put_sensor("hwmon3", "curr3_input", "500\n");
	open_meters("hwmon,model");
	pass_and_read(1000);
	expect_uj(ZONE_PSYS, METER_OK, 10000000);
	assert_null(slot_of(ZONE_PACKAGE));
	assert_string_equal(tick.meter_name, "hwmon");
	assert_non_null(strstr(meters_reason(meters), "hwmon and model"));
	put_sensor("hwmon3", "curr1_input", "-40\n"); /* a reversed shunt */
	pass_and_read(1000);
	expect_uj(ZONE_PSYS, METER_FAILED, 10000000);
}

static void fam15h_says_its_mean_before_its_moment(void **state)
{
	(void)state;
	for (int socket = 0; socket < 2; socket++) {
		const char *folder = socket == 0 ? "hwmon0" : "hwmon5";
		put_sensor(folder, "name", "fam15h_power\n");
		put_sensor(folder, "power1_input", "90000000\n");
		put_sensor(folder, "power1_average", "50000000\n");
	}
	open_meters("hwmon");
	pass_and_read(1000);
	expect_uj(ZONE_PACKAGE, METER_OK, 100000000);
}

static void other_chips_are_left_alone(void **state)
{
	(void)state;
	put_sensor("hwmon0", "name", "nvme\n");
	put_sensor("hwmon0", "power1_input", "9000000\n");
	put_sensor("hwmon1", "name", "amdgpu\n");
	put_sensor("hwmon1", "power1_average", "90000000\n");
	put_sensor("hwmon2", "power1_input", "1\n"); /* no name */
	open_meters("hwmon,xgene,acpi");
	for (int i = 0; i < RING_METER_MAX; i++)
		assert_int_equal(tick.meter[i].state, METER_ABSENT);
	assert_string_equal(meters_reason(meters), "model; not on this machine: hwmon, xgene, acpi");
}

static void a_driver_that_is_loaded_anew_goes_on_under_its_new_number(void **state)
{
	(void)state;
	put_sensor("hwmon2", "name", "apm_xgene\n");
	put_sensor("hwmon2", "power1_label", "CPU power\n");
	put_sensor("hwmon2", "power1_input", "100000000\n");
	open_meters("xgene");
	sysfs_remove("class/hwmon/hwmon2");
	pass_and_read(1000);
	expect_uj(ZONE_PACKAGE, METER_FAILED, 0);
	put_sensor("hwmon6", "name", "apm_xgene\n");
	put_sensor("hwmon6", "power1_label", "CPU power\n");
	put_sensor("hwmon6", "power1_input", "100000000\n");
	pass_and_read(1000);
	expect_uj(ZONE_PACKAGE, METER_OK, 200000000);
}

static void garbage_of_a_sensor_fails(void **state)
{
	static const char *const bad[] = { "", "x\n", "-1\n", "4294967295000000\n", "18446744073709551615\n",
		"18446744073709551616\n" };

	(void)state;
	put_sensor("hwmon2", "name", "apm_xgene\n");
	put_sensor("hwmon2", "power1_label", "CPU power\n");
	put_sensor("hwmon2", "power1_input", "100000000\n");
	open_meters("xgene");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		put_sensor("hwmon2", "power1_input", bad[i]);
		pass_and_read(1000);
		expect_uj(ZONE_PACKAGE, METER_FAILED, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		METER_TEST(ampere_has_a_cpu_and_an_io_domain),
		METER_TEST(amd_energy_counts_its_sockets_not_its_cores),
		METER_TEST(an_acpi_meter_is_the_platform_beside_the_cpu_meter),
		METER_TEST(two_acpi_meters_without_names_are_not_added),
		METER_TEST(a_battery_is_no_platform),
		METER_TEST(grace_tells_its_parts_by_oem_info),
		METER_TEST(power9_chips_memory_and_system_have_their_zones),
		METER_TEST(a_rail_is_volts_times_amperes),
		METER_TEST(fam15h_says_its_mean_before_its_moment),
		METER_TEST(other_chips_are_left_alone),
		METER_TEST(a_driver_that_is_loaded_anew_goes_on_under_its_new_number),
		METER_TEST(garbage_of_a_sensor_fails),
	};
	return cmocka_run_group_tests(tests, begin_group, end_group);
}
