#include "ipc/handover.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "ipc/peer.h"

#define FETCH_WAIT_MS 200
#define BACKLOG       4

struct handover {
	struct source source;
	int offered;
	struct peer_rule peer;
};

static int fill_address(struct sockaddr_un *address, const char *path)
{
	*address = (struct sockaddr_un) { .sun_family = AF_UNIX };
	int written = snprintf(address->sun_path, sizeof(address->sun_path), "%s", path);
	return written < 0 || (size_t)written >= sizeof(address->sun_path) ? -ENAMETOOLONG : 0;
}

union fd_control {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(sizeof(int))];
};

static void send_fd(int socket_fd, int fd)
{
	char byte = 'r';
	struct iovec part = { &byte, 1 };
	union fd_control control = { 0 };
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&message);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(int));
	/* A peer that is already gone will ask again. */
	(void)sendmsg(socket_fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static int on_peer(struct source *source)
{
	struct handover *handover = container_of(source, struct handover, source);
	CLEANUP(closep) int fd = accept4(source->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (fd >= 0 && getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
		peer_is_allowed(&handover->peer, peer.uid))
		send_fd(fd, handover->offered);
	return 0;
}

static int open_listener(struct handover *handover, const char *path)
{
	struct sockaddr_un address;
	int r = fill_address(&address, path);

	if (r < 0)
		return r;
	handover->source.fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (handover->source.fd < 0)
		return -errno;
	unlink(path); /* what a killed predecessor left */
	if (bind(handover->source.fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
		chmod(path, 0660) < 0 || listen(handover->source.fd, BACKLOG) < 0)
		return -errno;
	return 0;
}

int handover_offer(struct handover **ret_handover, const char *path, enum stage consumer, int fd)
{
	struct handover *handover = calloc(1, sizeof(*handover));
	int r;

	if (handover == NULL)
		return -ENOMEM;
	*handover = (struct handover) {
		.source = { -1, on_peer }, .offered = fd, .peer = peer_rule_for(consumer)
	};
	r = open_listener(handover, path);
	if (r < 0) {
		handover_free(handover);
		return r;
	}
	*ret_handover = handover;
	return 0;
}

struct source *handover_source(struct handover *handover)
{
	return &handover->source;
}

void handover_free(struct handover *handover)
{
	if (handover == NULL)
		return;
	closep(&handover->source.fd);
	free(handover);
}

static int receive_fd(int socket_fd, int *ret_fd)
{
	char byte;
	struct iovec part = { &byte, 1 };
	union fd_control control = { 0 };
	/* Room for one descriptor and not for the padding after it: the kernel would put a second one there. */
	struct msghdr message = { .msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = CMSG_LEN(sizeof(int)) };
	struct pollfd wait = { .fd = socket_fd, .events = POLLIN };

	if (poll(&wait, 1, FETCH_WAIT_MS) <= 0)
		return -ETIMEDOUT;
	ssize_t size = recvmsg(socket_fd, &message, MSG_CMSG_CLOEXEC);
	struct cmsghdr *c = size < 0 ? NULL : CMSG_FIRSTHDR(&message);
	if (c == NULL || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS ||
		c->cmsg_len != CMSG_LEN(sizeof(int)))
		return size < 0 ? -errno : -EACCES; /* closed without a descriptor: we are not welcome */
	memcpy(ret_fd, CMSG_DATA(c), sizeof(int));
	return 0;
}

int handover_fetch(const char *path, int *ret_fd)
{
	CLEANUP(closep) int fd = -1;
	struct sockaddr_un address;
	int r = fill_address(&address, path);

	if (r < 0)
		return r;
	/* Not blocking: connect() would wait without end for a stopped giver with a full backlog. */
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	return receive_fd(fd, ret_fd);
}
