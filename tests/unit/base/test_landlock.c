/* Each trial runs in a child of its own, since there is no way back. */
#include "base/landlock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/unit.h"

static char root[] = "/tmp/tanso-landlock-XXXXXX";
static uint16_t ports[2]; /* two listeners: the allowed one, another */

static void path_of(char path[640], const char *name)
{
	snprintf(path, 640, "%s/%s", root, name);
}

static int try_open(const char *name, int flags)
{
	char path[640];

	path_of(path, name);
	int fd = open(path, flags | O_CLOEXEC, 0600);
	if (fd >= 0)
		close(fd);
	return fd < 0 ? errno : 0;
}

static int try_connect(uint16_t port)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int r = connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0 ? errno : 0;

	close(fd);
	return r;
}

/* What it returns is the child's exit status. 77: no Landlock here. */
static int in_child(int (*trial)(void), uint16_t port)
{
	struct landlock_place places[2] = { { .use = LANDLOCK_READ }, { .use = LANDLOCK_SOCKETS } };
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		path_of(places[0].path, "read");
		path_of(places[1].path, "sockets");
		int r = landlock_enter(places, 2, &port, port != 0);
		_exit(r == -EOPNOTSUPP ? 77 : r < 0 ? 99 : trial());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip();
	return WEXITSTATUS(status);
}

static int files(void)
{
	if (try_open("read/file", O_RDONLY) != 0)
		return 1;
	if (try_open("read", O_RDONLY | O_DIRECTORY) != 0)
		return 2;
	if (try_open("read/file", O_RDWR) != EACCES || try_open("read/new", O_RDWR | O_CREAT) != EACCES)
		return 3;
	if (try_open("other/file", O_RDONLY) != EACCES || try_open("read/../other/file", O_RDONLY) != EACCES)
		return 4;
	if (try_open("read/link", O_RDONLY) != EACCES)
		return 5;
	if (try_open("sockets/file", O_RDONLY) != EACCES || open("/etc/passwd", O_RDONLY) >= 0)
		return 6;
	return 0;
}

static void only_the_given_folders_can_be_read(void **state)
{
	(void)state;
	assert_int_equal(in_child(files, 0), 0);
}

static int sockets(void)
{
	struct sockaddr_un {
		sa_family_t family;
		char path[108];
	} name = { AF_UNIX, "" };
	char path[640];

	snprintf(name.path, sizeof(name.path), "%s/sockets/a", root);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (bind(fd, (struct sockaddr *)&name, sizeof(name)) < 0 || unlink(name.path) < 0)
		return 1;
	snprintf(name.path, sizeof(name.path), "%s/other/a", root);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (bind(fd, (struct sockaddr *)&name, sizeof(name)) == 0)
		return 2;
	path_of(path, "sockets/folder");
	return mkdir(path, 0700) < 0 || rmdir(path) < 0 ? 3 : 0;
}

static void sockets_are_made_where_they_belong(void **state)
{
	(void)state;
	assert_int_equal(in_child(sockets, 0), 0);
}

static void *in_thread(void *result)
{
	*(int *)result = try_open("other/file", O_RDONLY);
	return NULL;
}

static int threads(void)
{
	pthread_t thread;
	int result = 0;

	pthread_create(&thread, NULL, in_thread, &result);
	pthread_join(thread, NULL);
	return result == EACCES ? 0 : 1;
}

static void threads_started_later_are_bound_too(void **state)
{
	(void)state;
	assert_int_equal(in_child(threads, 0), 0);
}

static int one_port(void)
{
	return try_connect(ports[0]) != 0 ? 1 : try_connect(ports[1]) != EACCES ? 2 : 0;
}

static int no_port(void)
{
	return try_connect(ports[0]) != EACCES || try_connect(ports[1]) != EACCES;
}

static void one_tcp_port_can_be_reached_or_none(void **state)
{
	(void)state;
	/* Landlock knows ports since ABI 4 (Linux 6.7); before, the filter alone says who may open a TCP socket */
	if (in_child(no_port, 0) != 0)
		skip();
	assert_int_equal(in_child(one_port, ports[0]), 0);
}

static void a_folder_that_comes_later_is_noticed(void **state)
{
	struct landlock_place places[] = { { .use = LANDLOCK_READ }, { .use = LANDLOCK_READ } };
	struct stat status;
	char later[640];

	(void)state;
	path_of(places[0].path, "read");
	path_of(later, "later");
	memcpy(places[1].path, later, sizeof(later));
	assert_int_equal(stat(places[0].path, &status), 0);
	places[0].is_there = true;
	places[0].device = status.st_dev;
	places[0].inode = status.st_ino;
	assert_null(landlock_find_moved(places, 2));
	assert_int_equal(mkdir(later, 0700), 0);
	assert_ptr_equal(landlock_find_moved(places, 2), &places[1]);
	places[0].inode++;
	assert_ptr_equal(landlock_find_moved(places, 2), &places[0]);
}

static int begin(void **state)
{
	char command[400];
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	(void)state;
	if (mkdtemp(root) == NULL)
		return -1;
	snprintf(command, sizeof(command),
		"cd %s && mkdir read other sockets && touch read/file other/file sockets/file && ln -s "
		"../other/file "
		"read/link",
		root);
	for (size_t i = 0; i < 2; i++) {
		socklen_t size = sizeof(at);
		int fd = socket(AF_INET, SOCK_STREAM, 0);
		at.sin_port = 0;
		if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(fd, 16) < 0 ||
			getsockname(fd, (struct sockaddr *)&at, &size) < 0)
			return -1;
		ports[i] = ntohs(at.sin_port);
	}
	return system(command);
}

static int end(void **state)
{
	char command[100];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", root);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_given_folders_can_be_read),
		cmocka_unit_test(sockets_are_made_where_they_belong),
		cmocka_unit_test(threads_started_later_are_bound_too),
		cmocka_unit_test(one_tcp_port_can_be_reached_or_none),
		cmocka_unit_test(a_folder_that_comes_later_is_noticed),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
