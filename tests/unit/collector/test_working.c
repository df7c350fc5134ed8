/* Working sets, over cgroup trees made of plain folders. */
#include <ftw.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "collector/memory.h"
#include "collector/working.h"
#include "tests/unit/unit.h"

#define POD       "/kubepods.slice/kubepods-pod0f7b8ac1_1111_2222_3333_444444444444.slice"
#define HEX       "0123456789abcdef"
#define CONTAINER POD "/cri-containerd-" HEX HEX HEX HEX ".scope"
#define ROUND     60
#define MIB       UINT64_C(1048576)

struct world {
	char root[64];
	struct hierarchy hierarchy;
	struct cgroups cgroups;
	struct working working;
	uint64_t second;
};

static void write_file(const struct world *world, const char *path, const char *name, const char *format, ...)
{
	char whole[512];
	va_list values;

	snprintf(whole, sizeof(whole), "%s%s/%s", world->root, path, name);
	FILE *file = fopen(whole, "w");
	assert_non_null(file);
	va_start(values, format);
	vfprintf(file, format, values);
	va_end(values);
	fclose(file);
}

/* A v2 group that holds so many MiB, of them page cache that nobody misses. */
static void make(struct world *world, const char *path, unsigned held, unsigned inactive)
{
	char whole[512];

	snprintf(whole, sizeof(whole), "%s%s", world->root, path);
	mkdir(whole, 0700);
	write_file(world, path, world->hierarchy.memory_file, "%llu\n", held * MIB);
	write_file(world, path, "memory.stat", "anon 7\ninactive_file %llu\nactive_file 9\n", inactive * MIB);
	write_file(world, path, "memory.events", "low 0\noom 9\noom_kill 0\noom_group_kill 5\n");
}

static const struct cgroup *group(struct world *world, const char *path)
{
	for (uint32_t i = 0; i < world->cgroups.count; i++)
		if (strcmp(world->cgroups.all[i].path, path) == 0)
			return &world->cgroups.all[i];
	fail_msg("no cgroup %s", path);
	return NULL;
}

static uint64_t working(struct world *world, const char *path)
{
	return group(world, path)->working_bytes / MIB;
}

static void walk(struct world *world)
{
	assert_int_equal(cgroups_walk(&world->cgroups, 1, 1), 0);
}

/* As the sampler does: what is held every five seconds, working sets at each reading. */
static void pass(struct world *world, uint64_t seconds)
{
	for (; seconds > 0; seconds--, world->second++) {
		if (world->second % 5 == 0)
			memory_read(&world->cgroups, &world->hierarchy, world->root);
		working_read(&world->working, &world->cgroups, &world->hierarchy,
			(world->second + 1) * NS_PER_SECOND);
	}
}

static int set_up(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	assert_non_null(world);
	snprintf(world->root, sizeof(world->root), "/tmp/tanso-working-XXXXXX");
	assert_non_null(mkdtemp(world->root));
	snprintf(world->hierarchy.root, sizeof(world->hierarchy.root), "%s", world->root);
	snprintf(world->hierarchy.memory_root, sizeof(world->hierarchy.memory_root), "%s", world->root);
	world->hierarchy.memory_file = "memory.current";
	assert_int_equal(cgroups_init(&world->cgroups, world->hierarchy.root, 64), 0);
	*state = world;
	return 0;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *where)
{
	(void)status, (void)kind, (void)where;
	return remove(path);
}

static int tear_down(void **state)
{
	struct world *world = *state;

	cgroups_done(&world->cgroups);
	nftw(world->root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(world);
	return 0;
}

static void page_cache_is_not_in_it(void **state)
{
	struct world *world = *state;

	make(world, "/web.service", 500, 420);
	make(world, "/odd.service", 5, 9); /* read a moment later: never below nothing */
	walk(world);
	pass(world, 1);
	assert_int_equal(working(world, "/web.service"), 80);
	assert_int_equal(working(world, "/odd.service"), 0);
	assert_int_equal(working(world, "/"), 0);
}

static void version_1_counts_what_is_below_and_kills_by_another_name(void **state)
{
	struct world *world = *state;

	world->hierarchy.memory_file = "memory.usage_in_bytes";
	world->hierarchy.is_memory_v1 = true;
	make(world, "/web.service", 500, 1);
	write_file(world, "/web.service", "memory.stat",
		"inactive_file 0\ntotal_cache 1\ntotal_inactive_file %llu\n", 100 * MIB);
	write_file(
		world, "/web.service", "memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n");
	walk(world);
	pass(world, 1);
	assert_int_equal(working(world, "/web.service"), 400);
	assert_int_equal(group(world, "/web.service")->oom_kills, 3);
}

/* What the containers hold stands in their pod's; a slice is nobody's. */
static void a_pod_has_one_and_its_containers_none(void **state)
{
	struct world *world = *state;

	make(world, "/kubepods.slice", 900, 0);
	make(world, POD, 300, 100);
	make(world, CONTAINER, 250, 50);
	walk(world);
	pass(world, 2 * ROUND);
	assert_int_equal(working(world, POD), 200);
	assert_int_equal(working(world, CONTAINER), 0);
	assert_int_equal(working(world, "/kubepods.slice"), 0);
}

static void each_is_read_once_a_minute(void **state)
{
	struct world *world = *state;
	char path[32];

	for (int i = 0; i < 30; i++) {
		snprintf(path, sizeof(path), "/%d.service", i);
		make(world, path, 100, 50);
	}
	walk(world);
	pass(world, 3);
	for (int i = 0; i < 30; i++) {
		snprintf(path, sizeof(path), "/%d.service", i);
		write_file(world, path, "memory.stat", "inactive_file %llu\n", 10 * MIB);
		write_file(world, path, "memory.events", "oom_kill 2\n");
	}
	for (uint64_t second = 0, before = 0; second < ROUND + 3; second++) {
		uint64_t now = 0;
		pass(world, 1);
		for (int i = 0; i < 30; i++) {
			snprintf(path, sizeof(path), "/%d.service", i);
			now += working(world, path) == 90;
		}
		assert_true(now <= before + 2); /* spread over the minute */
		before = now;
	}
	for (int i = 0; i < 30; i++) {
		snprintf(path, sizeof(path), "/%d.service", i);
		assert_int_equal(working(world, path), 90);
		assert_int_equal(group(world, path)->oom_kills, 2);
	}
}

static void what_grows_is_read_at_once(void **state)
{
	struct world *world = *state;

	make(world, "/web.service", 100, 50);
	walk(world);
	pass(world, 6);
	make(world, "/web.service", 112, 0); /* not an eighth more */
	pass(world, 5);
	assert_int_equal(working(world, "/web.service"), 50);
	make(world, "/web.service", 1000, 30);
	pass(world, 5);
	assert_int_equal(working(world, "/web.service"), 970);
}

static void without_an_account_nothing_is_said(void **state)
{
	struct world *world = *state;
	char path[128];

	make(world, "/web.service", 100, 50);
	snprintf(path, sizeof(path), "%s/web.service/memory.current", world->root);
	unlink(path);
	walk(world);
	pass(world, 2 * ROUND);
	assert_int_equal(working(world, "/web.service"), 0);
	assert_int_equal(group(world, "/web.service")->oom_kills, 0);
}

static int compile(void **state)
{
	(void)state;
	return identity_init();
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(page_cache_is_not_in_it),
		TEST(version_1_counts_what_is_below_and_kills_by_another_name),
		TEST(a_pod_has_one_and_its_containers_none),
		TEST(each_is_read_once_a_minute),
		TEST(what_grows_is_read_at_once),
		TEST(without_an_account_nothing_is_said),
	};
	return cmocka_run_group_tests(tests, compile, NULL);
}
