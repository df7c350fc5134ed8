#include "base/port.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/language.h"

#define ADDRESS_MAX 256
#define TCP_LISTEN  0x0A /* net/tcp_states.h */

/* "127.0.0.1:30800" or "[::1]:30800" */
static int split(const char *text, char *host, char *port)
{
	const char *colon = strrchr(text, ':');

	if (colon == NULL || colon == text || strlen(text) >= ADDRESS_MAX)
		return -EINVAL;
	size_t size = (size_t)(colon - text);
	size_t bracket = text[0] == '[' && colon[-1] == ']' ? 1 : 0;
	memcpy(host, text + bracket, size - 2 * bracket);
	host[size - 2 * bracket] = '\0';
	strcpy(port, colon + 1);
	/* getaddrinfo() takes 99999 and means 34463 */
	bool is_port = port[0] != '\0' && strspn(port, "0123456789") == strlen(port) && strlen(port) <= 5 &&
		       strtoul(port, NULL, 10) <= UINT16_MAX;
	return is_port ? 0 : -EINVAL;
}

/* The caller's to free. */
static int find_address(const char *text, struct addrinfo **ret_found)
{
	char host[ADDRESS_MAX], port[ADDRESS_MAX];
	const struct addrinfo hints = { .ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV,
		.ai_socktype = SOCK_STREAM };

	return split(text, host, port) < 0 || getaddrinfo(host, port, &hints, ret_found) != 0 ? -EINVAL : 0;
}

int port_check(const char *address)
{
	struct addrinfo *found = NULL;
	int r = find_address(address, &found);

	if (r == 0)
		freeaddrinfo(found);
	return r;
}

int port_listen(const char *text, int *ret_fd)
{
	struct addrinfo *found = NULL;
	int on = 1, r = find_address(text, &found);

	if (r < 0)
		return r;
	int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
		bind(fd, found->ai_addr, found->ai_addrlen) < 0 || listen(fd, PORT_BACKLOG) < 0)
		r = -errno;
	freeaddrinfo(found);
	if (r < 0)
		closep(&fd);
	else
		*ret_fd = fd;
	return r;
}

/* Inode of the socket that listens on `port`, from /proc/net/tcp or tcp6; 0 if none. */
static uint64_t listener_inode(const char *table, unsigned port)
{
	char line[512];
	CLEANUP(fclosep) FILE *file = fopen(table, "re");

	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		unsigned local, state;
		uint64_t inode;
		if (sscanf(line, "%*d: %*[0-9A-F]:%x %*[0-9A-F]:%*x %x %*x:%*x %*x:%*x %*x %*u %*u %" SCNu64,
			    &local, &state, &inode) == 3 &&
			local == port && state == TCP_LISTEN)
			return inode;
	}
	return 0;
}

static bool holds_socket(const char *pid, uint64_t inode)
{
	char folder[300], target[64], wanted[64];
	struct dirent *entry;
	bool is_found = false;

	snprintf(folder, sizeof(folder), "/proc/%s/fd", pid);
	snprintf(wanted, sizeof(wanted), "socket:[%" PRIu64 "]", inode);
	DIR *dir = opendir(folder);
	while (dir != NULL && !is_found && (entry = readdir(dir)) != NULL) {
		ssize_t size = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);
		target[size > 0 ? size : 0] = '\0';
		is_found = strcmp(target, wanted) == 0;
	}
	if (dir != NULL)
		closedir(dir);
	return is_found;
}

static void describe_process(const char *pid, char *text, size_t size)
{
	char path[300], name[64];

	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	if (file_read_text(AT_FDCWD, path, name, sizeof(name)) < 0)
		snprintf(name, sizeof(name), "?");
	snprintf(text, size, "%s (pid %s)", name, pid);
}

void port_owner(const char *address, char *text, size_t size)
{
	char host[ADDRESS_MAX], port[ADDRESS_MAX];
	struct dirent *entry;

	snprintf(text, size, "%s", in_language("another process", "다른 프로세스"));
	if (split(address, host, port) < 0)
		return;
	unsigned number = (unsigned)strtoul(port, NULL, 10);
	uint64_t inode = listener_inode("/proc/net/tcp", number);
	inode = inode != 0 ? inode : listener_inode("/proc/net/tcp6", number);
	DIR *dir = inode != 0 ? opendir("/proc") : NULL;
	while (dir != NULL && (entry = readdir(dir)) != NULL)
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' &&
			holds_socket(entry->d_name, inode)) {
			describe_process(entry->d_name, text, size);
			break;
		}
	if (dir != NULL)
		closedir(dir);
}
