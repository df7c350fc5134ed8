/* Restarts and overflow of the sampler, over a scripted usage reader and a cgroup tree made of plain folders. */
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "collector/sampler.h"
#include "tests/unit/unit.h"

#define GROUPS 4
#define ALL    ((1U << USAGE_COUNTER_COUNT) - 1)

struct world {
	char root[64];
	struct config config;
	struct hierarchy hierarchy;
	struct usage_reader usage;
	uint64_t id[GROUPS];
	struct usage_sum ended[GROUPS];
	uint64_t made_id; /* told of with */
	char made_path[USAGE_PATH_MAX];
	struct sampler sampler;
	struct ring_tick tick;
	uint64_t seq;
};

static int read_script(struct usage_reader *usage, const struct usage_visitor *visitor)
{
	const struct world *world = container_of(usage, struct world, usage);

	if (world->made_id != 0)
		visitor->cgroup_made(visitor->context, world->made_id, 0, world->made_path);
	for (int i = 0; i < GROUPS; i++)
		if (world->id[i] != 0 && world->ended[i].counter[USAGE_cpu_ns] != 0)
			visitor->ended(visitor->context, world->id[i], &world->ended[i]);
	return 0;
}

static void forget_script(struct usage_reader *usage, uint64_t cgroup)
{
	(void)usage, (void)cgroup;
}

static void report_script(struct usage_reader *usage, struct stats *stats)
{
	(void)usage, (void)stats;
}

static void write_file(const struct world *world, const char *name, const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", world->root, name);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

/* Group i is the folder /<i>; its id is the inode, as in a real hierarchy. */
static void make_group(struct world *world, int i, const char *memory)
{
	char path[128], name[48];
	struct stat status;

	snprintf(path, sizeof(path), "%s/cg/%d", world->root, i);
	mkdir(path, 0700);
	assert_int_equal(stat(path, &status), 0);
	world->id[i] = status.st_ino;
	snprintf(name, sizeof(name), "cg/%d/memory.current", i);
	write_file(world, name, memory);
}

static void remove_group(const struct world *world, int i)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/cg/%d/memory.current", world->root, i);
	unlink(path);
	*strrchr(path, '/') = '\0';
	assert_int_equal(rmdir(path), 0);
}

static struct instant at(uint64_t seconds)
{
	return (struct instant) { seconds * NS_PER_SECOND, seconds * NS_PER_SECOND, seconds * NS_PER_SECOND };
}

static void start(struct world *world, int64_t rows)
{
	world->config.ring_rows = rows;
	assert_int_equal(
		sampler_init(&world->sampler, &world->config, &world->hierarchy, &world->usage, NULL), 0);
}

static void read_at(struct world *world, uint64_t seconds)
{
	assert_int_equal(sampler_read(&world->sampler, at(seconds), ++world->seq, &world->tick), 0);
}

/* What the ring keeps is all that a new collector knows. */
static void restart_at(struct world *world, uint64_t seconds)
{
	uint32_t count = world->sampler.row_count;
	CLEANUP(freep) struct ring_row *rows = calloc(count, sizeof(*rows));

	assert_non_null(rows);
	memcpy(rows, world->sampler.rows, count * sizeof(*rows));
	sampler_done(&world->sampler);
	start(world, world->config.ring_rows);
	sampler_resume(&world->sampler, &world->tick, rows, count, at(seconds));
}

static const struct ring_row *row_of(const struct world *world, uint64_t id)
{
	for (uint32_t i = 0; i < world->sampler.row_count; i++)
		if (world->sampler.rows[i].id == id && world->sampler.rows[i].kind == ROW_CGROUP)
			return &world->sampler.rows[i];
	return NULL;
}

static uint64_t counter_of(const struct world *world, uint64_t id, enum counter counter)
{
	const struct ring_row *row = row_of(world, id);

	assert_non_null(row);
	return row->counter[counter];
}

static int set_up(void **state)
{
	struct world *world = calloc(1, sizeof(*world));
	char path[128];

	assert_non_null(world);
	snprintf(world->root, sizeof(world->root), "/tmp/tanso-sampler-XXXXXX");
	assert_non_null(mkdtemp(world->root));
	config_defaults(&world->config);
	snprintf(world->config.procfs_root, sizeof(world->config.procfs_root), "%s", world->root);
	snprintf(world->hierarchy.root, sizeof(world->hierarchy.root), "%s/cg", world->root);
	snprintf(world->hierarchy.memory_root, sizeof(world->hierarchy.memory_root), "%s/cg", world->root);
	world->hierarchy.memory_file = "memory.current";
	world->usage = (struct usage_reader) { "script", ALL, false, read_script, forget_script,
		report_script, NULL };
	snprintf(path, sizeof(path), "%s/cg", world->root);
	assert_int_equal(mkdir(path, 0700), 0);
	write_file(world, "stat", "cpu  1 0 1 500 0 0 0 30\ncpu0 1 0 1 500 0 0 0 30\n");
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

	sampler_done(&world->sampler);
	nftw(world->root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(world);
	return 0;
}

/* Each counter another amount, so that none can stand for another. */
static void use(struct world *world, int i, uint64_t amount)
{
	for (uint64_t c = 0; c < USAGE_COUNTER_COUNT; c++)
		world->ended[i].counter[c] += amount * (c + 1);
}

static void assert_row(const struct world *world, uint64_t id, uint64_t amount)
{
	const struct ring_row *row = row_of(world, id);

	assert_non_null(row);
	for (uint64_t c = 0; c < USAGE_COUNTER_COUNT; c++)
		assert_int_equal(row->counter[c], amount * (c + 1));
}

static void assert_total(const struct world *world, uint64_t amount)
{
	assert_int_equal(world->tick.busy_ns, amount);
	for (uint64_t c = 0; c < USAGE_COUNTER_COUNT; c++)
		assert_int_equal(world->tick.total[c], amount * (c + 1));
}

static void what_stands_in_other_is_not_counted_again_after_a_restart(void **state)
{
	struct world *world = *state;

	for (int i = 0; i < 3; i++) {
		make_group(world, i, "0");
		use(world, i, 1000);
	}
	start(world, 5); /* room for two cgroups, one of them the root */
	read_at(world, 1);
	assert_row(world, ROW_ID_OTHER, 2000);
	assert_total(world, 3000);
	restart_at(world, 2);
	read_at(world, 2);
	assert_row(world, ROW_ID_OTHER, 2000);
	assert_total(world, 3000);
	for (int i = 0; i < 3; i++)
		use(world, i, 10);
	read_at(world, 3);
	assert_row(world, ROW_ID_OTHER, 2020);
	assert_total(world, 3030);
}

static void ignore(void *context, uint64_t id)
{
	(void)context, (void)id;
}

static void a_promoted_cgroup_does_not_claim_its_past_after_a_restart(void **state)
{
	struct world *world = *state;

	make_group(world, 0, "0");
	make_group(world, 1, "0");
	start(world, 6);
	read_at(world, 1); /* the root and groups 0 and 1 fill the table */
	make_group(world, 2, "0");
	use(world, 2, 1000);
	read_at(world, 2);
	assert_row(world, ROW_ID_OTHER, 1000);
	for (int i = 0; i < 2; i++) {
		remove_group(world, i);
		world->id[i] = 0;
	}
	world->sampler.wants_walk = true;
	read_at(world, 3);
	read_at(world, 6); /* final */
	sampler_acknowledge(&world->sampler, world->seq, ignore, NULL);
	read_at(world, 7); /* group 2 finds room, for its row and the note of its past */
	use(world, 2, 100);
	read_at(world, 8);
	assert_row(world, world->id[2], 100);
	assert_total(world, 1100);
	restart_at(world, 9);
	read_at(world, 9);
	assert_row(world, world->id[2], 100);
	assert_total(world, 1100);
	use(world, 2, 7);
	read_at(world, 10);
	assert_row(world, world->id[2], 107);
	assert_row(world, ROW_ID_OTHER, 1000);
	assert_total(world, 1107);
}

static void ended_time_the_kernel_had_no_room_for_stands_in_other(void **state)
{
	struct world *world = *state;

	world->id[0] = ROW_ID_OTHER;
	world->ended[0].counter[USAGE_cpu_ns] = 500;
	start(world, 8);
	read_at(world, 1);
	assert_int_equal(counter_of(world, ROW_ID_OTHER, COUNTER_cpu_ns), 500);
	assert_int_equal(world->tick.busy_ns, 500);
	assert_int_equal(world->sampler.cgroups.count, 1); /* the root: no cgroup of that id was made up */
}

static void idle_and_steal_never_go_back(void **state)
{
	struct world *world = *state;

	start(world, 8);
	read_at(world, 1);
	write_file(world, "stat", "cpu  1 0 1 700 0 0 0 40\ncpu0 1 0 1 700 0 0 0 40\n");
	read_at(world, 2);
	uint64_t idle_ns = world->tick.idle_ns, steal_ns = world->tick.steal_ns;
	assert_true(idle_ns > 0 && steal_ns > 0);
	restart_at(world, 3);
	read_at(world, 3);
	assert_in_range(world->tick.idle_ns, idle_ns, idle_ns + NS_PER_SECOND);
	assert_in_range(world->tick.steal_ns, steal_ns, steal_ns + NS_PER_SECOND);
	/* proc_stat(5): iowait may go down */
	write_file(world, "stat", "cpu  1 0 1 690 0 0 0 39\ncpu0 1 0 1 690 0 0 0 39\n");
	read_at(world, 4);
	assert_in_range(world->tick.idle_ns, idle_ns, idle_ns + NS_PER_SECOND);
	assert_in_range(world->tick.steal_ns, steal_ns, steal_ns + NS_PER_SECOND);
}

static void memory_held_while_the_collector_was_away_is_counted(void **state)
{
	struct world *world = *state;

	make_group(world, 0, "1000");
	start(world, 8);
	read_at(world, 10);
	read_at(world, 11);
	assert_int_equal(counter_of(world, world->id[0], COUNTER_mem_byte_seconds), 1000);
	restart_at(world, 14);
	read_at(world, 14);
	assert_int_equal(counter_of(world, world->id[0], COUNTER_mem_byte_seconds), 4000);
}

/* Raspberry Pi OS, cgroup_disable=memory: all that is used would be the root's. */
static void where_no_cgroup_has_a_memory_account_nobody_has_one(void **state)
{
	struct world *world = *state;
	const uint32_t bit = 1U << COUNTER_mem_byte_seconds;
	struct stat status;
	char path[128];

	snprintf(path, sizeof(path), "%s/cg", world->root);
	assert_int_equal(stat(path, &status), 0);
	write_file(world, "meminfo", "MemTotal: 1000 kB\nMemAvailable: 400 kB\n");
	start(world, 8);
	read_at(world, 1);
	read_at(world, 2);
	assert_int_equal(counter_of(world, status.st_ino, COUNTER_mem_byte_seconds), 600 * 1024);
	assert_int_equal(world->tick.counters_valid & bit, bit); /* the root alone: all is its */
	make_group(world, 0, "0");
	snprintf(path, sizeof(path), "%s/cg/0/memory.current", world->root);
	unlink(path);
	use(world, 0, 1000);
	for (uint64_t second = 3; second < 12; second++)
		read_at(world, second);
	uint64_t before = counter_of(world, status.st_ino, COUNTER_mem_byte_seconds);
	assert_int_equal(world->tick.counters_valid & bit, 0);
	restart_at(world, 13);
	read_at(world, 13);
	assert_int_equal(counter_of(world, status.st_ino, COUNTER_mem_byte_seconds), before);
	assert_int_equal(world->tick.counters_valid & bit, 0);
	make_group(world, 1, "1024"); /* one that has: what the others hold is their parent's */
	world->sampler.wants_walk = true;
	for (uint64_t second = 14; second < 25; second++)
		read_at(world, second);
	assert_int_equal(world->tick.counters_valid & bit, bit);
	assert_true(counter_of(world, world->id[1], COUNTER_mem_byte_seconds) > 0);
}

static void a_path_that_an_event_does_not_hold_is_looked_for(void **state)
{
	struct world *world = *state;
	char path[1024], folder[201];
	struct stat status;
	size_t root = (size_t)snprintf(path, sizeof(path), "%s/cg", world->root), used = root;

	start(world, 8);
	read_at(world, 1);
	memset(folder, 'a', sizeof(folder) - 1);
	folder[sizeof(folder) - 1] = '\0';
	for (int i = 0; i < 3; i++) {
		used += (size_t)snprintf(path + used, sizeof(path) - used, "/%s", folder);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	assert_int_equal(stat(path, &status), 0);
	world->made_id = status.st_ino;
	snprintf(world->made_path, sizeof(world->made_path), "%s", path + root);
	read_at(world, 2);
	world->made_id = 0;
	read_at(world, 3);
	const struct cgroup *cgroup = cgroups_find(&world->sampler.cgroups, status.st_ino);
	assert_non_null(cgroup);
	assert_string_equal(cgroup->path, path + root);
}

static void without_events_a_removed_cgroup_still_becomes_final(void **state)
{
	struct world *world = *state;

	world->usage.name = "procfs"; /* tells no events */
	make_group(world, 0, "0");
	start(world, 8);
	read_at(world, 1);
	remove_group(world, 0);
	for (uint64_t second = 2; second < 40; second++)
		read_at(world, second);
	assert_int_equal(row_of(world, world->id[0])->flags, ROW_FINAL);
}

static void what_ended_does_not_live_again_after_a_restart(void **state)
{
	struct world *world = *state;

	make_group(world, 0, "0");
	use(world, 0, 1000);
	start(world, 8);
	read_at(world, 1);
	remove_group(world, 0);
	world->sampler.wants_walk = true;
	read_at(world, 2);
	read_at(world, 4);
	assert_int_equal(row_of(world, world->id[0])->flags, ROW_FINAL);
	world->tick.seq = world->seq; /* as the ring has it */
	for (uint64_t second = 5; second < 8; second++) {
		restart_at(world, second);
		read_at(world, second);
		world->tick.seq = world->seq;
		assert_int_equal(row_of(world, world->id[0])->flags, ROW_FINAL);
		assert_row(world, world->id[0], 1000);
	}
	uint64_t id = world->id[0];
	world->id[0] = 0; /* the kernel's side forgets it */
	sampler_acknowledge(&world->sampler, world->seq, ignore, NULL);
	read_at(world, 9);
	assert_null(row_of(world, id));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
		TEST(what_stands_in_other_is_not_counted_again_after_a_restart),
		TEST(a_promoted_cgroup_does_not_claim_its_past_after_a_restart),
		TEST(ended_time_the_kernel_had_no_room_for_stands_in_other),
		TEST(idle_and_steal_never_go_back),
		TEST(memory_held_while_the_collector_was_away_is_counted),
		TEST(a_path_that_an_event_does_not_hold_is_looked_for),
		TEST(where_no_cgroup_has_a_memory_account_nobody_has_one),
		TEST(without_events_a_removed_cgroup_still_becomes_final),
		TEST(what_ended_does_not_live_again_after_a_restart),
	};

	if (identity_init() < 0)
		return EXIT_FAILURE;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
