/*
 * Whose the GPUs' energy is: from readings that the test invents to processes, cgroups and the GPUs' own rows, to the µJ.
 * (What a real reader's child tells of NVML's ABI: test_nvml.c.)
 */
#include "collector/gpu.h"

#include "base/cleanup.h"
#include "collector/identity.h"
#include "tests/unit/unit.h"

#define JOULE UINT64_C(1000000)

static struct gpus gpus;
static struct processes processes;
static struct cgroups cgroups;
static uint64_t other[COUNTER_COUNT], total[COUNTER_COUNT];

/* Stands for the meters. */
static struct gpu_reading told[NODE_GPUS_MAX + 1];
static uint32_t told_count;

bool __wrap_meters_visit_gpu(struct meters *meters, gpu_visitor *visit, void *context);
bool __wrap_meters_visit_gpu(struct meters *meters, gpu_visitor *visit, void *context)
{
	(void)meters;
	for (uint32_t i = 0; i < told_count; i++)
		visit(context, &told[i]);
	return told_count > 0;
}

static bool read_gpus(void)
{
	return gpus_read(&gpus, NULL, &processes, &cgroups, other, total);
}

/* Process 70 of cgroup 7 and 80 of 8; of 90 nobody knows. */
static int set_up(void **state)
{
	const struct usage_record records[] = { { .cgroup = 7, .start_ns = 1, .tgid = 70, .tid = 70 },
		{ .cgroup = 8, .start_ns = 1, .tgid = 80, .tid = 80 } };

	(void)state;
	memset(&gpus, 0, sizeof(gpus));
	memset(other, 0, sizeof(other));
	memset(total, 0, sizeof(total));
	told_count = 0;
	assert_int_equal(processes_init(&processes, 8), 0);
	assert_int_equal(cgroups_init(&cgroups, "/", 8), 0);
	assert_non_null(cgroups_add(&cgroups, 7, 0, "/pod", 1));
	assert_non_null(cgroups_add(&cgroups, 8, 0, "/pod2", 1));
	processes_begin(&processes);
	for (size_t i = 0; i < ARRAY_SIZE(records); i++)
		processes_add(&processes, &records[i]);
	processes_end(&processes);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	processes_done(&processes);
	cgroups_done(&cgroups);
	return 0;
}

static void tell(uint32_t index, const char *uuid, uint64_t uj, const struct gpu_use *uses, uint32_t count)
{
	told[index] = (struct gpu_reading) { .uuid = uuid,
		.name = "H100",
		.vendor = "nvidia",
		.index = index,
		.uj = uj,
		.uses = uses,
		.use_count = count };
	told_count = index + 1;
}

static uint64_t uj_of(uint64_t cgroup)
{
	return cgroups_find(&cgroups, cgroup)->counter[COUNTER_gpu_uj];
}

static uint64_t uj_of_process(uint32_t pid)
{
	struct ring_row row;

	process_row(processes_find(&processes, pid), &row);
	return row.counter[COUNTER_gpu_uj];
}

/* Each of both keeps its GPU as busy, for a second: 700 W and 150 W are not 425 W twice. */
static void who_uses_a_gpu_pays_for_that_one(void **state)
{
	const struct gpu_use by_70 = { .pid = 70, .grown_ns = 900000000 },
			     by_80 = { .pid = 80, .grown_ns = 900000000 };

	(void)state;
	tell(0, "GPU-big", 700 * JOULE + 1, &by_70, 1);
	tell(1, "GPU-small", 150 * JOULE + 2, &by_80, 1);
	assert_true(read_gpus());
	assert_int_equal(uj_of(7), 700 * JOULE + 1);
	assert_int_equal(uj_of(8), 150 * JOULE + 2);
	assert_int_equal(uj_of_process(70), 700 * JOULE + 1);
	assert_int_equal(uj_of_process(80), 150 * JOULE + 2);
	assert_int_equal(total[COUNTER_gpu_uj], 850 * JOULE + 3);
	assert_int_equal(other[COUNTER_gpu_uj], 0);
}

static void gpus_that_nobody_uses_are_nobodys(void **state)
{
	static const char *const uuids[] = { "GPU-0", "GPU-1", "GPU-2", "GPU-3", "GPU-4", "GPU-5", "GPU-6",
		"GPU-7" };
	const struct gpu_use use = { .pid = 70, .grown_ns = 1 };

	(void)state;
	for (uint32_t i = 0; i < ARRAY_SIZE(uuids); i++)
		tell(i, uuids[i], 60 * JOULE, &use, i == 3);
	assert_true(read_gpus());
	assert_int_equal(uj_of(7), 60 * JOULE); /* its own GPU, and not the idle watts of seven others */
	assert_int_equal(total[COUNTER_gpu_uj], 60 * JOULE);
	assert_int_equal(gpus.count, ARRAY_SIZE(uuids));
	for (uint32_t i = 0; i < gpus.count; i++) {
		assert_string_equal(gpus.all[i].uuid, uuids[i]);
		assert_int_equal(gpus.all[i].kind, ROW_GPU);
		assert_int_equal(gpus.all[i].index, i);
		assert_int_equal(gpus.all[i].uj, 60 * JOULE);
		assert_int_equal(gpus.all[i].active_uj, i == 3 ? 60 * JOULE : 0);
	}
}

/* Two share one GPU, one of them uses another too, and somebody whom nobody knows: no µJ is lost or made. */
static void every_microjoule_of_a_gpu_goes_to_its_own_users(void **state)
{
	const struct gpu_use of_first[] = { { .pid = 70, .grown_ns = 1 }, { .pid = 80, .grown_ns = 1 },
		{ .pid = 90, .grown_ns = 1 } };
	const struct gpu_use of_second = { .pid = 80, .grown_ns = 5 };

	(void)state;
	tell(0, "GPU-a", 1000, of_first, 3);
	tell(1, "GPU-b", 77, &of_second, 1);
	assert_true(read_gpus());
	assert_int_equal(uj_of(7), 334); /* what is left over goes to the smaller id */
	assert_int_equal(uj_of(8), 333 + 77);
	assert_int_equal(other[COUNTER_gpu_uj], 333);
	assert_int_equal(total[COUNTER_gpu_uj], 1077);
	tell(0, "GPU-a", 1000, of_first, 3); /* it drew nothing since */
	tell(1, "GPU-b", 80, NULL, 0);       /* it did, while nobody used it */
	assert_true(read_gpus());
	assert_int_equal(total[COUNTER_gpu_uj], 1077);
	assert_int_equal(gpus.all[1].uj, 80);
	assert_int_equal(gpus.all[1].active_uj, 77);
}

static void users_that_are_not_listed_pay_too(void **state)
{
	static struct gpu_use uses[GPU_USES_MAX + 2];

	(void)state;
	for (uint32_t i = 0; i < ARRAY_SIZE(uses); i++)
		uses[i] = (struct gpu_use) { .pid = i == 0 ? 70 : 1000 + i, .grown_ns = i == 0 ? 3 : 0 };
	uses[GPU_USES_MAX].grown_ns = 2;
	tell(0, "GPU-a", 700, uses, ARRAY_SIZE(uses));
	told[0].unlisted_ns = 2;
	assert_true(read_gpus());
	assert_int_equal(uj_of(7), 300);
	assert_int_equal(other[COUNTER_gpu_uj], 400);
}

/* What a GPU drew while the collector was away is split by the first use that is told after it. */
static void a_restart_goes_on_from_the_rows(void **state)
{
	struct ring_gpu row = { .kind = ROW_GPU, .uj = 500, .active_uj = 400, .uuid = "GPU-a" };
	const struct gpu_use use = { .pid = 70, .grown_ns = 1 };

	(void)state;
	gpus_resume(&gpus, (const struct ring_row *)(const void *)&row);
	tell(0, "GPU-a", 900, &use, 1);
	assert_true(read_gpus());
	assert_int_equal(uj_of(7), 400);
	assert_int_equal(gpus.all[0].active_uj, 800);
}

static void gpus_beyond_the_limit_are_counted_and_nobodys(void **state)
{
	static char uuids[NODE_GPUS_MAX + 1][16];
	const struct gpu_use use = { .pid = 70, .grown_ns = 1 };

	(void)state;
	for (uint32_t i = 0; i <= NODE_GPUS_MAX; i++) {
		snprintf(uuids[i], sizeof(uuids[i]), "GPU-%u", i);
		tell(i, uuids[i], 10, &use, 1);
	}
	assert_true(read_gpus());
	assert_int_equal(gpus.count, NODE_GPUS_MAX);
	assert_int_equal((int)gpus.left_out, 1);
	assert_int_equal(total[COUNTER_gpu_uj], NODE_GPUS_MAX * 10);
}

static int begin_group(void **state)
{
	(void)state;
	return identity_init();
}

#define GPU_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		GPU_TEST(who_uses_a_gpu_pays_for_that_one),
		GPU_TEST(gpus_that_nobody_uses_are_nobodys),
		GPU_TEST(every_microjoule_of_a_gpu_goes_to_its_own_users),
		GPU_TEST(users_that_are_not_listed_pay_too),
		GPU_TEST(a_restart_goes_on_from_the_rows),
		GPU_TEST(gpus_beyond_the_limit_are_counted_and_nobodys),
	};
	return cmocka_run_group_tests(tests, begin_group, NULL);
}
