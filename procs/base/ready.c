#include "base/ready.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"

#define NOTIFY_TEXT_MAX 512
#define INHERITED_MAX   512
#define FIRST_FD        3 /* sd_listen_fds(3): they follow standard error */

static struct {
	int fd;
	char *name;
} inherited[INHERITED_MAX];
static int inherited_count;
static uint64_t watchdog_period_ns;
static uint64_t watchdog_next_ns;

/* A number of the supervisor's, if it is meant for this very process; 0 = none. */
static uint64_t number_for_us(const char *pid_name, const char *name)
{
	const char *pid = getenv(pid_name), *text = getenv(name);

	if (text == NULL || (pid != NULL && strtol(pid, NULL, 10) != (long)getpid()))
		return 0;
	char *end;
	errno = 0;
	long number = strtol(text, &end, 10);
	return errno != 0 || *end != '\0' || number < 0 ? 0 : (uint64_t)number;
}

/* The next of the names, which are separated by colons. */
static char *take_name(const char **names)
{
	size_t size = strcspn(*names, ":");
	char *name = strndup(*names, size);

	*names += size + ((*names)[size] == ':');
	return name;
}

int ready_init(void)
{
	uint64_t count = getenv("LISTEN_PID") != NULL ? number_for_us("LISTEN_PID", "LISTEN_FDS") : 0;
	const char *names = getenv("LISTEN_FDNAMES") != NULL ? getenv("LISTEN_FDNAMES") : "";

	for (uint64_t i = 0; i < count && i < INHERITED_MAX; i++) {
		int fd = FIRST_FD + (int)i;
		char *name = take_name(&names);
		if (name == NULL || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) {
			free(name);
			return -errno;
		}
		inherited[inherited_count].fd = fd;
		inherited[inherited_count++].name = name;
	}
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	watchdog_period_ns = number_for_us("WATCHDOG_PID", "WATCHDOG_USEC") * 1000;
	return 0;
}

static int take(int index)
{
	int fd = inherited[index].fd;

	free(inherited[index].name);
	inherited[index] = inherited[--inherited_count];
	return fd;
}

int ready_take_fd(const char *name)
{
	for (int i = 0; i < inherited_count; i++)
		if (strcmp(inherited[i].name, name) == 0)
			return take(i);
	return -ENOENT;
}

int ready_take_fd_prefixed(const char *prefix, char *ret_name, uint64_t size)
{
	for (int i = 0; i < inherited_count; i++) {
		if (strncmp(inherited[i].name, prefix, strlen(prefix)) != 0)
			continue;
		snprintf(ret_name, size, "%s", inherited[i].name);
		return take(i);
	}
	return -ENOENT;
}

/* One datagram to the supervisor, with a copy of fd (-1 = none). 0, also where there is no supervisor, or -errno. */
static int notify(const char *text, int fd)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(fd))];
	} control = { .head = { CMSG_LEN(sizeof(fd)), SOL_SOCKET, SCM_RIGHTS } };
	struct iovec bytes = { (char *)(uintptr_t)text, strlen(text) };
	struct msghdr message = { .msg_name = &address, .msg_iov = &bytes, .msg_iovlen = 1 };

	if (path == NULL)
		return 0;
	size_t size = strlen(path);
	if ((path[0] != '/' && path[0] != '@') || size >= sizeof(address.sun_path))
		return -EINVAL;
	memcpy(address.sun_path, path, size);
	if (path[0] == '@') /* an abstract name */
		address.sun_path[0] = '\0';
	message.msg_namelen = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size);
	if (fd >= 0) {
		memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
	}
	CLEANUP(closep) int to = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return to < 0 || sendmsg(to, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int ready_store_fd(const char *name, int fd)
{
	char text[NOTIFY_TEXT_MAX];

	/* FDPOLL=0: the manager must not drop a descriptor because the other end hung up. */
	snprintf(text, sizeof(text), "FDSTORE=1\nFDPOLL=0\nFDNAME=%s", name);
	return notify(text, fd);
}

int ready_drop_fd(const char *name)
{
	char text[NOTIFY_TEXT_MAX];

	snprintf(text, sizeof(text), "FDSTOREREMOVE=1\nFDNAME=%s", name);
	return notify(text, -1);
}

int ready_notify(const char *status)
{
	char text[NOTIFY_TEXT_MAX];

	snprintf(text, sizeof(text), "READY=1\nSTATUS=%s", status);
	return notify(text, -1);
}

int ready_stopping(void)
{
	return notify("STOPPING=1", -1);
}

void ready_watchdog(void)
{
	if (watchdog_period_ns == 0)
		return;
	uint64_t now_ns = clock_mono_ns();
	if (now_ns < watchdog_next_ns)
		return;
	watchdog_next_ns = now_ns + watchdog_period_ns / 3;
	notify("WATCHDOG=1", -1);
}
