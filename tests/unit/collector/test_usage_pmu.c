/* Counters of the CPUs, where the CPUs' clock, a software event, stands for a hardware counter. */
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "collector/pmu.h"
#include "tests/unit/collector/usage_world.h"

#define BURN_NS (300 * NS_PER_MILLISECOND)
#define BURSTS  10

static uint64_t own_cpu_ns(void)
{
	struct timespec used;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return (uint64_t)used.tv_sec * NS_PER_SECOND + (uint64_t)used.tv_nsec;
}

static void burn(void)
{
	uint64_t end_ns = own_cpu_ns() + BURN_NS;

	while (own_cpu_ns() < end_ns)
		;
}

/* How far the clock is from the CPU time of a burst, in 1/1000. A reading in its midst must know half of it already. */
static int64_t burst_difference(struct world *world)
{
	read_usage(world);
	uint64_t clock = world->sum[USAGE_cycles], cpu_ns = world->sum[USAGE_cpu_ns];
	uint64_t end_ns = clock_mono_ns() + DEADLINE_NS;
	order(world, burn);
	do /* it has not left its CPU of its own will yet */
		read_usage(world);
	while (world->sum[USAGE_cpu_ns] - cpu_ns < BURN_NS / 2 && clock_mono_ns() < end_ns);
	assert_true(world->sum[USAGE_cycles] - clock > BURN_NS / 10 * 4);
	wait_for_answer(world);
	read_usage(world);
	clock = world->sum[USAGE_cycles] - clock;
	cpu_ns = world->sum[USAGE_cpu_ns] - cpu_ns;
	assert_true(cpu_ns >= BURN_NS);
	return ((int64_t)clock - (int64_t)cpu_ns) * 1000 / (int64_t)cpu_ns;
}

/*
 * A software clock counts what a hardware counter would, where it would: it must be the CPU time. It also sees what the
 * scheduler leaves out of that (time stolen from this guest, the switches themselves), so the quietest burst counts.
 */
static void a_clock_counted_as_a_hardware_counter_agrees_with_cpu_time(void **state)
{
	struct world *world = *state;
	int64_t quietest = INT64_MAX;

	assert_true(counts(world, USAGE_cycles));
	assert_false(counts(world, USAGE_instructions));
	for (int i = 0; i < BURSTS && quietest > 10; i++) {
		int64_t difference = burst_difference(world);
		assert_true(difference >= -10);
		quietest = difference < quietest ? difference : quietest;
	}
	assert_true(quietest <= 10);
	uint64_t clock = world->sum[USAGE_cycles];
	assert_true(reported(world, "probe_runs_total", "probe=\"switch\"") > 0);
	restart(world);
	read_usage(world);
	assert_true(world->sum[USAGE_cycles] >= clock && counts(world, USAGE_cycles));
}

/* What the kernel would say; read at the first reading after a restart, or at any. */
static void say_online(struct world *world, const char *online)
{
	char path[CONFIG_TEXT_MAX + 64];
	int size = snprintf(path, sizeof(path), "%s/devices/system/cpu/online", world->config.sysfs_root);

	assert_true(size > 0);
	CLEANUP(closep) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, online, strlen(online)), (ssize_t)strlen(online));
}

static uint64_t clock_of_a_burst(struct world *world)
{
	read_usage(world);
	uint64_t before = world->sum[USAGE_cycles];
	let(world, burn);
	read_usage(world);
	return world->sum[USAGE_cycles] - before;
}

static void pretend_sysfs(struct world *world)
{
	char path[CONFIG_TEXT_MAX + 64], *at = path;

	snprintf(world->config.sysfs_root, sizeof(world->config.sysfs_root), "/tmp/tanso-test-cpus-%d",
		(int)getpid());
	snprintf(path, sizeof(path), "%s/devices/system/cpu/", world->config.sysfs_root);
	while ((at = strchr(at + 1, '/')) != NULL) {
		*at = '\0';
		assert_true(mkdir(path, 0755) == 0 || errno == EEXIST);
		*at = '/';
	}
}

static void forget_sysfs(struct world *world)
{
	char path[CONFIG_TEXT_MAX + 64], *at;

	snprintf(path, sizeof(path), "%s/devices/system/cpu/online", world->config.sysfs_root);
	unlink(path);
	for (int depth = 0; depth < 4 && (at = strrchr(path, '/')) != NULL; depth++) {
		*at = '\0';
		rmdir(path);
	}
}

/* A CPU that goes takes its counters along, one that comes back brings new ones: nothing of before is counted again. */
static void counters_of_cpus_come_and_go_with_them(void **state)
{
	struct world *world = *state;
	cpu_set_t first;

	assert_true(counts(world, USAGE_cycles));
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		skip();
	CPU_ZERO(&first);
	CPU_SET(0, &first);
	if (sched_setaffinity(world->child, sizeof(first), &first) < 0)
		skip(); /* not ours to use */
	pretend_sysfs(world);
	for (int i = 0; i < 2; i++) {
		say_online(world, "0-1\n");
		assert_in_range(clock_of_a_burst(world), BURN_NS / 10 * 9, DEADLINE_NS);
		say_online(world, "1\n");
		assert_in_range(clock_of_a_burst(world), 0, BURN_NS / 10);
	}
	forget_sysfs(world);
}

/* pmu_open() as usual, but on this CPU. */
static uint32_t broken_cpu = UINT32_MAX, dying_cpu = UINT32_MAX;
static int attempts;

/* What the kernel leaves of a CPU's event when the CPU goes: it is there, and not enabled. */
static int open_dead(int map_fd, uint32_t cpu)
{
	struct perf_event_attr attributes = { .type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attributes),
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.disabled = 1 };
	const uint32_t slot = USAGE_PMU_SLOT(0, cpu);
	CLEANUP(closep)
	int fd = (int)syscall(SYS_perf_event_open, &attributes, -1, (int)cpu, -1, PERF_FLAG_FD_CLOEXEC);

	assert_true(fd >= 0);
	return bpf_map_update_elem(map_fd, &slot, &fd, BPF_ANY);
}

int __real_pmu_open(
	int map_fd, const char *choice, const struct pmu_types *types, uint32_t events, uint32_t cpu);
int __wrap_pmu_open(
	int map_fd, const char *choice, const struct pmu_types *types, uint32_t events, uint32_t cpu)
{
	attempts += cpu == broken_cpu;
	if (cpu == dying_cpu)
		return open_dead(map_fd, cpu);
	return cpu == broken_cpu ? -EBUSY : __real_pmu_open(map_fd, choice, types, events, cpu);
}

static double weighs_by(struct world *world, const char *labels)
{
	return reported(world, "package_weight_info", labels);
}

/* Or what ran there would weigh nothing, and cost nothing. */
static void while_a_cpu_is_uncounted_nothing_is_weighed_by_cycles(void **state)
{
	struct world *world = *state;
	char online[16];

	broken_cpu = (uint32_t)sysconf(_SC_NPROCESSORS_ONLN) - 1;
	snprintf(online, sizeof(online), "0-%u\n", broken_cpu);
	pretend_sysfs(world);
	say_online(world, online);
	world_begin_anew(world); /* its counters have never been open there */
	for (int i = 0; i < 3; i++) {
		read_usage(world);
		assert_false(counts(world, USAGE_cycles));
		assert_true(counts(world, USAGE_cpu_ns));
	}
	assert_int_equal(attempts, 1); /* tried again in some seconds, not at each reading */
	assert_true(reported(world, "pmu_cpus_uncounted", "") == 1);
	assert_true(weighs_by(world, "by=\"cpu_time\",reason=\"a CPU is without hardware counters\"") == 1);
	assert_true(weighs_by(world, "by=\"cycles\",reason=\"every CPU counts them\"") == 0);
	broken_cpu = UINT32_MAX;
	restart(world); /* it tries at once */
	read_usage(world);
	assert_false(counts(world, USAGE_cycles)); /* what it did until now was not counted */
	read_usage(world);
	assert_true(counts(world, USAGE_cycles));
	assert_true(reported(world, "pmu_cpus_uncounted", "") == 0);
	assert_true(weighs_by(world, "by=\"cycles\",reason=\"every CPU counts them\"") == 1);
	say_online(world, "0-2000\n"); /* more CPUs than we have numbers for */
	read_usage(world);
	read_usage(world);
	assert_false(counts(world, USAGE_cycles));
	forget_sysfs(world);
	read_usage(world);
	assert_false(counts(world, USAGE_cycles)); /* nobody says which CPUs there are */
}

/* A CPU that was away between two readings took its events along, and nothing in /sys tells. */
static void events_that_have_stopped_are_noticed_and_opened_anew(void **state)
{
	struct world *world = *state;

	for (int i = 0; i < 3; i++) { /* a quiet machine's do not stop */
		read_usage(world);
		assert_true(counts(world, USAGE_cycles));
	}
	dying_cpu = 0;
	world_begin_anew(world);
	read_usage(world); /* opened in this one */
	read_usage(world);
	assert_false(counts(world, USAGE_cycles));
	assert_true(counts(world, USAGE_cpu_ns));
	dying_cpu = UINT32_MAX;
	read_usage(world);
	assert_false(counts(world, USAGE_cycles)); /* until now nobody counted there */
	assert_in_range(clock_of_a_burst(world), BURN_NS / 10 * 9, DEADLINE_NS);
	assert_true(counts(world, USAGE_cycles));
}

static bool turn_cpu(const char *online)
{
	CLEANUP(closep) int fd = open("/sys/devices/system/cpu/cpu1/online", O_WRONLY | O_CLOEXEC);

	return fd >= 0 && write(fd, online, strlen(online)) == (ssize_t)strlen(online);
}

/* As a suspend does it to all CPUs but the first. Only where the machine is the test's own (tests/kernel). */
static void a_cpu_that_was_away_between_two_readings_is_counted_again(void **state)
{
	struct world *world = *state;
	cpu_set_t second;

	if (getenv("TANSO_MACHINE_IS_OURS") == NULL)
		skip();
	read_usage(world);
	assert_true(turn_cpu("0") && turn_cpu("1"));
	CPU_ZERO(&second);
	CPU_SET(1, &second);
	assert_int_equal(sched_setaffinity(world->child, sizeof(second), &second), 0);
	let(world, burn);
	read_usage(world);
	assert_false(counts(world, USAGE_cycles));
	read_usage(world);
	assert_false(counts(world, USAGE_cycles));
	assert_in_range(clock_of_a_burst(world), BURN_NS / 10 * 9, DEADLINE_NS);
	assert_true(counts(world, USAGE_cycles));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_clock_counted_as_a_hardware_counter_agrees_with_cpu_time,
			world_set_up_clock, world_tear_down),
		cmocka_unit_test_setup_teardown(
			counters_of_cpus_come_and_go_with_them, world_set_up_clock, world_tear_down),
		cmocka_unit_test_setup_teardown(events_that_have_stopped_are_noticed_and_opened_anew,
			world_set_up_clock, world_tear_down),
		cmocka_unit_test_setup_teardown(a_cpu_that_was_away_between_two_readings_is_counted_again,
			world_set_up_clock, world_tear_down),
		cmocka_unit_test_setup_teardown(while_a_cpu_is_uncounted_nothing_is_weighed_by_cycles,
			world_set_up_clock, world_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
