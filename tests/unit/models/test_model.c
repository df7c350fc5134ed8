#include "models/model.h"

#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/unit.h"

static struct config config;
static const struct host host = { .cpus = 4,
	.memory_bytes = UINT64_C(16000000000),
	.generation = "epyc_3",
	.thread_idle_mw = 450,
	.thread_full_mw = 2020 };

static int make(struct model *ret_model)
{
	struct model_error error;
	struct host configured = host;

	configured.host_threads = (uint32_t)config.host_threads;
	return model_make(&config, &configured, ret_model, &error);
}

static uint64_t package_mw(const struct model *model, uint64_t busy, uint64_t capacity)
{
	struct model_input input = { .dt_ns = 1000, .busy_ns = busy, .capacity_ns = capacity };
	struct model_output output;

	model_evaluate(model, &input, &output);
	return output.package_mw;
}

static void a_guest_pays_its_threads_share_of_idle_and_full(void **state)
{
	struct model model;

	(void)state;
	config_defaults(&config);
	assert_int_equal(make(&model), 0);
	assert_int_equal(package_mw(&model, 0, 1000), 4 * 450);
	assert_int_equal(package_mw(&model, 1000, 1000), 4 * 2020);
	assert_int_equal(model.dram_mw, 16 * 392);
	assert_string_equal(model.name, "curve:epyc_3");
	assert_true(model.error_ppm > 0);
}

static uint64_t idle_mw_with(const struct model *model, uint32_t online)
{
	struct model_input input = { .dt_ns = 1000, .capacity_ns = 1000, .cpus = online };
	struct model_output output;

	model_evaluate(model, &input, &output);
	assert_int_equal(output.package_mw, output.package_idle_mw);
	return output.package_idle_mw;
}

static void a_guest_that_gets_more_threads_pays_for_them_at_once(void **state)
{
	struct model model;

	(void)state;
	config_defaults(&config);
	config.host_threads = 64;
	assert_int_equal(make(&model), 0);
	assert_int_equal(idle_mw_with(&model, 4), 4 * 450);
	assert_int_equal(idle_mw_with(&model, 16), 16 * 450);
	assert_int_equal(idle_mw_with(&model, 2), 2 * 450);
	assert_int_equal(idle_mw_with(&model, 200), 64 * 450); /* there are no more */
	assert_int_equal(idle_mw_with(&model, 0), 4 * 450);
	config.host_threads = 0; /* this machine is the host: its package draws what it draws */
	assert_int_equal(make(&model), 0);
	assert_int_equal(idle_mw_with(&model, 2), 4 * 450);
}

static void power_never_falls_with_load_and_stays_in_its_range(void **state)
{
	struct model model;
	uint64_t before = 0;

	(void)state;
	config_defaults(&config);
	make(&model);
	for (uint64_t busy = 0; busy <= 1100; busy++) { /* over full load, too: clocks jitter */
		uint64_t mw = package_mw(&model, busy, 1000);
		assert_true(mw >= before && mw >= model.idle_mw && mw <= model.full_mw);
		before = mw;
	}
	assert_int_equal(package_mw(&model, 5, 0), model.idle_mw); /* no time passed */
}

static void the_operators_own_watts_count_and_narrow_the_error(void **state)
{
	struct model table, given;

	(void)state;
	config_defaults(&config);
	make(&table);
	config.host_idle_watts = 100;
	config.host_full_watts = 400;
	config.host_threads = 64;
	assert_int_equal(make(&given), 0);
	assert_int_equal(given.idle_mw, 6250); /* 4 of 64 threads */
	assert_int_equal(given.full_mw, 25000);
	assert_true(given.error_ppm < table.error_ppm);
	assert_memory_not_equal(given.hash, table.hash, sizeof(given.hash));
	config.host_full_watts = 50;
	assert_int_not_equal(make(&given), 0);
}

static void memory_costs_its_byte_seconds(void **state)
{
	struct model model;

	(void)state;
	config_defaults(&config);
	make(&model);
	assert_int_equal(
		model_memory_uj(&model, UINT64_C(2000000000) * 10), UINT64_C(7840000)); /* 2 GB for 10 s */
}

static void write_cpuinfo(const char *folder, const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/cpuinfo", folder);
	FILE *file = fopen(path, "w");
	fputs(text, file);
	fclose(file);
}

static void the_generation_is_told_from_cpuid(void **state)
{
	static const struct {
		const char *text, *generation;
	} cases[] = {
		{ "processor : 0\nvendor_id : GenuineIntel\ncpu family : 6\nmodel : 85\nstepping : 4\n",
			"skylake" },
		{ "processor : 0\nvendor_id : GenuineIntel\ncpu family : 6\nmodel : 85\nstepping : 7\n",
			"cascade_lake" },
		{ "processor : 0\nvendor_id : GenuineIntel\ncpu family : 6\nmodel : 79\nstepping : 1\n",
			"broadwell" },
		{ "processor : 0\nvendor_id : AuthenticAMD\ncpu family : 25\nmodel : 1\nstepping : 1\n",
			"epyc_3" },
		{ "processor : 0\nvendor_id : AuthenticAMD\ncpu family : 25\nmodel : 17\nstepping : 1\n",
			"unknown" },
		{ "processor : 0\nvendor_id : AuthenticAMD\ncpu family : 6\nmodel : 79\nstepping : 1\n",
			"unknown" },
	};
	char folder[] = "/tmp/tanso-host-XXXXXX", path[64];
	struct host read;

	(void)state;
	assert_non_null(mkdtemp(folder));
	config_defaults(&config);
	snprintf(config.procfs_root, sizeof(config.procfs_root), "%s", folder);
	snprintf(path, sizeof(path), "%s/meminfo", folder);
	FILE *file = fopen(path, "w");
	fputs("MemTotal:       16000000 kB\nMemFree: 1 kB\n", file);
	fclose(file);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		write_cpuinfo(folder, cases[i].text);
		assert_int_equal(host_read(&config, &read), 0);
		assert_string_equal(read.generation, cases[i].generation);
		assert_int_equal(read.cpus, 1);
		assert_int_equal(read.memory_bytes, UINT64_C(16384000000));
	}
	snprintf(config.host_cpu_generation, sizeof(config.host_cpu_generation), "pentium");
	assert_int_not_equal(host_read(&config, &read), 0);
	snprintf(config.host_cpu_generation, sizeof(config.host_cpu_generation), "epyc_3");
	assert_int_equal(host_read(&config, &read), 0);
	unlink(path);
	snprintf(path, sizeof(path), "%s/cpuinfo", folder);
	unlink(path);
	rmdir(folder);
}

/* What a wrong host_cpu_generation is answered with. */
static void all_generations_are_listed_once(void **state)
{
	char text[512], some[16];

	(void)state;
	host_generations(text, sizeof(text));
	assert_string_equal(text,
		"sandy_bridge, ivy_bridge, haswell, broadwell, cascade_lake, skylake, coffee_lake, epyc_1, "
		"epyc_2, epyc_3, graviton_2");
	host_generations(some, sizeof(some));
	assert_string_equal(some, "sandy_bridge, i");
}

static void write_file(const char *folder, const char *name, const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void the_host_under_an_instance_is_told_from_dmi_and_cpu(void **state)
{
	static const struct {
		const char *cpuinfo, *vendor, *product, *host_product, *generation;
		uint32_t host_threads;
	} cases[] = {
		{ "processor : 0\nmodel name : Intel(R) Xeon(R) Platinum 8259CL CPU @ 2.50GHz\n",
			"Amazon EC2\n", "m5.xlarge\n", "m5.metal", "unknown", 96 },
		{ "processor : 0\nmodel name : Intel(R) Xeon(R) Platinum 8124M CPU @ 3.00GHz\n",
			"Amazon EC2\n", "c5.large\n", "", "unknown", 72 },
		{ "processor : 0\nmodel name : Intel(R) Xeon(R) Platinum 8259CL CPU @ 2.50GHz\n",
			"Amazon EC2\n", "m5x.large\n", "", "unknown",
			1 }, /* a family nobody listed, though m5 begins it */
		{ "processor : 0\nCPU implementer : 0x41\nCPU part : 0xd0c\n", "Amazon EC2\n", "m6g.large\n",
			"", "graviton_2", 64 },
		{ "processor : 0\nCPU implementer : 0x41\nCPU part : 0xd0c\n", "Ampere\n", "Altra\n", "",
			"unknown", 1 }, /* the same core, and other watts */
	};
	static const char *const names[] = { "cpuinfo", "meminfo", "class/dmi/id/sys_vendor",
		"class/dmi/id/product_name" };
	static const char *const folders[] = { "class/dmi/id", "class/dmi", "class", "." };
	char folder[] = "/tmp/tanso-dmi-XXXXXX", path[256];
	struct host read;

	(void)state;
	assert_non_null(mkdtemp(folder));
	config_defaults(&config);
	snprintf(config.procfs_root, sizeof(config.procfs_root), "%s", folder);
	snprintf(config.sysfs_root, sizeof(config.sysfs_root), "%s", folder);
	for (int i = 2; i >= 0; i--) {
		snprintf(path, sizeof(path), "%s/%s", folder, folders[i]);
		assert_int_equal(mkdir(path, 0755), 0);
	}
	write_file(folder, "meminfo", "MemTotal: 1000 kB\n");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		write_file(folder, names[0], cases[i].cpuinfo);
		write_file(folder, names[2], cases[i].vendor);
		write_file(folder, names[3], cases[i].product);
		assert_int_equal(host_read(&config, &read), 0);
		assert_string_equal(read.host_product, cases[i].host_product);
		assert_string_equal(read.generation, cases[i].generation);
		assert_int_equal(read.host_threads, cases[i].host_threads);
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, folders[i]);
		rmdir(path);
	}
	rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_generations_are_listed_once),
		cmocka_unit_test(a_guest_pays_its_threads_share_of_idle_and_full),
		cmocka_unit_test(a_guest_that_gets_more_threads_pays_for_them_at_once),
		cmocka_unit_test(power_never_falls_with_load_and_stays_in_its_range),
		cmocka_unit_test(the_operators_own_watts_count_and_narrow_the_error),
		cmocka_unit_test(memory_costs_its_byte_seconds),
		cmocka_unit_test(the_generation_is_told_from_cpuid),
		cmocka_unit_test(the_host_under_an_instance_is_told_from_dmi_and_cpu),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
