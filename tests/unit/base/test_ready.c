#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/ready.h"

static int supervisor = -1;
static int heard_fd = -1;

/* A supervisor's socket under a path, or an abstract name that begins with @. */
static void listen_at(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	memcpy(address.sun_path, name, strlen(name));
	if (name[0] == '@')
		address.sun_path[0] = '\0';
	supervisor = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(supervisor, (const struct sockaddr *)&address,
				 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name))),
		0);
	setenv("NOTIFY_SOCKET", name, 1);
}

static int tear_down(void **state)
{
	(void)state;
	closep(&supervisor);
	closep(&heard_fd);
	supervisor = heard_fd = -1;
	unsetenv("NOTIFY_SOCKET");
	return 0;
}

static void assert_heard(const char *wanted)
{
	char text[512], control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(sizeof(size_t))));
	struct iovec bytes = { text, sizeof(text) };
	struct msghdr message = {
		.msg_iov = &bytes, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)
	};
	ssize_t size = recvmsg(supervisor, &message, MSG_CMSG_CLOEXEC);

	assert_int_equal(size, strlen(wanted));
	assert_memory_equal(text, wanted, strlen(wanted));
	const struct cmsghdr *head = CMSG_FIRSTHDR(&message);
	if (head != NULL)
		memcpy(&heard_fd, CMSG_DATA(head), sizeof(heard_fd));
}

static void what_is_said_is_one_datagram_each(void **state)
{
	char name[64];

	(void)state;
	snprintf(name, sizeof(name), "@tanso-test-ready-%d", (int)getpid());
	listen_at(name);
	assert_int_equal(ready_notify("all is well"), 0);
	assert_heard("READY=1\nSTATUS=all is well");
	assert_int_equal(ready_drop_fd("ring"), 0);
	assert_heard("FDSTOREREMOVE=1\nFDNAME=ring");
	assert_int_equal(ready_stopping(), 0);
	assert_heard("STOPPING=1");
	assert_int_equal(heard_fd, -1);
}

static void a_stored_descriptor_goes_with_its_name(void **state)
{
	char name[64], byte = 0;
	int ends[2];

	(void)state;
	snprintf(name, sizeof(name), "/tmp/tanso-test-ready-%d", (int)getpid());
	listen_at(name);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(ready_store_fd("ring", ends[0]), 0);
	assert_heard("FDSTORE=1\nFDPOLL=0\nFDNAME=ring");
	unlink(name);
	assert_int_equal(write(ends[1], "x", 1), 1);
	assert_int_equal(read(heard_fd, &byte, 1), 1); /* the same pipe */
	assert_int_equal(byte, 'x');
	close(ends[0]);
	close(ends[1]);
}

static void without_a_supervisor_nothing_is_said(void **state)
{
	(void)state;
	assert_int_equal(ready_notify("x"), 0);
	setenv("NOTIFY_SOCKET", "relative", 1);
	assert_int_equal(ready_notify("x"), -EINVAL);
	setenv("NOTIFY_SOCKET", "/nonexistent", 1);
	assert_int_equal(ready_notify("x"), -ENOENT);
}

static void inherited_descriptors_are_taken_by_name_once(void **state)
{
	char text[32], name[16];

	(void)state;
	for (int fd = 3; fd < 6; fd++)
		assert_int_equal(dup2(STDERR_FILENO, fd), fd);
	setenv("LISTEN_FDS", "3", 1);
	setenv("LISTEN_FDNAMES", "ring:pin-1:", 1);
	setenv("LISTEN_PID", "1", 1); /* meant for another */
	assert_int_equal(ready_init(), 0);
	assert_int_equal(ready_take_fd("ring"), -ENOENT);
	assert_null(getenv("LISTEN_PID"));
	setenv("LISTEN_FDS", "3", 1);
	setenv("LISTEN_FDNAMES", "ring:pin-1:", 1);
	snprintf(text, sizeof(text), "%d", (int)getpid());
	setenv("LISTEN_PID", text, 1);
	assert_int_equal(ready_init(), 0);
	assert_null(getenv("LISTEN_FDS")); /* not for our children */
	assert_int_equal(fcntl(3, F_GETFD), FD_CLOEXEC);
	assert_int_equal(ready_take_fd("ring"), 3);
	assert_int_equal(ready_take_fd("ring"), -ENOENT);
	assert_int_equal(ready_take_fd_prefixed("pin-", name, sizeof(name)), 4);
	assert_string_equal(name, "pin-1");
	assert_int_equal(ready_take_fd(""), 5);
	for (int fd = 3; fd < 6; fd++)
		close(fd);
}

static void what_is_no_number_or_no_descriptor_is_not_believed(void **state)
{
	static const char *const numbers[] = { "", "x", "-1", "1x", "99999999999999999999999" };
	char text[32];

	(void)state;
	snprintf(text, sizeof(text), "%d", (int)getpid());
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		setenv("LISTEN_PID", text, 1);
		setenv("LISTEN_FDS", numbers[i], 1);
		assert_int_equal(ready_init(), 0);
	}
	setenv("LISTEN_PID", text, 1);
	setenv("LISTEN_FDS", "1", 1);
	close(3);
	assert_int_equal(ready_init(), -EBADF);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(what_is_said_is_one_datagram_each),
		TEST(a_stored_descriptor_goes_with_its_name),
		TEST(without_a_supervisor_nothing_is_said),
		TEST(inherited_descriptors_are_taken_by_name_once),
		TEST(what_is_no_number_or_no_descriptor_is_not_believed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
