/* What threads and ended processes counted is kept, over restarts and upgrades of the collector too. */
#include <bpf/bpf.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/collector/fake_fd_store.h"
#include "tests/unit/collector/kernel_version.h"
#include "tests/unit/collector/usage_world.h"

#define UPGRADES    5
#define SHORT_LIVES 40
#define THREADS     3
#define PAGES       100
#define BURN_NS     (100 * NS_PER_MILLISECOND)

static void *talk_in_thread(void *nothing)
{
	talk_to_oneself();
	return nothing;
}

static void talk_in_threads(void)
{
	pthread_t thread;

	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&thread, NULL, talk_in_thread, NULL) != 0 ||
			pthread_join(thread, NULL) != 0)
			_exit(5);
}

static void live_shortly(void)
{
	for (int i = 0; i < SHORT_LIVES; i++) {
		int status = 0;
		pid_t pid = fork();
		if (pid == 0) {
			talk_to_oneself();
			_exit(0);
		}
		if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
			_exit(6);
	}
}

static void use_memory_and_file(void)
{
	char path[] = "/var/tmp/tanso-test-XXXXXX", *pages = calloc(PAGES, PAGE);
	int fd = mkstemp(path);

	unlink(path);
	if (pages == NULL || write(fd, pages, PAGES * PAGE) != PAGES * PAGE || fsync(fd) < 0)
		_exit(3);
	close(fd);
	free(pages);
}

static double unstored(struct world *world)
{
	return reported(world, "threads_unstored_total", "");
}

static void a_process_keeps_what_its_ended_threads_counted(void **state)
{
	struct world *world = *state;

	if (kernel_is_before(6, 3))
		skip();
	assert_true(counts(world, USAGE_tx_bytes));
	let(world, talk_in_threads);
	read_until(world, USAGE_tx_bytes, THREADS * DATAGRAMS * DATAGRAM);
	assert_int_equal(world->sum[USAGE_tx_bytes], THREADS * DATAGRAMS * DATAGRAM);
	if (unstored(world) ==
		0) /* else the kernel had no memory for a thread: it paid to its cgroup alone */
		assert_int_equal(world->process[USAGE_tx_bytes], THREADS * DATAGRAMS * DATAGRAM);
	assert_true(world->process[USAGE_minor_faults] > 0);
	assert_string_equal(world->exe, "test_usage_lives");
	assert_string_equal(world->comm, "test_usage_live");
}

/* Once everything of the child is folded, which the kernel does some time after its end. */
static bool a_restart_changes_nothing(struct world *world)
{
	uint64_t before[USAGE_COUNTER_COUNT];

	read_usage(world);
	memcpy(before, world->sum, sizeof(before));
	restart(world);
	read_usage(world);
	assert_not_less(world->sum, before);
	return memcmp(world->sum, before, sizeof(before)) == 0;
}

static uint64_t spent_ns(const struct world *world)
{
	const struct timeval *user = &world->spent.ru_utime, *system = &world->spent.ru_stime;

	return (uint64_t)(user->tv_sec + system->tv_sec) * NS_PER_SECOND +
	       (uint64_t)(user->tv_usec + system->tv_usec) * 1000;
}

static void what_was_counted_survives_a_restart_and_the_processes_end(void **state)
{
	struct world *world = *state;
	uint64_t before[USAGE_COUNTER_COUNT];

	let(world, use_memory_and_file);
	let(world, talk_to_oneself);
	read_usage(world);
	memcpy(before, world->sum, sizeof(before));
	restart(world);
	read_usage(world);
	assert_not_less(world->sum, before);
	memcpy(before, world->sum, sizeof(before));
	end_child(world);
	for (uint64_t end_ns = clock_mono_ns() + DEADLINE_NS; !a_restart_changes_nothing(world);)
		assert_true(clock_mono_ns() < end_ns);
	assert_not_less(world->sum, before);
	assert_in_range(world->sum[USAGE_cpu_ns], before[USAGE_cpu_ns], spent_ns(world) + NS_PER_MILLISECOND);
	assert_in_range(world->sum[USAGE_minor_faults], 1, (uintmax_t)world->spent.ru_minflt);
}

static void be_another_build(void)
{
	struct usage_layout layout;
	const uint32_t zero = 0;
	int fd = fd_store_peek("map-layout");

	assert_int_equal(bpf_map_lookup_elem(fd, &zero, &layout), 0);
	layout.build++;
	assert_int_equal(bpf_map_update_elem(fd, &zero, &layout, BPF_ANY), 0);
}

static void an_upgrade_neither_misses_nor_repeats_anything(void **state)
{
	struct world *world = *state;
	const uint64_t expected = (uint64_t)UPGRADES * SHORT_LIVES * DATAGRAMS * DATAGRAM;

	if (kernel_is_before(6, 3))
		skip();
	assert_true(counts(world, USAGE_tx_bytes));
	const bool has_list = fd_store_peek("link-1-read_list") >= 0;
	for (int i = 0; i < UPGRADES; i++) {
		order(world, live_shortly);
		be_another_build();
		restart(world); /* while it goes on */
		assert_true(counts(world, USAGE_tx_bytes));
		wait_for_answer(world);
	}
	read_until(world, USAGE_tx_bytes, expected);
	assert_int_equal(world->sum[USAGE_tx_bytes], expected);
	assert_int_equal(fd_store_peek("link-1-on_free"), -1);
	assert_true(fd_store_peek("link-6-on_free") >= 0);
	assert_int_equal(fd_store_peek("link-6-read_list") >= 0, has_list);
	assert_true(reported(world, "probe_attached", "probe=\"read_list\"") == has_list);
}

/* A cgroup below the child's, as libvirt makes them for the threads of a machine's CPUs. Shared: the child is older. */
static char *threaded;

static void write_threaded(const char *file, const char *text)
{
	char path[PAGE + 32];

	snprintf(path, sizeof(path), "%s/%s", threaded, file);
	FILE *out = fopen(path, "we");
	if (out == NULL || fputs(text, out) < 0 || fclose(out) != 0)
		_exit(7);
}

static void *burn_in_threaded(void *nothing)
{
	struct timespec used;
	char tid[16];

	snprintf(tid, sizeof(tid), "%d", (int)gettid());
	write_threaded("cgroup.threads", tid);
	do
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
	while ((uint64_t)used.tv_sec * NS_PER_SECOND + (uint64_t)used.tv_nsec < BURN_NS);
	return nothing;
}

static void burn_in_a_threaded_cgroup(void)
{
	pthread_t thread;

	write_threaded("cgroup.type", "threaded");
	if (pthread_create(&thread, NULL, burn_in_threaded, NULL) != 0 || pthread_join(thread, NULL) != 0)
		_exit(7);
}

static int set_up_threaded(void **state)
{
	threaded = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return threaded == MAP_FAILED ? -1 : world_set_up(state);
}

static void threads_in_threaded_cgroups_are_their_processs_cgroups(void **state)
{
	struct world *world = *state;

	if (world->hierarchy.is_v1)
		skip();
	snprintf(threaded, PAGE, "%s/vcpu0", world->group);
	assert_int_equal(mkdir(threaded, 0755), 0);
	let(world, burn_in_a_threaded_cgroup);
	read_until(world, USAGE_cpu_ns, BURN_NS);
	rmdir(threaded);
	assert_true(world->sum[USAGE_cpu_ns] >= BURN_NS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_process_keeps_what_its_ended_threads_counted, world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(what_was_counted_survives_a_restart_and_the_processes_end,
			world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(
			an_upgrade_neither_misses_nor_repeats_anything, world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(threads_in_threaded_cgroups_are_their_processs_cgroups,
			set_up_threaded, world_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
