/* Who has the port that cannot be opened. */
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/language.h"
#include "base/web_private.h"

#define TCP_LISTEN 0x0A /* net/tcp_states.h */

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

void web_port_owner(const char *address, char *text, size_t size)
{
	char host[WEB_ADDRESS_MAX], port[WEB_ADDRESS_MAX];
	struct dirent *entry;

	snprintf(text, size, "%s", in_language("another process", "다른 프로세스"));
	if (web_split_address(address, host, port) < 0)
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
