/* Both ways of reading the live threads tell the same. Needs what test_usage_ebpf needs. */
#include <bpf/bpf.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "collector/live.h"
#include "tests/unit/collector/kernel_version.h"

#define PROCESSES     40
#define THREADS       3                    /* of every fourth of them, beside its leader */
#define MANY          (USAGE_RECORDS + 50) /* threads: more than there is room for at once */
#define STACK         (32 * 1024)
#define BUSY_READINGS 20
#define DEADLINE_NS   (10 * NS_PER_SECOND)

struct world {
	struct config config;
	struct usage_kernel kernel;
	struct live_threads live;
	bool from_nothing, is_wrong;
	struct known_threads told;
	pid_t children[PROCESSES];
};

static void on_begin(void *context)
{
	struct world *world = context;

	known_clear(&world->told);
}

/* What is said to have been before is what was told before. */
static void on_thread(void *context, const struct usage_record *before, const struct usage_record *now)
{
	struct world *world = context;
	struct usage_record *told = known_put(&world->told, before != NULL ? before->tid : now->tid);

	assert_non_null(told);
	world->is_wrong |= before == NULL ? told->tid != 0 : memcmp(told, before, sizeof(*before)) != 0;
	if (now != NULL)
		*told = *now;
	else
		known_remove(&world->told, (size_t)(told - world->told.records));
}

static void read_live(struct world *world)
{
	const struct usage_visitor visitor = { .context = world, .begin = on_begin, .thread = on_thread };

	assert_int_equal(live_read(&world->live, &visitor, &world->from_nothing), 0);
	assert_false(world->is_wrong);
}

static void *sleep_in_thread(void *nothing)
{
	pause();
	return nothing;
}

static void start_threads(int count)
{
	pthread_attr_t attributes;
	pthread_t thread;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK);
	for (int i = 0; i < count; i++)
		if (pthread_create(&thread, &attributes, sleep_in_thread, NULL) != 0)
			_exit(EXIT_FAILURE);
	pthread_attr_destroy(&attributes);
}

/* A process that has told `ready` that its threads are there and sleeps. */
static pid_t start_process(int threads)
{
	int ready[2];
	char c;

	assert_int_equal(pipe(ready), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		start_threads(threads);
		if (write(ready[1], "", 1) == 1)
			pause();
		_exit(EXIT_FAILURE);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
	return child;
}

static void end_process(pid_t child)
{
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

static int set_up(void **state)
{
	struct world *world = calloc(1, sizeof(*world));
	struct hierarchy hierarchy;
	const char *step;
	bool is_new;

	assert_non_null(world);
	*state = world;
	world->from_nothing = true;
	config_defaults(&world->config);
	memset(world->kernel.link, 0xff, sizeof(world->kernel.link));
	assert_int_equal(hierarchy_find(&world->config, &hierarchy), 0);
	assert_int_equal(
		usage_kernel_open(&world->kernel, &world->config, &hierarchy, false, &is_new, &step), 0);
	return live_open(&world->live, &world->kernel);
}

static int tear_down(void **state)
{
	struct world *world = *state;

	known_done(&world->told);
	live_close(&world->live);
	usage_kernel_close(&world->kernel);
	free(world);
	return 0;
}

static void only_iterator(struct world *world)
{
	closep(&world->kernel.link[USAGE_PROGRAM_read_list]);
	world->kernel.link[USAGE_PROGRAM_read_list] = -1;
}

static void assert_told(const struct world *world, pid_t child, int threads)
{
	int found = 0;

	for (size_t i = 0; i < world->told.count; i++)
		found += world->told.records[i].tgid == (uint32_t)child;
	assert_int_equal(found, threads + 1);
}

static int threads_of(int i)
{
	return i % 4 == 0 ? THREADS : 0;
}

static bool is_childs(const struct world *world, uint32_t tgid)
{
	for (int i = 0; i < PROCESSES; i++)
		if (world->children[i] == (pid_t)tgid)
			return true;
	return false;
}

static uint64_t runs_of(const struct world *world, uint32_t program)
{
	uint64_t per_cpu[USAGE_CPUS_MAX] = { 0 }, sum = 0;

	assert_int_equal(bpf_map_lookup_elem(world->kernel.map[USAGE_MAP_runs], &program, per_cpu), 0);
	for (int cpu = 0; cpu < USAGE_CPUS_MAX; cpu++)
		sum += per_cpu[cpu];
	return sum;
}

/* Whoever has run in between is told otherwise, so they are read until all of them sleep. */
static bool tell_the_same(struct world *world)
{
	struct known_threads listed = { 0 };
	bool are_same = true;
	int link = world->kernel.link[USAGE_PROGRAM_read_list];

	for (int i = 0; i < 2; i++) /* the second time by what changed */
		read_live(world);
	known_begin_reading(&listed);
	for (size_t i = 0; i < world->told.count; i++)
		*known_put(&listed, world->told.tids[i]) = world->told.records[i];
	world->kernel.link[USAGE_PROGRAM_read_list] = -1;
	world->from_nothing = true;
	read_live(world);
	world->kernel.link[USAGE_PROGRAM_read_list] = link;
	for (int i = 0; i < PROCESSES; i++)
		assert_told(world, world->children[i], threads_of(i));
	for (size_t i = 0; i < world->told.count; i++) {
		const struct usage_record *now = &world->told.records[i];
		if (is_childs(world, now->tgid))
			are_same &= memcmp(known_put(&listed, now->tid), now, sizeof(*now)) == 0;
	}
	known_done(&listed);
	return are_same;
}

static void the_list_and_the_iterator_tell_the_same_of_who_sleeps(void **state)
{
	struct world *world = *state;
	uint64_t end_ns = clock_mono_ns() + DEADLINE_NS;
	bool are_same = false;

	if (kernel_is_before(6, 7))
		skip();
	assert_true(world->kernel.link[USAGE_PROGRAM_read_list] >=
		    0); /* in the first PID namespace it is there */
	for (int i = 0; i < PROCESSES; i++)
		world->children[i] = start_process(threads_of(i));
	while (!are_same && clock_mono_ns() < end_ns)
		are_same = tell_the_same(world);
	assert_true(are_same);
	uint64_t listed = runs_of(world, USAGE_PROGRAM_read_list),
		 iterated = runs_of(world, USAGE_PROGRAM_read_usage);
	read_live(world); /* the list is enough */
	assert_int_equal(runs_of(world, USAGE_PROGRAM_read_list), listed + 1);
	assert_int_equal(runs_of(world, USAGE_PROGRAM_read_usage), iterated);
	for (int i = 0; i < PROCESSES; i++)
		end_process(world->children[i]);
}

/* Threads that are born and end between readings; whoever is left after them is told to be gone. */
static void the_kernel_and_what_was_told_agree_while_processes_come_and_go(void **state)
{
	struct world *world = *state;

	for (int i = 0; i < BUSY_READINGS; i++) {
		pid_t child = start_process(i % 3);
		read_live(world);
		assert_told(world, child, i % 3);
		read_live(world);
		assert_told(world, child, i % 3);
		end_process(child);
		read_live(world);
		assert_told(world, child, -1);
		if (i == BUSY_READINGS / 2)
			only_iterator(world);
	}
}

static void more_threads_than_records_are_all_told(void **state)
{
	struct world *world = *state;

	pid_t child = start_process(MANY);
	read_live(world); /* the list stops, the iterator goes on and waits where there is no room */
	assert_told(world, child, MANY);
	read_live(world);
	assert_told(world, child, MANY);
	world->from_nothing = true;
	only_iterator(world);
	read_live(world);
	assert_told(world, child, MANY);
	end_process(child);
}

int main(void)
{
#define LIVE_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		LIVE_TEST(the_list_and_the_iterator_tell_the_same_of_who_sleeps),
		LIVE_TEST(the_kernel_and_what_was_told_agree_while_processes_come_and_go),
		LIVE_TEST(more_threads_than_records_are_all_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
