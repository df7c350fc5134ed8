/* The supervisor's end of sd_notify(3). */
#include "cli/up/supervisor_child.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/language.h"

#define NOTIFY_BYTES_MAX 2048
#define NOTIFY_FDS_MAX   8

static void keep_fds(struct child *child, const char *name, int *fds, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!child_keep_fd(child, name, fds[i]))
			child_report(child, SUPERVISOR_LOG, 4,
				in_language("descriptor store is full; one descriptor is not kept",
					"디스크립터 보관함이 가득 차 하나를 보관하지 못했습니다"));
		fds[i] = -1;
	}
}

struct notice {
	bool is_ready, is_ping, stores, removes;
	const char *name, *status;
};

static struct notice parse_notice(char *text)
{
	struct notice notice = { .name = "stored" };
	char *rest = NULL;

	for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
		notice.is_ready |= strcmp(line, "READY=1") == 0;
		notice.is_ping |= strcmp(line, "WATCHDOG=1") == 0;
		notice.stores |= strcmp(line, "FDSTORE=1") == 0;
		notice.removes |= strcmp(line, "FDSTOREREMOVE=1") == 0;
		if (strncmp(line, "FDNAME=", 7) == 0 && line[7] != '\0' && strchr(line + 7, ':') == NULL)
			notice.name = line + 7;
		if (strncmp(line, "STATUS=", 7) == 0)
			notice.status = line + 7;
	}
	return notice;
}

static void apply_notice(struct child *child, char *text, int *fds, size_t fd_count)
{
	struct notice notice = parse_notice(text);

	child->last_ping_ns = clock_mono_ns();
	if (notice.stores)
		keep_fds(child, notice.name, fds, fd_count);
	else if (notice.removes)
		child_drop_fd(child, notice.name);
	if (child->supervisor->is_stopping)
		return; /* who was just becoming ready is not told as such after "Stopping." */
	if (notice.is_ready) {
		child->is_ready = child->was_ready = true;
		child->failed_starts = 0;
		child_report(child, SUPERVISOR_READY, 6, notice.status != NULL ? notice.status : "");
	} else if (notice.status != NULL) {
		child_report(child, SUPERVISOR_STATUS, 6, notice.status);
	}
}

/* A descriptor that nobody keeps is closed. False when nothing waits. */
static bool take_notice(struct supervisor *supervisor)
{
	char text[NOTIFY_BYTES_MAX];
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(struct ucred)) + CMSG_SPACE(NOTIFY_FDS_MAX * sizeof(int))];
	} control;
	struct iovec part = { text, sizeof(text) - 1 };
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)
	};
	int fds[NOTIFY_FDS_MAX];
	size_t fd_count = 0;
	pid_t pid = 0;

	ssize_t size = recvmsg(supervisor->notify.fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (size < 0)
		return false;
	text[size] = '\0';
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c != NULL; c = CMSG_NXTHDR(&message, c)) {
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_CREDENTIALS)
			pid = ((struct ucred *)(void *)CMSG_DATA(c))->pid;
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
			fd_count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
			memcpy(fds, CMSG_DATA(c), fd_count * sizeof(int));
		}
	}
	struct child *child = child_by_pid(supervisor, pid);
	if (child != NULL)
		apply_notice(child, text, fds, fd_count);
	for (size_t i = 0; i < fd_count; i++)
		closep(&fds[i]);
	return true;
}

void notify_drain(struct supervisor *supervisor)
{
	while (take_notice(supervisor))
		;
}

static int on_notify(struct source *source)
{
	notify_drain(container_of(source, struct supervisor, notify));
	return 0;
}

int notify_open(struct supervisor *supervisor)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int on = 1;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	supervisor->notify = (struct source) { fd, on_notify };
	snprintf(supervisor->notify_path, sizeof(supervisor->notify_path), "@tanso-up-%d", getpid());
	memcpy(address.sun_path + 1, supervisor->notify_path + 1, strlen(supervisor->notify_path) - 1);
	socklen_t size =
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(supervisor->notify_path));
	if (setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0 ||
		bind(fd, (struct sockaddr *)&address, size) < 0)
		return -errno;
	return loop_add(supervisor->loop, &supervisor->notify);
}
