#include "collector/procfs_parse.h"

#include "tests/unit/unit.h"

static void a_process_may_call_itself_anything(void **state)
{
	struct procfs_stat stat;

	(void)state;
	assert_int_equal(
		procfs_parse_stat(
			"42 (a) b (c)) R 1 42 42 0 -1 4194304 100 0 0 0 17 5 0 0 20 0 1 0 12345 1 2 3",
			&stat),
		0);
	assert_int_equal(stat.cpu_ticks, 22);
	assert_int_equal(stat.start_ticks, 12345);
	assert_int_equal(stat.resident, 2);
	assert_int_equal(
		procfs_parse_stat("42 (sh) S 1 42 42 0 -1 4194304 100 0 0 0 17 5 0 0 20 0 1 0 7 0 9", &stat),
		0);
}

static void cut_or_foreign_stat_lines_are_refused(void **state)
{
	static const char line[] = "42 (sh) S 1 42 42 0 -1 4194304 100 0 0 0 17 5 0 0 20 0 1 0 7 0 9";
	struct procfs_stat stat;
	char cut[sizeof(line)];

	(void)state;
	for (size_t i = 0; i + 1 < sizeof(line) - 1; i++) {
		memcpy(cut, line, i);
		cut[i] = '\0';
		assert_int_not_equal(procfs_parse_stat(cut, &stat), 0);
	}
	assert_int_not_equal(
		procfs_parse_stat("42 (sh) S 1 42 42 0 -1 4194304 100 0 0 0 x 5 0 0 20 0 1 0 7 0 9", &stat),
		0);
}

static void the_path_is_found_by_controller(void **state)
{
	static const char text[] = "9:name=systemd:/a\n3:cpu,cpuacct:/b/c:d\n2:memory:/e\n0::/unified\n";
	char path[32];

	(void)state;
	assert_int_equal(procfs_parse_cgroup(text, "", path, sizeof(path)), 0);
	assert_string_equal(path, "/unified");
	assert_int_equal(procfs_parse_cgroup(text, "cpuacct", path, sizeof(path)), 0);
	assert_string_equal(path, "/b/c:d");
	assert_int_not_equal(procfs_parse_cgroup(text, "cpua", path, sizeof(path)), 0);
	assert_int_not_equal(procfs_parse_cgroup(text, "cpuacct", path, 6), 0); /* does not fit: never cut */
	assert_int_not_equal(procfs_parse_cgroup("", "", path, sizeof(path)), 0);
	assert_int_not_equal(procfs_parse_cgroup(":::\n\n0:", "x", path, sizeof(path)), 0);
}

/* cgroup_namespaces(7): from a namespace's root one goes up to what both have in common, then down. */
static void a_path_shown_in_a_namespace_is_found_in_the_whole_tree(void **state)
{
	static const struct {
		const char *base, *shown, *whole;
	} cases[] = { { "", "/a/b", "/a/b" }, { "/kubepods/pod1/own", "/", "/kubepods/pod1/own/" },
		{ "/kubepods/pod1/own", "/child", "/kubepods/pod1/own/child" },
		{ "/kubepods/pod1/own", "/../pause", "/kubepods/pod1/pause" },
		{ "/kubepods/pod1/own", "/../../pod2/app", "/kubepods/pod2/app" },
		{ "/kubepods/pod1/own", "/../../../init.scope", "/init.scope" },
		{ "/kubepods/pod1/own", "/../../..", "" }, { "/own", "/../../../x", "/x" },
		{ "/own", "/..x", "/own/..x" } };
	char path[64];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(procfs_whole_cgroup(cases[i].base, cases[i].shown, path, sizeof(path)), 0);
		assert_string_equal(path, cases[i].whole);
	}
	assert_int_not_equal(procfs_whole_cgroup("/own", "/child", path, 10), 0);
}

static void cpu_times_and_count_are_read(void **state)
{
	struct procfs_cpu cpu;

	(void)state;
	assert_int_equal(
		procfs_parse_cpu("cpu  1 2 3 400 50 6 7 8 0 0\ncpu0 1 2 3 4\ncpu1 1 2\nintr 5\n", &cpu), 0);
	assert_int_equal(cpu.cpus, 2);
	assert_int_equal(cpu.idle_ticks, 450);
	assert_int_equal(cpu.steal_ticks, 8);
	assert_int_not_equal(procfs_parse_cpu("cpu  1 2 3\n", &cpu), 0);
	assert_int_not_equal(procfs_parse_cpu("intr 1\n", &cpu), 0);
}

static void memory_is_read_by_its_whole_key(void **state)
{
	uint64_t bytes;

	(void)state;
	assert_int_equal(procfs_parse_meminfo("MemTotal:  16 kB\nMemFree: 1 kB\n", "MemTotal", &bytes), 0);
	assert_int_equal(bytes, 16384);
	assert_int_not_equal(procfs_parse_meminfo("MemTotal:  16 kB\n", "Mem", &bytes), 0);
	assert_int_not_equal(procfs_parse_meminfo("MemTotal: lots kB\n", "MemTotal", &bytes), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_process_may_call_itself_anything),
		cmocka_unit_test(cut_or_foreign_stat_lines_are_refused),
		cmocka_unit_test(the_path_is_found_by_controller),
		cmocka_unit_test(a_path_shown_in_a_namespace_is_found_in_the_whole_tree),
		cmocka_unit_test(cpu_times_and_count_are_read),
		cmocka_unit_test(memory_is_read_by_its_whole_key),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
