#include "tests/unit/collector/usage_world.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "tests/unit/collector/fake_fd_store.h"

/* what a reading says */

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
	world->resident = record->resident;
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

void read_usage(struct world *world)
{
	const struct usage_visitor visitor = { world, on_ended, on_begin, on_thread, on_made, on_removed };

	memset(world->sum, 0, sizeof(world->sum));
	assert_int_equal(world->usage->read(world->usage, &visitor), 0);
	for (int c = 0; c < USAGE_COUNTER_COUNT; c++)
		world->sum[c] += world->live[c];
}

void read_until(struct world *world, enum usage_counter counter, uint64_t at_least)
{
	uint64_t end_ns = clock_mono_ns() + DEADLINE_NS;

	do
		read_usage(world);
	while (world->sum[counter] < at_least && clock_mono_ns() < end_ns);
}

bool counts(const struct world *world, enum usage_counter counter)
{
	return world->usage->counters >> counter & 1;
}

double reported(struct world *world, const char *name, const char *labels)
{
	static struct stats stats;

	world->usage->report(world->usage, &stats);
	return *stats_entry(&stats, STAT_COUNTER, name, labels);
}

void assert_not_less(const uint64_t *now, const uint64_t *before)
{
	for (int c = 0; c < USAGE_COUNTER_COUNT; c++)
		assert_true(now[c] >= before[c]);
}

static void open_usage(struct world *world, bool is_new_wanted)
{
	const char *step = "";
	bool is_new = !is_new_wanted;
	int r = usage_open_ebpf(&world->config, &world->hierarchy, true, &world->usage, &is_new, &step);

	if (r < 0)
		fail_msg("cannot %s: %s (this test needs root and BTF)", step, strerror(-r));
	assert_int_equal(is_new, is_new_wanted);
}

void restart(struct world *world)
{
	world->usage->free(world->usage);
	world->usage = NULL;
	fd_store_restart();
	open_usage(world, false);
}

void world_begin_anew(struct world *world)
{
	world->usage->free(world->usage);
	world->usage = NULL;
	fd_store_clear();
	open_usage(world, true);
}

/* the child */

void do_nothing(void)
{
}

void talk_to_oneself(void)
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

static void obey(int orders, int answers)
{
	order_fn *what; /* the child is a copy of us: what stands where is the same in both */

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (read(orders, &what, sizeof(what)) == sizeof(what)) {
		what();
		if (write(answers, "", 1) != 1)
			break;
	}
	_exit(0);
}

void order(struct world *world, order_fn *what)
{
	assert_int_equal(write(world->orders, &what, sizeof(what)), sizeof(what));
}

void wait_for_answer(struct world *world)
{
	char answer;

	assert_int_equal(read(world->answers, &answer, 1), 1);
}

void let(struct world *world, order_fn *what)
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

void end_child(struct world *world)
{
	if (world->child == 0)
		return;
	close(world->orders);
	close(world->answers);
	wait4(world->child, NULL, 0, &world->spent);
	world->child = 0;
}

/* cmocka's */

static int set_up_with(void **state, const char *pmu)
{
	static int number;
	struct world *world = calloc(1, sizeof(*world));
	struct stat status;

	assert_non_null(world);
	*state = world;
	fd_store_clear();
	config_defaults(&world->config);
	snprintf(world->config.pmu_cycles, sizeof(world->config.pmu_cycles), "%s", pmu);
	assert_int_equal(hierarchy_find(&world->config, &world->hierarchy), 0);
	open_usage(world, true);
	snprintf(world->group, sizeof(world->group), "%.500s/tanso-test-%d-%d", world->hierarchy.root,
		(int)getpid(), number++);
	assert_int_equal(mkdir(world->group, 0755), 0);
	assert_int_equal(stat(world->group, &status), 0);
	world->group_id = status.st_ino;
	start_child(world);
	return 0;
}

int world_set_up(void **state)
{
	return set_up_with(state, "off");
}

int world_set_up_clock(void **state)
{
	return set_up_with(state, "cpu-clock");
}

int world_tear_down(void **state)
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
