/* Hardware counters where there are none: the arithmetic over what perf would have read, and the list of CPUs. */
#include "collector/pmu.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdarg.h>
#include <string.h>
#include <sys/syscall.h>

#include "bpf/pmu_growth.h"
#include "tests/fixture/sysfs.h"
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

/* The CPU went and came twice in a moment: the new event has been enabled for longer than the old one, and counted less. */
static void an_event_opened_anew_after_a_short_one_leaps_nowhere(void **state)
{
	value last = { 900000, 3 * US, 3 * US };
	value now = { 70, 10 * US, 10 * US };

	(void)state;
	assert_int_equal(pmu_growth(&last, &now), 70);
	last = (value) { 50, 10 * US, 10 * US }; /* and it had its hardware for less time */
	now = (value) { 70, 20 * US, 5 * US };
	assert_int_equal(pmu_growth(&last, &now), 280);
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
		{ "0,128,4294967296\n", 1, 1, 0 }, /* beyond the limit */
		{ "1-18446744073709551615", 1, UINT64_MAX - 1, UINT64_MAX },
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

/*
 * A machine of two kinds of cores: the kernel opens an event where the type in its config is that of the CPU's PMU, or, if
 * it knows of no types there, without one.
 */
#define ALL_EVENTS 0xf
static bool knows_types;
static uint32_t lacking; /* events that the second kind does not count */
static uint64_t opened[2][USAGE_PMU_COUNT];
static uint32_t closed;

long __wrap_syscall(long number, ...);
long __wrap_syscall(long number, ...)
{
	static const uint64_t configs[] = { PERF_COUNT_HW_CPU_CYCLES, PERF_COUNT_HW_INSTRUCTIONS,
		PERF_COUNT_HW_CACHE_MISSES, 3 /* dTLB, reads, accesses */ };
	va_list arguments;

	va_start(arguments, number);
	const struct perf_event_attr *attributes = va_arg(arguments, struct perf_event_attr *);
	(void)va_arg(arguments, int);
	int cpu = va_arg(arguments, int);
	va_end(arguments);
	assert_int_equal(number, SYS_perf_event_open);
	uint64_t type = attributes->config >> 32, wanted = cpu < 2 ? 4 : 10;
	int event = attributes->type == PERF_TYPE_HW_CACHE ? 3 : 0;
	while (event < 3 && configs[event] != (attributes->config & UINT32_MAX))
		event++;
	assert_int_equal(configs[event], attributes->config & UINT32_MAX);
	assert_int_equal(attributes->type, event < 3 ? PERF_TYPE_HARDWARE : PERF_TYPE_HW_CACHE);
	errno = ENOENT;
	if (cpu < 0 || cpu > 3 || (knows_types ? type != wanted : type != 0) ||
		(cpu >= 2 && lacking >> event & 1))
		return -1;
	opened[cpu / 2][event] = attributes->config;
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

int __wrap_bpf_map_update_elem(int fd, const void *key, const void *event_fd, uint64_t flags);
int __wrap_bpf_map_update_elem(int fd, const void *key, const void *event_fd, uint64_t flags)
{
	(void)fd, (void)key, (void)event_fd, (void)flags;
	return 0;
}

int __wrap_bpf_map_delete_elem(int fd, const void *key);
int __wrap_bpf_map_delete_elem(int fd, const void *key)
{
	(void)fd, (void)key;
	closed++;
	return 0;
}

static void put_pmu(const char *name, const char *file, const char *text)
{
	char path[SYSFS_FILE_MAX];

	snprintf(path, sizeof(path), "bus/event_source/devices/%s/%s", name, file);
	sysfs_put(path, text);
}

static void put_two_kinds(struct pmu_types *ret_types)
{
	sysfs_clear();
	put_pmu("cpu_core", "type", "4\n");
	put_pmu("cpu_core", "cpus", "0-1\n");
	put_pmu("cpu_atom", "type", "10\n");
	put_pmu("cpu_atom", "cpus", "2-3\n");
	put_pmu("uncore_imc", "type", "20\n");
	put_pmu("uncore_imc", "cpumask", "0\n");
	put_pmu("breakpoint", "type", "5\n");
	pmu_find_types(sysfs_root, ret_types);
	knows_types = true;
	lacking = closed = 0;
	memset(opened, 0, sizeof(opened));
}

static void each_kind_of_core_counts_by_its_own_pmu(void **state)
{
	struct pmu_types types;

	(void)state;
	put_two_kinds(&types);
	assert_int_equal(types.count, 2);
	assert_int_equal(pmu_find("auto", &types), ALL_EVENTS);
	for (uint32_t cpu = 0; cpu < 4; cpu++)
		assert_int_equal(pmu_open(-1, "auto", &types, ALL_EVENTS, cpu), 0);
	for (int e = 0; e < USAGE_PMU_COUNT; e++) {
		assert_int_equal(opened[0][e] >> 32, 4);
		assert_int_equal(opened[1][e] >> 32, 10);
	}
	/* a CPU that no PMU calls its own */
	assert_int_equal(pmu_open(-1, "auto", &types, ALL_EVENTS, 4), -ENOENT);
}

static void a_kernel_that_takes_no_types_is_asked_by_cpu(void **state)
{
	struct pmu_types types;

	(void)state;
	put_two_kinds(&types);
	knows_types = false;
	assert_int_equal(pmu_find("auto", &types), ALL_EVENTS);
	for (uint32_t cpu = 0; cpu < 4; cpu++)
		assert_int_equal(pmu_open(-1, "auto", &types, ALL_EVENTS, cpu), 0);
	assert_int_equal(opened[1][0], PERF_COUNT_HW_CPU_CYCLES);
}

static void an_event_that_one_kind_lacks_is_counted_nowhere(void **state)
{
	struct pmu_types types;

	(void)state;
	put_two_kinds(&types);
	lacking = 1U << 3;
	assert_int_equal(pmu_find("auto", &types), ALL_EVENTS & ~lacking);
	lacking = 1U << 0;
	assert_int_equal(pmu_find("auto", &types), 0); /* no cycles, no PMU */
}

static void of_a_cpu_all_events_are_open_or_none(void **state)
{
	struct pmu_types types;

	(void)state;
	put_two_kinds(&types);
	lacking = 1U << 2;
	assert_int_equal(pmu_open(-1, "auto", &types, ALL_EVENTS, 3), -ENOENT);
	assert_int_equal(closed, USAGE_PMU_COUNT);
}

static void one_kind_of_core_needs_no_type(void **state)
{
	struct pmu_types types;

	(void)state;
	sysfs_clear();
	put_pmu("armv8_pmuv3_0", "type", "8\n");
	put_pmu("armv8_pmuv3_0", "cpus", "0-63\n");
	pmu_find_types(sysfs_root, &types);
	assert_int_equal(types.count, 0);
	sysfs_clear();
	put_pmu("cpu_core", "cpus", "0-1\n"); /* no type; and one without CPUs, all of them offline */
	put_pmu("cpu_atom", "type", "10\n");
	put_pmu("cpu_atom", "cpus", "\n");
	pmu_find_types(sysfs_root, &types);
	assert_int_equal(types.count, 0);
	pmu_find_types("/nonexistent", &types);
	assert_int_equal(types.count, 0);
}

static int begin_sysfs(void **state)
{
	(void)state;
	return sysfs_begin();
}

static int end_sysfs(void **state)
{
	(void)state;
	return sysfs_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_look_is_a_baseline),
		cmocka_unit_test(what_shares_its_hardware_is_scaled_up),
		cmocka_unit_test(without_the_hardware_nothing_is_told_until_the_next_turn),
		cmocka_unit_test(an_event_opened_anew_counts_from_its_beginning),
		cmocka_unit_test(an_event_opened_anew_after_a_short_one_leaps_nowhere),
		cmocka_unit_test(lists_of_cpus_are_read),
		cmocka_unit_test(each_kind_of_core_counts_by_its_own_pmu),
		cmocka_unit_test(a_kernel_that_takes_no_types_is_asked_by_cpu),
		cmocka_unit_test(an_event_that_one_kind_lacks_is_counted_nowhere),
		cmocka_unit_test(of_a_cpu_all_events_are_open_or_none),
		cmocka_unit_test(one_kind_of_core_needs_no_type),
	};
	return cmocka_run_group_tests(tests, begin_sysfs, end_sysfs);
}
