/* Every counter against real actions of a real process, over restarts and upgrades. Needs what test_usage_ebpf needs. */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "collector/usage_reader.h"
#include "tests/unit/collector/fake_fd_store.h"
#include "tests/unit/unit.h"

#define PAGE        4096
#define PAGES       1000
#define FILE_BYTES  (PAGES * PAGE)
#define DATAGRAMS   100
#define DATAGRAM    1000
#define SEGMENTS    100 /* each way */
#define BURN_NS     (300 * NS_PER_MILLISECOND)
#define DEADLINE_NS (10 * NS_PER_SECOND)
#define BURSTS      10
#define UPGRADES    5
#define SHORT_LIVES 40

struct world {
	struct config config;
	struct hierarchy hierarchy;
	struct usage_reader *usage;
	char group[600];
	uint64_t group_id;
	pid_t child;
	int orders, answers; /* pipes to and from the child */
	struct rusage spent; /* by the child, once it has ended */
	/* of the last reading */
	uint64_t sum[USAGE_COUNTER_COUNT], live[USAGE_COUNTER_COUNT], process[USAGE_COUNTER_COUNT];
	char comm[USAGE_COMM_MAX + 1], exe[USAGE_EXE_MAX + 1];
};

static void on_ended(void *context, uint64_t cgroup, const struct usage_sum *sum)
{
	struct world *world = context;

	for (int c = 0; c < USAGE_COUNTER_COUNT && cgroup == world->group_id; c++)
		world->sum[c] += sum->counter[c];
}

static void on_begin(void *context)
{
	struct world *world = context;

	memset(world->live, 0, sizeof(world->live));
	memset(world->process, 0, sizeof(world->process));
}

static void add(struct world *world, const struct usage_record *record, uint64_t sign)
{
	for (int c = 0; c < USAGE_COUNTER_COUNT && record->cgroup == world->group_id; c++)
		world->live[c] += sign * (record->value[c] - record->base[c]);
	for (int c = 0; c < USAGE_COUNTER_COUNT && (pid_t)record->tgid == world->child; c++)
		world->process[c] += sign * record->value[c];
}

static void on_thread(void *context, const struct usage_record *before, const struct usage_record *record)
{
	struct world *world = context;

	if (before != NULL)
		add(world, before, UINT64_MAX);
	if (record == NULL)
		return;
	add(world, record, 1);
	if (record->tid != record->tgid || (pid_t)record->tgid != world->child)
		return;
	memcpy(world->comm, record->comm, USAGE_COMM_MAX);
	memcpy(world->exe, record->exe, USAGE_EXE_MAX);
}

static void on_made(void *context, uint64_t cgroup, uint64_t parent, const char *path)
{
	(void)context, (void)cgroup, (void)parent, (void)path;
}

static void on_removed(void *context, uint64_t cgroup)
{
	(void)context, (void)cgroup;
}

static void read_usage(struct world *world)
{
	const struct usage_visitor visitor = { world, on_ended, on_begin, on_thread, on_made, on_removed };

	memset(world->sum, 0, sizeof(world->sum));
	assert_int_equal(world->usage->read(world->usage, &visitor), 0);
	for (int c = 0; c < USAGE_COUNTER_COUNT; c++)
		world->sum[c] += world->live[c];
}

static bool counts(const struct world *world, enum usage_counter counter)
{
	return world->usage->counters >> counter & 1;
}

static int open_usage(struct world *world, bool *ret_is_new)
{
	const char *step;

	return usage_open_ebpf(&world->config, &world->hierarchy, true, &world->usage, ret_is_new, &step);
}

static void restart(struct world *world)
{
	bool is_new = true;

	world->usage->free(world->usage);
	world->usage = NULL;
	fd_store_restart();
	assert_int_equal(open_usage(world, &is_new), 0);
	assert_false(is_new);
}

/* What the child does when it gets an order */

static void touch_memory(void)
{
	unsigned char *pages =
		mmap(NULL, FILE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	madvise(pages, FILE_BYTES, MADV_NOHUGEPAGE);
	for (size_t i = 0; i < PAGES; i++)
		pages[i * PAGE] = 1;
	munmap(pages, FILE_BYTES);
}

static void use_file(void)
{
	static char page[PAGE];
	char path[] = "/var/tmp/tanso-test-XXXXXX";
	int fd = mkstemp(path);

	unlink(path);
	for (size_t i = 0; i < PAGES; i++)
		if (write(fd, page, PAGE) != PAGE)
			_exit(3);
	if (fsync(fd) < 0 || posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) != 0)
		_exit(3);
	volatile const char *mapped = mmap(NULL, FILE_BYTES, PROT_READ, MAP_SHARED, fd, 0);
	(void)mapped[FILE_BYTES / 2]; /* from the disk: a major fault */
	for (off_t i = 0; i < PAGES; i++)
		if (pread(fd, page, PAGE, i * PAGE) != PAGE)
			_exit(3);
	close(fd);
}

static void talk_to_oneself(void)
{
	char datagram[DATAGRAM] = "";
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_DGRAM, 0), local[2];

	if (bind(fd, (struct sockaddr *)&address, size) < 0 ||
		getsockname(fd, (struct sockaddr *)&address, &size) < 0 ||
		connect(fd, (struct sockaddr *)&address, size) < 0 ||
		socketpair(AF_UNIX, SOCK_DGRAM, 0, local) < 0)
		_exit(4);
	for (int i = 0; i < DATAGRAMS;
		i++) /* what is only looked at, or goes to a local socket, is no traffic */
		if (send(fd, datagram, DATAGRAM, 0) != DATAGRAM ||
			recv(fd, datagram, DATAGRAM, MSG_PEEK) != DATAGRAM ||
			recv(fd, datagram, DATAGRAM, 0) != DATAGRAM ||
			send(local[0], datagram, DATAGRAM, 0) != DATAGRAM ||
			recv(local[1], datagram, DATAGRAM, 0) != DATAGRAM)
			_exit(4);
	close(fd);
	close(local[0]);
	close(local[1]);
}

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

static void *talk_in_thread(void *nothing)
{
	talk_to_oneself();
	return nothing;
}

static void talk_in_threads(void)
{
	pthread_t thread;

	for (int i = 0; i < 3; i++)
		if (pthread_create(&thread, NULL, talk_in_thread, NULL) != 0 ||
			pthread_join(thread, NULL) != 0)
			_exit(5);
}

/* Question and answer over TCP with oneself: a segment each, and acknowledgements. */
static void talk_over_tcp(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM, 0), fd = socket(AF_INET, SOCK_STREAM, 0), peer;
	char byte = 'x';

	if (bind(listener, (struct sockaddr *)&address, size) < 0 || listen(listener, 1) < 0 ||
		getsockname(listener, (struct sockaddr *)&address, &size) < 0 ||
		connect(fd, (struct sockaddr *)&address, size) < 0 ||
		(peer = accept(listener, NULL, NULL)) < 0)
		_exit(7);
	for (int i = 0; i < SEGMENTS; i++)
		if (send(fd, &byte, 1, 0) != 1 || recv(peer, &byte, 1, 0) != 1 ||
			send(peer, &byte, 1, 0) != 1 || recv(fd, &byte, 1, 0) != 1)
			_exit(7);
	close(fd);
	close(peer);
	close(listener);
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

static void obey(int orders, int answers)
{
	char order;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (read(orders, &order, 1) == 1) {
		if (order == 'm')
			touch_memory();
		else if (order == 'f')
			use_file();
		else if (order == 'n')
			talk_to_oneself();
		else if (order == 'p')
			talk_over_tcp();
		else if (order == 't')
			talk_in_threads();
		else if (order == 's')
			live_shortly();
		else if (order == 'b')
			burn();
		if (write(answers, &order, 1) != 1)
			break;
	}
	_exit(0);
}

static void order(struct world *world, char what)
{
	assert_int_equal(write(world->orders, &what, 1), 1);
}

static void wait_for_answer(struct world *world)
{
	char answer;

	assert_int_equal(read(world->answers, &answer, 1), 1);
}

static void let(struct world *world, char what)
{
	order(world, what);
	wait_for_answer(world);
}

static void move_into(const char *group, pid_t pid)
{
	char path[640], text[16];
	int size = snprintf(text, sizeof(text), "%d", (int)pid);

	snprintf(path, sizeof(path), "%s/cgroup.procs", group);
	CLEANUP(closep) int fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, (size_t)size), size);
}

static void start_child(struct world *world)
{
	int orders[2], answers[2];

	assert_true(pipe(orders) == 0 && pipe(answers) == 0);
	world->child = fork();
	assert_true(world->child >= 0);
	if (world->child == 0) {
		close(orders[1]);
		close(answers[0]);
		obey(orders[0], answers[1]);
	}
	close(orders[0]);
	close(answers[1]);
	world->orders = orders[1];
	world->answers = answers[0];
	move_into(world->group, world->child);
}

static void end_child(struct world *world)
{
	if (world->child == 0)
		return;
	close(world->orders);
	close(world->answers);
	wait4(world->child, NULL, 0, &world->spent);
	world->child = 0;
}

static int set_up_with(void **state, const char *pmu)
{
	static int number;
	struct world *world = calloc(1, sizeof(*world));
	struct stat status;
	bool is_new;

	assert_non_null(world);
	*state = world;
	fd_store_clear();
	config_defaults(&world->config);
	snprintf(world->config.pmu_cycles, sizeof(world->config.pmu_cycles), "%s", pmu);
	if (hierarchy_find(&world->config, &world->hierarchy) < 0 || open_usage(world, &is_new) < 0)
		return 0;
	snprintf(world->group, sizeof(world->group), "%.500s/tanso-test-%d-%d", world->hierarchy.root,
		(int)getpid(), number++);
	assert_int_equal(mkdir(world->group, 0755), 0);
	assert_int_equal(stat(world->group, &status), 0);
	world->group_id = status.st_ino;
	start_child(world);
	return 0;
}

static int set_up(void **state)
{
	return set_up_with(state, "off");
}

static int set_up_clock(void **state)
{
	return set_up_with(state, "cpu-clock");
}

static int tear_down(void **state)
{
	struct world *world = *state;

	end_child(world);
	while (world->group_id != 0 && rmdir(world->group) < 0 && errno == EBUSY)
		;
	if (world->usage != NULL)
		world->usage->free(world->usage);
	fd_store_clear();
	free(world);
	return 0;
}

/* Until `at_least` has reached the cgroup's sums: a thread is folded when it is freed, after an RCU grace period. */
static void read_until(struct world *world, enum usage_counter counter, uint64_t at_least)
{
	uint64_t end_ns = clock_mono_ns() + DEADLINE_NS;

	do
		read_usage(world);
	while (world->sum[counter] < at_least && clock_mono_ns() < end_ns);
}

static double reported(struct world *world, const char *name, const char *labels)
{
	static struct stats stats;

	world->usage->report(world->usage, &stats);
	return *stats_entry(&stats, STAT_COUNTER, name, labels);
}

static double unstored(struct world *world)
{
	return reported(world, "threads_unstored_total", "");
}

static void assert_not_less(const uint64_t *now, const uint64_t *before)
{
	for (int c = 0; c < USAGE_COUNTER_COUNT; c++)
		assert_true(now[c] >= before[c]);
}

static void faults_and_switches_are_those_of_the_process(void **state)
{
	struct world *world = *state;

	if (world->usage == NULL)
		skip();
	let(world, '-');
	read_usage(world);
	uint64_t faults = world->sum[USAGE_minor_faults], switches = world->sum[USAGE_switches];
	let(world, 'm');
	for (int i = 0; i < 10; i++)
		let(world, '-');
	read_usage(world);
	assert_in_range(world->sum[USAGE_minor_faults] - faults, PAGES, 2 * PAGES);
	assert_in_range(world->sum[USAGE_switches] - switches, 10, 200);
}

static void a_file_that_is_written_and_read_shows_in_the_page_cache_and_on_the_disk(void **state)
{
	struct world *world = *state;

	if (world->usage == NULL)
		skip();
	let(world, 'f');
	read_usage(world);
	if (counts(world, USAGE_cache_adds))
		assert_in_range(world->sum[USAGE_cache_adds], PAGES, 4 * PAGES);
	if (counts(world, USAGE_cache_dirtied))
		assert_in_range(world->sum[USAGE_cache_dirtied], PAGES, 2 * PAGES);
	if (counts(world, USAGE_write_bytes))
		assert_in_range(world->sum[USAGE_write_bytes], FILE_BYTES, 2 * FILE_BYTES);
	if (world->sum[USAGE_read_bytes] == 0)
		skip(); /* /var/tmp is no disk here */
	assert_in_range(world->sum[USAGE_read_bytes], FILE_BYTES, 2 * FILE_BYTES);
	assert_true(world->sum[USAGE_major_faults] >= 1);
	if (counts(world, USAGE_io_ops))
		assert_in_range(world->sum[USAGE_io_ops], 2, 2 * PAGES);
}

static void network_bytes_are_counted_to_the_byte_and_local_sockets_are_not(void **state)
{
	struct world *world = *state;

	if (world->usage == NULL || !counts(world, USAGE_tx_bytes) || !counts(world, USAGE_rx_bytes))
		skip();
	let(world, 'n');
	read_usage(world);
	assert_int_equal(world->sum[USAGE_tx_bytes], DATAGRAMS * DATAGRAM);
	assert_int_equal(world->sum[USAGE_rx_bytes], DATAGRAMS * DATAGRAM);
	assert_int_equal(world->sum[USAGE_tx_packets], DATAGRAMS);
	assert_int_equal(world->sum[USAGE_rx_packets], DATAGRAMS);
	let(world, 'p');
	read_usage(world);
	uint64_t sent = world->sum[USAGE_tx_packets] - DATAGRAMS,
		 received = world->sum[USAGE_rx_packets] - DATAGRAMS;
	assert_in_range(sent, 2 * SEGMENTS, 5 * SEGMENTS);
	assert_in_range(received + 5, sent, sent + 10); /* both ends are ours */
	if (counts(world, USAGE_softirq_ns))            /* loopback receives in a softirq of the sender */
		assert_in_range(world->sum[USAGE_softirq_ns], 1, world->sum[USAGE_cpu_ns]);
}

static void a_process_keeps_what_its_ended_threads_counted(void **state)
{
	struct world *world = *state;

	if (world->usage == NULL || !counts(world, USAGE_tx_bytes))
		skip();
	let(world, 't');
	read_until(world, USAGE_tx_bytes, 3 * DATAGRAMS * DATAGRAM);
	assert_int_equal(world->sum[USAGE_tx_bytes], 3 * DATAGRAMS * DATAGRAM);
	if (unstored(world) ==
		0) /* else the kernel had no memory for a thread: it paid to its cgroup alone */
		assert_int_equal(world->process[USAGE_tx_bytes], 3 * DATAGRAMS * DATAGRAM);
	assert_true(world->process[USAGE_minor_faults] > 0);
	assert_string_equal(world->exe, "test_usage_counters");
	assert_string_equal(world->comm, "test_usage_coun");
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

	if (world->usage == NULL)
		skip();
	let(world, 'm');
	let(world, 'f');
	let(world, 'n');
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

	if (world->usage == NULL || !counts(world, USAGE_tx_bytes))
		skip();
	const bool has_list = fd_store_peek("link-1-read_list") >= 0;
	for (int i = 0; i < UPGRADES; i++) {
		order(world, 's');
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

/* How far the clock is from the CPU time of a burst, in 1/1000. A reading in its midst must know half of it already. */
static int64_t burst_difference(struct world *world)
{
	read_usage(world);
	uint64_t clock = world->sum[USAGE_cycles], cpu_ns = world->sum[USAGE_cpu_ns];
	uint64_t end_ns = clock_mono_ns() + DEADLINE_NS;
	order(world, 'b');
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

	if (world->usage == NULL || !counts(world, USAGE_cycles))
		skip();
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

/* What the kernel would say; read at the first reading after a restart. */
static void plug(struct world *world, const char *online)
{
	char path[CONFIG_TEXT_MAX + 64];
	int size = snprintf(path, sizeof(path), "%s/devices/system/cpu/online", world->config.sysfs_root);

	assert_true(size > 0);
	CLEANUP(closep) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, online, strlen(online)), (ssize_t)strlen(online));
	restart(world);
	read_usage(world);
}

static uint64_t clock_of_a_burst(struct world *world)
{
	read_usage(world);
	uint64_t before = world->sum[USAGE_cycles];
	let(world, 'b');
	read_usage(world);
	return world->sum[USAGE_cycles] - before;
}

/* A CPU that goes takes its counters along, one that comes back brings new ones: nothing of before is counted again. */
static void counters_of_cpus_come_and_go_with_them(void **state)
{
	struct world *world = *state;
	cpu_set_t first;

	if (world->usage == NULL || !counts(world, USAGE_cycles) || sysconf(_SC_NPROCESSORS_ONLN) < 2)
		skip();
	CPU_ZERO(&first);
	CPU_SET(0, &first);
	if (sched_setaffinity(world->child, sizeof(first), &first) < 0)
		skip(); /* not ours to use */
	snprintf(world->config.sysfs_root, sizeof(world->config.sysfs_root), "/tmp/tanso-test-cpus-%d",
		(int)getpid());
	char path[CONFIG_TEXT_MAX + 64], *at = path;
	snprintf(path, sizeof(path), "%s/devices/system/cpu/", world->config.sysfs_root);
	while ((at = strchr(at + 1, '/')) != NULL) {
		*at = '\0';
		assert_true(mkdir(path, 0755) == 0 || errno == EEXIST);
		*at = '/';
	}
	for (int i = 0; i < 2; i++) {
		plug(world, "0-1\n");
		assert_in_range(clock_of_a_burst(world), BURN_NS / 10 * 9, DEADLINE_NS);
		plug(world, "1\n");
		assert_in_range(clock_of_a_burst(world), 0, BURN_NS / 10);
	}
	strcat(path, "online");
	unlink(path);
	for (int depth = 0; depth < 4 && (at = strrchr(path, '/')) != NULL; depth++) {
		*at = '\0';
		rmdir(path);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
		TEST(faults_and_switches_are_those_of_the_process),
		TEST(a_file_that_is_written_and_read_shows_in_the_page_cache_and_on_the_disk),
		TEST(network_bytes_are_counted_to_the_byte_and_local_sockets_are_not),
		TEST(a_process_keeps_what_its_ended_threads_counted),
		TEST(what_was_counted_survives_a_restart_and_the_processes_end),
		TEST(an_upgrade_neither_misses_nor_repeats_anything),
		cmocka_unit_test_setup_teardown(
			a_clock_counted_as_a_hardware_counter_agrees_with_cpu_time, set_up_clock, tear_down),
		cmocka_unit_test_setup_teardown(
			counters_of_cpus_come_and_go_with_them, set_up_clock, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
