/* Threads are told by what changed: what stands in the sums and rows then is what a count of all live threads gives. */
#include <unistd.h>

#include "base/cleanup.h"
#include "collector/sampler.h"
#include "tests/unit/ipc/random.h"

#define PROCESSES 6
#define THREADS   4 /* of a process; the first is its leader */
#define CGROUPS   3
#define READINGS  400

/* What may happen to a thread between two readings. */
enum event { NOTHING, RUNS, MOVES, EXECUTES, IS_NAMED, LETS_GO, ENDS, IS_BORN, EVENT_COUNT };

struct thread {
	struct usage_record told, now;
	bool is_told, lives, has_let_go;
	char exe[USAGE_EXE_MAX]; /* of its last program: one that has ended has none any more */
};

struct world {
	struct config config;
	struct hierarchy hierarchy;
	struct usage_reader usage;
	struct sampler sampler;
	struct thread threads[PROCESSES][THREADS];
	uint64_t clock;
	char root[32];
};

static int read_threads(struct usage_reader *usage, const struct usage_visitor *visitor)
{
	struct world *world = container_of(usage, struct world, usage);
	struct thread *first = &world->threads[0][0];

	for (int gone = 0; gone < 2; gone++) /* as the collector finds them: those that are gone come last */
		for (struct thread *thread = first; thread < first + PROCESSES * THREADS; thread++)
			if (thread->lives != (bool)gone && (thread->lives || thread->is_told) &&
				memcmp(&thread->told, &thread->now, sizeof(thread->now)) != 0)
				visitor->thread(visitor->context, thread->is_told ? &thread->told : NULL,
					thread->lives ? &thread->now : NULL);
	for (struct thread *thread = first; thread < first + PROCESSES * THREADS; thread++) {
		thread->is_told = thread->lives;
		thread->told = thread->now;
	}
	return 0;
}

static void be_born(struct world *world, struct random *random, uint32_t process, uint32_t i)
{
	struct thread *thread = &world->threads[process][i], *leader = &world->threads[process][0];

	if (thread->lives || (i > 0 && !leader->lives))
		return;
	thread->lives = true;
	thread->has_let_go = false;
	memset(thread->exe, 0, sizeof(thread->exe));
	thread->now = (struct usage_record) { .tid = 100 * (process + 1) + i,
		.tgid = 100 * (process + 1),
		.cgroup = 1 + random_below(random, CGROUPS),
		.start_ns = i == 0 ? ++world->clock : leader->now.start_ns,
		.comm = "begun" };
}

static void end(struct world *world, uint32_t process, uint32_t i)
{
	for (uint32_t j = i; j < (i == 0 ? THREADS : i + 1); j++) {
		world->threads[process][j].lives = false;
		world->threads[process][j].now = (struct usage_record) { 0 };
	}
}

static void happen(struct world *world, struct random *random, uint32_t process, uint32_t i)
{
	struct thread *thread = &world->threads[process][i];
	enum event event = (enum event)random_below(random, EVENT_COUNT);

	if (event == IS_BORN)
		be_born(world, random, process, i);
	if (!thread->lives || event == NOTHING)
		return;
	for (int c = 0; c < USAGE_COUNTER_COUNT; c++)
		thread->now.value[c] += random_below(random, 1000);
	if (event == MOVES) {
		thread->now.cgroup = 1 + random_below(random, CGROUPS);
		memcpy(thread->now.base, thread->now.value, sizeof(thread->now.base));
	}
	if (thread->has_let_go && event != ENDS)
		return;
	if (event == EXECUTES || event == IS_NAMED)
		snprintf(thread->now.comm, sizeof(thread->now.comm), "name %u", (unsigned)++world->clock);
	if (event == EXECUTES)
		snprintf(thread->now.exe, sizeof(thread->now.exe), "program %u", (unsigned)++world->clock);
	if (event == LETS_GO) {
		thread->has_let_go = true;
		memset(thread->now.exe, 0, sizeof(thread->now.exe));
	}
	if (event == ENDS)
		end(world, process, i);
}

static void assert_sums_of_cgroup(struct world *world, uint64_t id)
{
	const struct cgroup *cgroup = cgroups_find(&world->sampler.cgroups, id);
	uint64_t sum[USAGE_COUNTER_COUNT] = { 0 };
	uint32_t count = 0;

	for (int p = 0; p < PROCESSES; p++)
		for (int i = 0; i < THREADS; i++) {
			const struct thread *thread = &world->threads[p][i];
			if (!thread->lives || thread->now.cgroup != id)
				continue;
			count++;
			for (int c = 0; c < USAGE_COUNTER_COUNT; c++)
				sum[c] += thread->now.value[c] - thread->now.base[c];
		}
	if (cgroup == NULL) {
		assert_int_equal(count, 0);
		return;
	}
	assert_int_equal(cgroup->threads, count);
	assert_memory_equal(cgroup->live, sum, sizeof(sum));
}

static void assert_sums_of_process(struct world *world, int process)
{
	struct thread *leader = &world->threads[process][0];
	const struct process *found =
		processes_find(&world->sampler.processes, 100U * (uint32_t)(process + 1));
	uint64_t sum[USAGE_COUNTER_COUNT] = { 0 };

	if (!leader->lives) {
		assert_null(found);
		return;
	}
	for (int i = 0; i < THREADS; i++)
		for (int c = 0; c < USAGE_COUNTER_COUNT; c++)
			sum[c] += leader[i].lives ? leader[i].now.value[c] : 0;
	assert_non_null(found);
	assert_memory_equal(found->sum, sum, sizeof(sum));
	assert_int_equal(found->cgroup, leader->now.cgroup);
	if (leader->now.exe[0] != '\0')
		memcpy(leader->exe, leader->now.exe, sizeof(leader->exe));
	assert_string_equal(found->exe, leader->exe);
	assert_memory_equal(found->comm, leader->now.comm, sizeof(found->comm));
}

/* The rows of processes that did not change were laid out by an earlier reading. */
static void assert_rows(const struct world *world)
{
	const struct sampler *sampler = &world->sampler;

	assert_int_equal(sampler->row_count - sampler->first_process, sampler->processes.count);
	for (uint32_t i = 0; i < sampler->processes.count; i++) {
		struct ring_row row;
		process_row(&sampler->processes.all[i], &row);
		assert_memory_equal(&sampler->rows[sampler->first_process + i], &row, sizeof(row));
	}
}

static void what_changed_adds_up_to_what_is_there(void **state)
{
	struct random random = random_new("reading");
	struct world *world = *state;

	for (uint64_t seq = 1; seq <= READINGS; seq++) {
		struct ring_tick tick;
		for (uint64_t left = random_below(&random, 2ULL * PROCESSES * THREADS); left > 0; left--)
			happen(world, &random, (uint32_t)random_below(&random, PROCESSES),
				(uint32_t)random_below(&random, THREADS));
		assert_int_equal(sampler_read(&world->sampler, clock_now(), seq, &tick), 0);
		assert_false(world->usage.from_nothing);
		for (uint64_t id = 1; id <= CGROUPS; id++)
			assert_sums_of_cgroup(world, id);
		for (int process = 0; process < PROCESSES; process++)
			assert_sums_of_process(world, process);
		assert_rows(world);
	}
}

static int set_up(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	assert_non_null(world);
	assert_int_equal(identity_init(), 0);
	snprintf(world->root, sizeof(world->root), "/tmp/tanso-reading-XXXXXX");
	assert_non_null(mkdtemp(world->root));
	config_defaults(&world->config);
	snprintf(world->hierarchy.root, sizeof(world->hierarchy.root), "%s", world->root);
	world->usage = (struct usage_reader) { .name = "script", .read = read_threads };
	assert_int_equal(
		sampler_init(&world->sampler, &world->config, &world->hierarchy, &world->usage, NULL), 0);
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	sampler_done(&world->sampler);
	rmdir(world->root);
	free(world);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_changed_adds_up_to_what_is_there, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
