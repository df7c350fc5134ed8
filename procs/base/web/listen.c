/* Opening listening sockets, and taking back those that the supervisor kept. */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/port.h"
#include "base/ready.h"
#include "base/web/private.h"

static int listen_unix(const char *path, int *ret_fd)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	CLEANUP(closep) int fd = -1;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	unlink(path); /* what a killed predecessor left */
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || chmod(path, 0660) < 0 ||
		listen(fd, PORT_BACKLOG) < 0)
		return -errno;
	*ret_fd = fd;
	fd = -1;
	return 0;
}

bool web_is_loopback(const char *address)
{
	char host[INET6_ADDRSTRLEN] = "";
	struct in_addr v4;
	struct in6_addr v6;
	bool has_brackets = address[0] == '[';
	size_t size = strcspn(address + has_brackets, has_brackets ? "]" : ":");

	if (address[0] == '/')
		return true;
	if (size >= sizeof(host))
		return false;
	memcpy(host, address + has_brackets, size);
	if (inet_pton(AF_INET, host, &v4) == 1)
		return (ntohl(v4.s_addr) >> 24) == IN_LOOPBACKNET;
	return inet_pton(AF_INET6, host, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

/* True when fd listens where `address` says; the operator may have changed it since the fd was stored. */
static bool listens_on(int fd, const char *address)
{
	struct sockaddr_storage bound = { 0 };
	socklen_t size = sizeof(bound);
	char host[NI_MAXHOST], port[NI_MAXSERV], text[NI_MAXHOST + NI_MAXSERV + 4];
	bool is_v6;

	if (getsockname(fd, (struct sockaddr *)&bound, &size) < 0 ||
		getnameinfo((struct sockaddr *)&bound, size, host, sizeof(host), port, sizeof(port),
			NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return false;
	is_v6 = bound.ss_family == AF_INET6;
	snprintf(text, sizeof(text), "%s%s%s:%s", is_v6 ? "[" : "", host, is_v6 ? "]" : "", port);
	return strcmp(text, address) == 0;
}

/* A socket file that somebody removed cannot be reached any more. */
static bool is_still_there(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISSOCK(status.st_mode);
}

int web_take_listener(const char *name, const char *address, int *ret_fd)
{
	int fd = ready_take_fd(name);
	bool is_unix = address[0] == '/';

	if (fd >= 0 && (is_unix ? is_still_there(address) : listens_on(fd, address))) {
		*ret_fd = fd;
		return 0;
	}
	if (fd >= 0) {
		ready_drop_fd(name);
		close(fd);
	}
	int r = is_unix ? listen_unix(address, ret_fd) : port_listen(address, ret_fd);
	return r < 0 ? r : ready_store_fd(name, *ret_fd);
}
