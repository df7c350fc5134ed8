/* Links between two processes: this binary starts itself (nng does not survive a fork without exec). */
#include "tests/unit/ipc/link_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include "base/cleanup.h"

extern char **environ;

struct child {
	pid_t pid;
	int to, from; /* its stdin and stdout */
};

static struct child spawn(const char *mode, const char *dir)
{
	char *const arguments[] = { (char *)(uintptr_t) "test_link_processes", (char *)(uintptr_t)mode,
		(char *)(uintptr_t)dir, NULL };
	posix_spawn_file_actions_t actions;
	int to[2], from[2];
	struct child child;

	assert_int_equal(pipe2(to, O_CLOEXEC), 0);
	assert_int_equal(pipe2(from, O_CLOEXEC), 0);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, to[0], 0);
	posix_spawn_file_actions_adddup2(&actions, from[1], 1);
	assert_int_equal(posix_spawn(&child.pid, "/proc/self/exe", &actions, NULL, arguments, environ), 0);
	posix_spawn_file_actions_destroy(&actions);
	close(to[0]);
	close(from[1]);
	child.to = to[1];
	child.from = from[0];
	return child;
}

/* Waits for the child's word that it is as far. */
static void hear(struct child *child)
{
	struct pollfd wait = { .fd = child->from, .events = POLLIN };
	char byte;

	if (poll(&wait, 1, PATIENCE_MS) != 1 || read(child->from, &byte, 1) != 1)
		fail_msg("the child process says nothing");
}

static void tell(struct child *child)
{
	assert_true(write(child->to, "x", 1) == 1);
}

static int end(struct child *child, int signal_number)
{
	int status;

	if (signal_number != 0)
		kill(child->pid, signal_number);
	close(child->to);
	assert_true(waitpid(child->pid, &status, 0) == child->pid);
	close(child->from);
	return status;
}

/* in the child */

static void say(void)
{
	if (write(1, "x", 1) != 1)
		_exit(3);
}

/* False when the parent closed our stdin. */
static bool listen_to_parent(void)
{
	char byte;

	return read(0, &byte, 1) == 1;
}

static int act_producer(const char *dir)
{
	struct link *link = dial(dir, STAGE_ESTIMATOR, STAGE_COLLECTOR);

	for (uint64_t seq = 1; seq <= 20; seq++)
		if (send_tick(link, seq, seq) < 0)
			return 1;
	if (send_topology(link, 20, 4000) < 0)
		return 1;
	say();
	while (listen_to_parent())
		;
	link_free(link);
	return 0;
}

/* Another user dials, and sends as soon as it is connected. */
static int act_stranger(const char *dir)
{
	struct link *link;

	if (setgroups(0, NULL) < 0 || setresgid(65534, 65534, 65534) < 0 ||
		setresuid(65534, 65534, 65534) < 0 ||
		link_dial(&link, dir, STAGE_ESTIMATOR, STAGE_COLLECTOR, NULL, NULL) < 0)
		return 1;
	serve(link);
	for (int i = 0; i < 3; i++)
		send_tick(link, 1, 666);
	say();
	while (listen_to_parent())
		;
	if (!link_is_connected(link))
		return 1;
	link_free(link);
	return 0;
}

/* Listens, but serves its link only from the parent's word on. */
static int act_consumer(const char *dir)
{
	struct seen seen = { 0 };
	struct link *link;

	if (link_listen(&link, dir, STAGE_ESTIMATOR, STAGE_COLLECTOR, note_frame, &seen) < 0)
		return 1;
	say();
	if (!listen_to_parent())
		return 0;
	for (;;)
		serve(link);
}

/* in the parent */

static int open_dir(void **state)
{
	static char dir[40];

	strcpy(dir, "/tmp/tanso-link-XXXXXX");
	assert_non_null(mkdtemp(dir));
	*state = dir;
	return 0;
}

static int close_dir(void **state)
{
	char path[96];

	snprintf(path, sizeof(path), "%s/estimator/collector.ipc", (char *)*state);
	unlink(path); /* a killed consumer's */
	snprintf(path, sizeof(path), "%s/estimator", (char *)*state);
	rmdir(path);
	return rmdir(*state);
}

static struct link *consumer(const char *dir, struct seen *seen, struct stats *stats)
{
	struct link *link;

	assert_int_equal(link_listen(&link, dir, STAGE_ESTIMATOR, STAGE_COLLECTOR, note_frame, seen), 0);
	link_count_in(link, stats);
	return link;
}

static void frames_cross_whole_and_in_order(void **state)
{
	struct seen seen = { 0 };
	struct stats stats = { 0 };
	struct link *link = consumer(*state, &seen, &stats);
	struct child child = spawn("producer", *state);

	serve_until(link, seen.frames == 20);
	assert_true(seen.sum == 210 && seen.parts == 20);
	serve_until(link, seen.frames == 21);
	assert_int_equal(seen.rows, 4000);
	assert_true(seen.parts > 23); /* 4 MB of paths do not fit three parts */
	assert_true(seen.sum == 210 + 4000 * 4001 / 2);
	assert_true(counted(&stats, "frames_in_total", "collector") == 21);
	assert_true(counted(&stats, "frames_malformed_total", "collector") == 0);
	assert_true(counted(&stats, "frame_gaps_total", "collector") == 0);
	hear(&child);
	assert_int_equal(end(&child, 0), 0);
	link_free(link);
}

static void what_a_killed_producer_had_sent_is_still_taken(void **state)
{
	struct seen seen = { 0 };
	struct stats stats = { 0 };
	struct link *link = consumer(*state, &seen, &stats);
	struct child child = spawn("producer", *state);

	serve_until(link, seen.frames == 21); /* all is there: only the child is not gone yet */
	hear(&child);
	end(&child, SIGKILL);
	child = spawn("producer", *state);
	serve_until(link, seen.frames == 42);
	assert_int_equal(seen.rows, 8000);
	assert_true(counted(&stats, "frames_malformed_total", "collector") == 0);
	end(&child, SIGKILL);
	link_free(link);
}

static void a_stranger_is_refused_and_counted(void **state)
{
	const char *dir = *state;
	struct seen seen = { 0 };
	struct stats stats = { 0 };
	char path[96];

	if (geteuid() != 0) {
		print_message("not root: cannot become somebody else\n");
		skip();
	}
	struct link *link = consumer(dir, &seen, &stats);
	/* open every door, so that only the uid is between them */
	assert_int_equal(chmod(dir, 0755), 0);
	snprintf(path, sizeof(path), "%s/estimator", dir);
	assert_int_equal(chmod(path, 0755), 0);
	snprintf(path, sizeof(path), "%s/estimator/collector.ipc", dir);
	assert_int_equal(chmod(path, 0666), 0);
	struct child stranger = spawn("stranger", dir);
	hear(&stranger);
	struct link *ours = dial(dir, STAGE_ESTIMATOR, STAGE_COLLECTOR);
	assert_int_equal(send_tick(ours, 1, 1), 0);
	serve_until(link, seen.frames == 1);
	assert_true(seen.sum == 1);
	assert_true(counted(&stats, "peers_refused_total", "collector") == 1);
	assert_int_equal(end(&stranger, 0), 0);
	link_free(ours);
	link_free(link);
}

static void note_connect(void *context)
{
	++*(unsigned *)context;
}

static void a_consumer_that_was_killed_is_found_again_and_the_producer_told(void **state)
{
	struct link *link;
	unsigned connects = 0;

	assert_int_equal(
		link_dial(&link, *state, STAGE_ESTIMATOR, STAGE_COLLECTOR, note_connect, &connects), 0);
	for (unsigned round = 1; round <= 3; round++) {
		struct child child = spawn("consumer", *state);
		serve_until(link, connects == round);
		assert_true(link_is_connected(link));
		hear(&child);
		tell(&child);
		assert_int_equal(send_tick(link, round, 1), 0);
		end(&child, SIGKILL); /* leaves its socket file behind */
		wait_until(!link_is_connected(link));
		assert_int_equal(send_tick(link, round, 1), -EAGAIN);
	}
	link_free(link);
}

static void a_full_link_drops_counts_and_owes_the_full_state_until_there_is_room(void **state)
{
	struct child child = spawn("consumer", *state);
	struct stats stats = { 0 };
	unsigned sent = 0;
	int r;

	hear(&child);
	struct link *link = dial(*state, STAGE_ESTIMATOR, STAGE_COLLECTOR);
	link_count_in(link, &stats);
	while ((r = send_topology(link, 1 + sent, 900)) == 0)
		sent++;
	assert_int_equal(r, -EAGAIN);
	assert_true(sent >= FRAME_PARTS_MAX && sent < 1000);
	assert_true(counted(&stats, "frames_out_total", "estimator") == sent);
	assert_true(counted(&stats, "frames_dropped_total", "estimator") == 1);
	/* nng's threads may move one more message on into the kernel's buffer, then it is full for good */
	while (link_owes_full(link))
		send_topology(link, 1 + sent, 900);
	assert_true(link_is_connected(link));
	tell(&child);
	wait_until(link_owes_full(link));
	assert_false(link_owes_full(link)); /* once */
	end(&child, SIGKILL);
	link_free(link);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_dir, close_dir)

int main(int argc, char **argv)
{
	static const struct {
		const char *mode;
		int (*act)(const char *dir);
	} acts[] = { { "producer", act_producer }, { "stranger", act_stranger },
		{ "consumer", act_consumer } };
	const struct CMUnitTest tests[] = {
		TEST(frames_cross_whole_and_in_order),
		TEST(what_a_killed_producer_had_sent_is_still_taken),
		TEST(a_stranger_is_refused_and_counted),
		TEST(a_consumer_that_was_killed_is_found_again_and_the_producer_told),
		TEST(a_full_link_drops_counts_and_owes_the_full_state_until_there_is_room),
	};

	for (size_t i = 0; argc == 3 && i < ARRAY_SIZE(acts); i++)
		if (strcmp(argv[1], acts[i].mode) == 0)
			return acts[i].act(argv[2]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
