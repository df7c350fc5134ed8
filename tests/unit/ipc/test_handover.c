#include "ipc/handover.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "ipc/ring.h"
#include "tests/unit/unit.h"

struct fixture {
	char folder[32], path[64];
	int ring_fd;
	struct handover *handover;
};

static int open_fixture(void **state)
{
	static struct fixture fixture;
	const struct epoch birth = { .birth_ns = 5 };

	strcpy(fixture.folder, "/tmp/tanso-handover-XXXXXX");
	assert_non_null(mkdtemp(fixture.folder));
	snprintf(fixture.path, sizeof(fixture.path), "%s/ring.sock", fixture.folder);
	assert_int_equal(ring_create(16, &birth, &fixture.ring_fd), 0);
	assert_int_equal(
		handover_offer(&fixture.handover, fixture.path, STAGE_ESTIMATOR, fixture.ring_fd), 0);
	*state = &fixture;
	return 0;
}

static int close_fixture(void **state)
{
	struct fixture *fixture = *state;

	handover_free(fixture->handover);
	close(fixture->ring_fd);
	unlink(fixture->path); /* it stays: a stage removes no file, its successor and the supervisor do */
	return rmdir(fixture->folder);
}

/* Serves `times` peers, as the loop would. */
struct server {
	pthread_t thread;
	struct source *source;
	int times;
};

static void *serve(void *context)
{
	struct server *server = context;

	for (int i = 0; i < server->times; i++) {
		struct pollfd wait = { .fd = server->source->fd, .events = POLLIN };
		if (poll(&wait, 1, 10000) != 1 || server->source->ready(server->source) < 0)
			return server;
	}
	return NULL;
}

static void start(struct server *server, struct fixture *fixture, int times)
{
	server->source = handover_source(fixture->handover);
	server->times = times;
	assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
}

static void finish(struct server *server)
{
	void *failed;

	assert_int_equal(pthread_join(server->thread, &failed), 0);
	assert_null(failed);
}

static void a_peer_gets_the_ring_as_often_as_it_asks(void **state)
{
	struct fixture *fixture = *state;
	struct server server;

	start(&server, fixture, 3);
	for (int i = 0; i < 3; i++) {
		struct ring_reader *reader;
		CLEANUP(closep) int fd = -1;
		assert_int_equal(handover_fetch(fixture->path, &fd), 0);
		assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
		assert_int_equal(ring_reader_open(fd, &reader), 0);
		assert_int_equal(ring_reader_capacity(reader), 16);
		ring_reader_free(reader);
	}
	finish(&server);
}

static void an_absent_giver_is_told_by_its_error(void **state)
{
	struct fixture *fixture = *state;
	char path[128];
	int fd = -1;

	snprintf(path, sizeof(path), "%s/none.sock", fixture->folder);
	assert_int_equal(handover_fetch(path, &fd), -ENOENT);
	memset(path, 'x', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(handover_fetch(path, &fd), -ENAMETOOLONG);
	assert_int_equal(fd, -1);
}

static void a_giver_that_hangs_costs_a_bounded_time(void **state)
{
	struct fixture *fixture = *state;
	int fd = -1, r = 0;

	/* nobody serves: the first ones time out, then the backlog is full; none of them blocks for ever */
	for (int i = 0; i < 2; i++)
		assert_int_equal(handover_fetch(fixture->path, &fd), -ETIMEDOUT);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int held[16];
	strcpy(address.sun_path, fixture->path);
	for (size_t i = 0; i < ARRAY_SIZE(held); i++) {
		held[i] = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		r = connect(held[i], (struct sockaddr *)&address, sizeof(address));
	}
	assert_int_equal(r, -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(handover_fetch(fixture->path, &fd), -EAGAIN);
	for (size_t i = 0; i < ARRAY_SIZE(held); i++)
		close(held[i]);
	assert_int_equal(fd, -1);
}

/* A giver of our own making that answers with `fds` descriptors. */
static void *answer_wrongly(void *context)
{
	int listener = *(int *)context, fds[3] = { 0, 0, 0 };

	for (size_t count = 0; count <= ARRAY_SIZE(fds); count++) {
		char byte = 'r', control[CMSG_SPACE(sizeof(fds))] = { 0 };
		struct iovec part = { &byte, 1 };
		struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
		CLEANUP(closep) int peer = accept(listener, NULL, NULL);
		if (count > 0) {
			message.msg_control = control;
			message.msg_controllen = CMSG_SPACE(count * sizeof(int));
			struct cmsghdr *c = CMSG_FIRSTHDR(&message);
			c->cmsg_level = SOL_SOCKET;
			c->cmsg_type = SCM_RIGHTS;
			c->cmsg_len = CMSG_LEN(count * sizeof(int));
			memcpy(CMSG_DATA(c), fds, count * sizeof(int));
		}
		sendmsg(peer, &message, MSG_NOSIGNAL);
	}
	return NULL;
}

static void a_strange_giver_cannot_fill_our_descriptor_table(void **state)
{
	struct fixture *fixture = *state;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	pthread_t giver;
	int before = dup(0), listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	close(before);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/strange.sock", fixture->folder);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 4), 0);
	assert_int_equal(pthread_create(&giver, NULL, answer_wrongly, &listener), 0);
	for (int count = 0; count < 4; count++) {
		int fd = -1;
		assert_int_equal(handover_fetch(address.sun_path, &fd), count == 0 ? -EACCES : 0);
		if (fd >= 0)
			close(fd);
	}
	pthread_join(giver, NULL);
	close(listener);
	unlink(address.sun_path);
	int after = dup(0);
	close(after);
	assert_int_equal(after, before);
}

/* The exit status of a child with uid `uid` that asks: 0 = it was given a descriptor, else the errno. */
static int fetch_as(struct fixture *fixture, uid_t uid)
{
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		int fd;
		if (setgroups(0, NULL) < 0 || setresgid(uid, uid, uid) < 0 || setresuid(uid, uid, uid) < 0)
			_exit(255);
		_exit(-handover_fetch(fixture->path, &fd));
	}
	assert_true(waitpid(child, &status, 0) == child && WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void a_stranger_gets_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct server server;

	if (geteuid() != 0) {
		print_message("not root: cannot become somebody else\n");
		skip();
	}
	assert_int_equal(chmod(fixture->folder, 0755), 0);
	assert_int_equal(fetch_as(fixture, 65534), EACCES); /* by the socket's mode */
	assert_int_equal(chmod(fixture->path, 0666), 0);
	start(&server, fixture, 2);
	assert_int_equal(fetch_as(fixture, 65534), EACCES); /* by its uid */
	assert_int_equal(fetch_as(fixture, 0), 0);
	finish(&server);
}

static void a_killed_givers_socket_is_replaced(void **state)
{
	struct fixture *fixture = *state;
	struct handover *second;
	struct stat status;

	/* the first one's file is still there, as after SIGKILL */
	assert_int_equal(handover_offer(&second, fixture->path, STAGE_ESTIMATOR, fixture->ring_fd), 0);
	assert_int_equal(stat(fixture->path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0660);
	handover_free(second);
	assert_int_equal(
		handover_offer(&second, "/proc/nonexistent/x", STAGE_ESTIMATOR, fixture->ring_fd), -ENOENT);
	handover_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_peer_gets_the_ring_as_often_as_it_asks, open_fixture, close_fixture),
		cmocka_unit_test_setup_teardown(
			an_absent_giver_is_told_by_its_error, open_fixture, close_fixture),
		cmocka_unit_test_setup_teardown(
			a_giver_that_hangs_costs_a_bounded_time, open_fixture, close_fixture),
		cmocka_unit_test_setup_teardown(
			a_strange_giver_cannot_fill_our_descriptor_table, open_fixture, close_fixture),
		cmocka_unit_test_setup_teardown(a_stranger_gets_nothing, open_fixture, close_fixture),
		cmocka_unit_test_setup_teardown(
			a_killed_givers_socket_is_replaced, open_fixture, close_fixture),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
