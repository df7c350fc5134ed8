/* Cost of one reading of CPU time over N sleeping processes: the eBPF iterator beside /proc/<pid>/stat. Needs root. */
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "bench/measure.h"
#include "collector/usage/reader.h"

#define TASKS_MAX 5000

static pid_t children[TASKS_MAX];
static struct usage_reader *reader;

static void on_ended(void *context, uint64_t cgroup, const struct usage_sum *sum)
{
	(void)context, (void)cgroup, (void)sum;
}

static void on_begin(void *context)
{
	(void)context;
}

static void on_thread(void *context, const struct usage_record *before, const struct usage_record *now)
{
	(void)context, (void)before, (void)now;
}

static void on_made(void *context, uint64_t cgroup, uint64_t parent, const char *path)
{
	(void)context, (void)cgroup, (void)parent, (void)path;
}

static void on_removed(void *context, uint64_t cgroup)
{
	(void)context, (void)cgroup;
}

static void read_once(void *context)
{
	const struct usage_visitor visitor = { NULL, on_ended, on_begin, on_thread, on_made, on_removed };

	(void)context;
	if (reader->read(reader, &visitor) < 0)
		exit(EXIT_FAILURE);
}

static double cost_ms(void)
{
	return measure_ns(read_once, NULL) / 1e6;
}

static void sleep_forever(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		pause();
}

static void spawn_up_to(size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		children[i] = fork();
		if (children[i] == 0)
			sleep_forever();
	}
}

static void compare(const struct config *config, const struct hierarchy *hierarchy, size_t tasks)
{
	struct usage_reader *readers[2];
	const char *step;
	double costs[2];
	bool is_new;
	char what[64];

	if (usage_open_ebpf(config, hierarchy, false, &readers[0], &is_new, &step) < 0 ||
		usage_open_procfs(config, hierarchy, &readers[1]) < 0) {
		fprintf(stderr, "bench_read: cannot open the counters (root and BTF are needed)\n");
		exit(EXIT_FAILURE);
	}
	for (int i = 0; i < 2; i++) {
		reader = readers[i];
		costs[i] = cost_ms();
		reader->free(reader);
	}
	snprintf(what, sizeof(what), "one reading, %zu processes", tasks);
	report(what, costs[0], "ms", "/proc/<pid>/stat of the same", costs[1]);
}

int main(void)
{
	static const size_t sizes[] = { 1000, TASKS_MAX };
	struct config config;
	struct hierarchy hierarchy;
	size_t spawned = 0;

	config_defaults(&config);
	if (hierarchy_find(&config, &hierarchy) < 0)
		return EXIT_FAILURE;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		spawn_up_to(spawned, sizes[i]);
		spawned = sizes[i];
		compare(&config, &hierarchy, spawned);
	}
	for (size_t i = 0; i < spawned; i++)
		kill(children[i], SIGKILL);
	while (wait(NULL) > 0)
		;
	return EXIT_SUCCESS;
}
