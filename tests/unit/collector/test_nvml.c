/*
 * NVIDIA GPUs through the real path: a child of this program loads tests/fixture/fake_nvml.c as libnvidia-ml.so.1, which
 * speaks NVML's ABI. The reader answers when asked, so tests wait for its answer with poll in rounds, never by time.
 */
#include <poll.h>
#include <signal.h>

#include "tests/unit/collector/meter_fixture.h"

#define ROUNDS_MAX 2000

static char description[SYSFS_PATH_MAX];

static void describe(const char *text)
{
	char path[SYSFS_PATH_MAX];

	/* whole or not at all: the reader may look at any time */
	sysfs_put("gpus.new", text);
	snprintf(path, sizeof(path), "%s/gpus.new", sysfs_root);
	assert_int_equal(rename(path, description), 0);
}

static int set_up_gpus(void **state)
{
	int r = set_up(state);

	snprintf(description, sizeof(description), "%s/gpus", sysfs_root);
	setenv("FAKE_NVML", description, 1);
	snprintf(config.nvml_library, sizeof(config.nvml_library),
		TANSO_BINARY_DIR "/tests/nvml/libnvidia-ml.so.1");
	return r;
}

/* Readings until `is_done`: each may still hold the answer to an earlier question. Time stands still meanwhile, but
 * for the first ms. */
static bool read_until(bool (*is_done)(void), uint64_t ms)
{
	pass(ms);
	for (int round = 0; round < ROUNDS_MAX; round++) {
		read_meters();
		if (is_done())
			return true;
		poll(NULL, 0, 1);
	}
	return false;
}

static uint64_t wanted_uj;
static bool has_wanted_uj(void)
{
	return slot_of(ZONE_GPU) != NULL && slot_of(ZONE_GPU)->state == METER_OK &&
	       slot_of(ZONE_GPU)->uj == wanted_uj;
}

static bool has_failed(void)
{
	return slot_of(ZONE_GPU) != NULL && slot_of(ZONE_GPU)->state == METER_FAILED;
}

static bool has_no_slot(void)
{
	return slot_of(ZONE_GPU) == NULL;
}

static void expect_gpu_uj(uint64_t uj)
{
	wanted_uj = uj;
	if (!read_until(has_wanted_uj, 1000))
		fail_msg("gpu is at %lu µJ, not %lu", slot_of(ZONE_GPU) != NULL ? slot_of(ZONE_GPU)->uj : 0,
			uj);
}

static void gpus_add_up_beside_the_cpu_meter(void **state)
{
	(void)state;
	sysfs_rapl_zone("intel-rapl:0", "package-0", 5000, 262143328850ULL);
	describe("gpu GPU-a 1000 0 0\ngpu GPU-b 70000 0 0\n");
	open_meters("powercap,nvml,model");
	assert_string_equal(tick.meter_name, "powercap+nvml");
	describe("gpu GPU-a 1200 0 0\ngpu GPU-b 70003 0 0\n");
	expect_gpu_uj(203000);
	expect_uj(ZONE_PACKAGE, METER_OK, 0);
}

static bool has_grown(void)
{
	return slot_of(ZONE_GPU) != NULL && slot_of(ZONE_GPU)->uj >= wanted_uj;
}

static void a_gpu_without_an_energy_counter_is_integrated(void **state)
{
	uint64_t start_ns = clock_mono_ns();

	(void)state;
	describe("gpu GPU-old - 150000 0\n");
	open_meters("nvml");
	assert_string_equal(meters_reason(meters), "nvml and model");
	wanted_uj = 1000000; /* 1 J: after 6.7 ms */
	assert_true(read_until(has_grown, 0));
	assert_true(slot_of(ZONE_GPU)->uj <= (clock_mono_ns() - start_ns) * 150 / 1000); /* W x ns = nJ */
}

static void without_library_driver_or_gpu_it_is_not_on_this_machine(void **state)
{
	(void)state;
	snprintf(config.nvml_library, sizeof(config.nvml_library), "/nonexistent/libnvidia-ml.so.1");
	open_meters("nvml");
	assert_string_equal(meters_reason(meters), "model; not on this machine: nvml");
	meters_free(meters);
	set_up_gpus(state);
	open_meters("nvml"); /* no description: driver not loaded */
	assert_string_equal(meters_reason(meters), "model; not on this machine: nvml");
	meters_free(meters);
	describe("init 0\n");
	open_meters("nvml");
	assert_string_equal(meters_reason(meters), "model; not on this machine: nvml");
	meters_free(meters);
	describe("init 4\n");
	open_meters("nvml");
	assert_non_null(strstr(meters_reason(meters), "nvml: there, but not readable"));
}

static void a_driver_reset_is_a_break_and_no_spike(void **state)
{
	(void)state;
	describe("gpu GPU-a 900000 0 0\n");
	open_meters("nvml");
	describe("gpu GPU-a 900100 0 0\n");
	expect_gpu_uj(100000);
	describe("gpu GPU-a 7 0 0\n");
	assert_true(read_until(has_failed, 1000));
	describe("gpu GPU-a 9 0 0\n");
	expect_gpu_uj(102000);
	assert_int_equal(stat_of("meter_breaks_total", "zone=\"gpu\""), 1);
}

static void a_lost_gpu_fails_and_then_leaves_the_zone_to_nobody(void **state)
{
	(void)state;
	describe("gpu GPU-a 900000 0 0\n");
	open_meters("nvml");
	describe("gpu GPU-a 900100 0 15\n"); /* NVML_ERROR_GPU_IS_LOST */
	assert_true(read_until(has_failed, 1000));
	assert_true(read_until(has_no_slot, 11000) || read_until(has_no_slot, 1000));
}

static pid_t reader(void)
{
	char path[64];
	int pid = 0;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	FILE *in = fopen(path, "re");
	while (in != NULL && fscanf(in, "%d", &pid) == 1)
		; /* the last one; those before are ended readers of earlier tests */
	if (in != NULL)
		fclose(in);
	return pid;
}

static void a_reader_that_dies_costs_the_gpus_and_nothing_else(void **state)
{
	(void)state;
	sysfs_rapl_zone("intel-rapl:0", "package-0", 5000, 262143328850ULL);
	describe("gpu GPU-a 1000 0 0\n");
	open_meters("powercap,nvml");
	if (reader() == 0)
		skip();
	assert_int_equal(kill(reader(), SIGKILL), 0);
	assert_true(read_until(has_failed, 1000));
	pass_and_read(11000);
	sysfs_rapl_energy("intel-rapl:0", 5600);
	pass_and_read(1000);
	assert_null(slot_of(ZONE_GPU));
	expect_uj(ZONE_PACKAGE, METER_OK, 600);
}

/* What the visits told: use by GPU and process. */
#define GPUS 2
struct gained {
	uint64_t ns_of_100[GPUS], ns_of_200[GPUS], others;
};

static struct gained all;
static void on_gpu(void *context, const struct gpu_reading *gpu)
{
	(void)context;
	assert_true(gpu->index < GPUS);
	assert_string_equal(gpu->vendor, "nvidia");
	for (uint32_t i = 0; i < gpu->use_count; i++) {
		uint64_t grown_ns = gpu->uses[i].grown_ns;
		all.ns_of_100[gpu->index] += gpu->uses[i].pid == 100 ? grown_ns : 0;
		all.ns_of_200[gpu->index] += gpu->uses[i].pid == 200 ? grown_ns : 0;
		all.others += gpu->uses[i].pid != 100 && gpu->uses[i].pid != 200;
	}
}

static bool has_visited_both(void)
{
	meters_visit_gpu(meters, on_gpu, NULL);
	return all.ns_of_100[0] > 0 && all.ns_of_200[0] > 0;
}

static void processes_share_by_utilisation_over_time(void **state)
{
	(void)state;
	all = (struct gained) { 0 };
	describe("gpu GPU-a 1 0 0\ngpu GPU-b 1 0 0\nprocess 0 100 5000000 50\nprocess 1 100 5000000 1\n");
	open_meters("nvml");
	/* half a second later: pid 100 used 60 % of one GPU and 20 % of the other, pid 200 10 % of one */
	describe("gpu GPU-a 1 0 0\ngpu GPU-b 1 0 0\nprocess 0 100 5500000 60\nprocess 1 100 5500000 20\n"
		 "process 0 200 5500000 10\nprocess 0 300 5500000 0\nprocess 0 400 5500000 4294967295\n"
		 "process 0 0 5500000 50\nprocess 0 500 4000000 50\n");
	assert_true(read_until(has_visited_both, 500));
	assert_int_equal(all.ns_of_100[0], 300000000);
	assert_int_equal(all.ns_of_100[1], 100000000);
	assert_int_equal(all.ns_of_200[0], 50000000);
	assert_int_equal(all.others, 0);
	meters_visit_gpu(meters, on_gpu, NULL); /* handed out once */
	assert_int_equal(all.ns_of_200[0], 50000000);
}

static bool has_used_second(void)
{
	meters_visit_gpu(meters, on_gpu, NULL);
	return all.ns_of_200[1] > 0;
}

/* The driver samples who uses a GPU more seldom than it counts its energy. */
static void energy_waits_for_who_used_it_but_no_longer_than_a_second(void **state)
{
	(void)state;
	all = (struct gained) { 0 };
	describe("gpu GPU-a 1000 0 0\ngpu GPU-b 1000 0 0\nprocess 0 100 5000000 50\nprocess 1 200 5000000 "
		 "50\n");
	open_meters("nvml");
	describe("gpu GPU-a 1010 0 0\ngpu GPU-b 1010 0 0\nprocess 0 100 5100000 50\nprocess 1 200 5100000 "
		 "50\n");
	expect_gpu_uj(20000);
	meters_visit_gpu(meters, on_gpu, NULL); /* what came with it */
	all = (struct gained) { 0 };
	describe("gpu GPU-a 1310 0 0\ngpu GPU-b 1080 0 0\nprocess 0 100 5100000 50\nprocess 1 200 5500000 "
		 "50\n");
	assert_true(read_until(has_used_second, 500));
	assert_int_equal(slot_of(ZONE_GPU)->uj, 90000);
	expect_gpu_uj(390000); /* a second later nobody used the first one */
}

static void idle_time_before_a_sample_is_not_charged(void **state)
{
	(void)state;
	all = (struct gained) { 0 };
	describe("gpu GPU-a 1 0 0\nprocess 0 100 5000000 50\n");
	open_meters("nvml");
	describe(
		"gpu GPU-a 1 0 0\nprocess 0 100 65000000 50\nprocess 0 200 65000000 25\n"); /* a minute later */
	assert_true(read_until(has_visited_both, 500));
	assert_int_equal(all.ns_of_100[0], 500000000); /* a sampling period at most */
	assert_int_equal(all.ns_of_200[0], 250000000);
}

static void a_gpu_that_does_not_tell_processes_apart_still_has_its_energy(void **state)
{
	(void)state;
	describe("gpu GPU-mig 1000 0 0\nprocess 0 100 5000000 -\n");
	open_meters("nvml");
	describe("gpu GPU-mig 1500 0 0\nprocess 0 100 6000000 -\n");
	expect_gpu_uj(500000);
}

static void more_gpus_than_there_is_room_for_are_left_out(void **state)
{
	char text[2048] = "";

	(void)state;
	for (int i = 0; i < 20; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "gpu GPU-%d 1000 0 0\n", i);
	describe(text);
	open_meters("nvml");
	assert_int_equal(stat_of("meter_counters", "zone=\"gpu\""), 16);
}

#define GPU_TEST(f) cmocka_unit_test_setup_teardown(f, set_up_gpus, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		GPU_TEST(gpus_add_up_beside_the_cpu_meter),
		GPU_TEST(a_gpu_without_an_energy_counter_is_integrated),
		GPU_TEST(without_library_driver_or_gpu_it_is_not_on_this_machine),
		GPU_TEST(a_driver_reset_is_a_break_and_no_spike),
		GPU_TEST(a_lost_gpu_fails_and_then_leaves_the_zone_to_nobody),
		GPU_TEST(a_reader_that_dies_costs_the_gpus_and_nothing_else),
		GPU_TEST(processes_share_by_utilisation_over_time),
		GPU_TEST(energy_waits_for_who_used_it_but_no_longer_than_a_second),
		GPU_TEST(idle_time_before_a_sample_is_not_charged),
		GPU_TEST(a_gpu_that_does_not_tell_processes_apart_still_has_its_energy),
		GPU_TEST(more_gpus_than_there_is_room_for_are_left_out),
	};
	return cmocka_run_group_tests(tests, begin_group, end_group);
}
