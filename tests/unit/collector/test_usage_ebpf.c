/* What the kernel side charges to whom. Needs BTF, CAP_BPF, CAP_PERFMON and a cgroup hierarchy one may write to. */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "collector/usage/reader.h"
#include "tests/unit/unit.h"

#define BURN_NS     (200 * NS_PER_MILLISECOND)
#define DEADLINE_NS (10 * NS_PER_SECOND)

struct sum {
	uint64_t cgroup, ended_ns, live_ns;
};

static void add_ended(void *context, uint64_t cgroup, const struct usage_sum *ended)
{
	struct sum *sum = context;

	sum->ended_ns += cgroup == sum->cgroup ? ended->counter[USAGE_cpu_ns] : 0;
}

static void begin(void *context)
{
	struct sum *sum = context;

	sum->live_ns = 0;
}

static uint64_t used_in(uint64_t cgroup, const struct usage_record *record)
{
	return record != NULL && record->cgroup == cgroup
		       ? record->value[USAGE_cpu_ns] - record->base[USAGE_cpu_ns]
		       : 0;
}

static void change_live(void *context, const struct usage_record *before, const struct usage_record *now)
{
	struct sum *sum = context;

	sum->live_ns += used_in(sum->cgroup, now) - used_in(sum->cgroup, before);
}

static void no_made(void *context, uint64_t cgroup, uint64_t parent, const char *path)
{
	(void)context, (void)cgroup, (void)parent, (void)path;
}

static void no_removed(void *context, uint64_t cgroup)
{
	(void)context, (void)cgroup;
}

static uint64_t time_of(struct usage_reader *usage, uint64_t cgroup)
{
	struct sum sum = { .cgroup = cgroup };
	const struct usage_visitor visitor = { &sum, add_ended, begin, change_live, no_made, no_removed };

	usage->from_nothing = true; /* each time for another cgroup */
	assert_int_equal(usage->read(usage, &visitor), 0);
	return sum.ended_ns + sum.live_ns;
}

static uint64_t make_group(const struct hierarchy *hierarchy, const char *name, char path[static 600])
{
	struct stat status;

	snprintf(path, 600, "%.500s/tanso-test-%d-%s", hierarchy->root, (int)getpid(), name);
	if (mkdir(path, 0755) < 0 || stat(path, &status) < 0)
		return 0;
	return status.st_ino;
}

static void enter(const char *group)
{
	char path[640], text[16];
	int size = snprintf(text, sizeof(text), "%d", (int)getpid());

	snprintf(path, sizeof(path), "%s/cgroup.procs", group);
	CLEANUP(closep) int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, (size_t)size) != size)
		_exit(2);
}

static int go_on[2];

static void *burn_then_wait(void *done_fd)
{
	struct timespec used;
	char c = 0;

	do
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
	while ((uint64_t)used.tv_sec * NS_PER_SECOND + (uint64_t)used.tv_nsec < BURN_NS);
	if (write(*(int *)done_fd, &c, 1) != 1 || read(go_on[0], &c, 1) != 1)
		_exit(2);
	return NULL;
}

/* A thread burns in `from`; its process goes to `to` and stays; the thread ends at once, or not at all. */
static void live(const char *from, const char *to, bool thread_ends)
{
	pthread_t thread;
	int done[2];
	char c;

	if (pipe(done) < 0 || pipe(go_on) < 0)
		_exit(2);
	enter(from);
	if (pthread_create(&thread, NULL, burn_then_wait, &done[1]) != 0 || read(done[0], &c, 1) != 1)
		_exit(2);
	enter(to);
	if (thread_ends && write(go_on[1], "", 1) != 1)
		_exit(2);
	if (thread_ends)
		pthread_join(thread, NULL);
	for (;;)
		pause();
}

/* `to` has the process, which has so many threads. */
static bool has_moved(pid_t child, const char *to, unsigned threads)
{
	char path[640], line[32] = "";
	struct stat status = { 0 };

	snprintf(path, sizeof(path), "%s/cgroup.procs", to);
	CLEANUP(fclosep) FILE *file = fopen(path, "re");
	if (file == NULL || fgets(line, sizeof(line), file) == NULL)
		return false;
	snprintf(path, sizeof(path), "/proc/%d/task", (int)child);
	return stat(path, &status) == 0 && status.st_nlink == 2 + threads; /* ., .. */
}

static void the_past_of_a_thread_stays_where_it_was(bool thread_ends)
{
	struct config config;
	struct hierarchy hierarchy;
	struct usage_reader *usage = NULL;
	char from[600], to[600];
	const char *step = "";
	bool is_new;

	config_defaults(&config);
	assert_int_equal(hierarchy_find(&config, &hierarchy), 0);
	assert_int_equal(usage_open_ebpf(&config, &hierarchy, false, &usage, &is_new, &step), 0);
	uint64_t from_id = make_group(&hierarchy, "from", from), to_id = make_group(&hierarchy, "to", to);
	assert_true(from_id != 0 && to_id != 0);
	pid_t child = fork();
	if (child == 0)
		live(from, to, thread_ends);
	assert_true(child > 0);
	/* No reading before it moved, nor before a thread that ends is gone: settled by reading it would be right in any case. */
	uint64_t total_ns = 0, end_ns = clock_mono_ns() + DEADLINE_NS;
	while (!has_moved(child, to, thread_ends ? 1 : 2))
		assert_true(clock_mono_ns() < end_ns);
	do /* freed after an RCU grace period */
		total_ns = time_of(usage, from_id) + time_of(usage, to_id);
	while (total_ns < BURN_NS && clock_mono_ns() < end_ns);
	uint64_t from_ns = time_of(usage, from_id), to_ns = time_of(usage, to_id);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	usage->free(usage);
	rmdir(from);
	rmdir(to);
	assert_true(from_ns >= BURN_NS);
	assert_true(to_ns < BURN_NS / 2);
}

static void a_thread_that_ends_right_after_its_process_moved_leaves_its_time_behind(void **state)
{
	(void)state;
	the_past_of_a_thread_stays_where_it_was(true);
}

static void a_thread_that_lives_on_where_its_process_went_leaves_its_time_behind(void **state)
{
	(void)state;
	the_past_of_a_thread_stays_where_it_was(false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thread_that_ends_right_after_its_process_moved_leaves_its_time_behind),
		cmocka_unit_test(a_thread_that_lives_on_where_its_process_went_leaves_its_time_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
