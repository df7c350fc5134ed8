#include "collector/usage/namespace.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "collector/procfs_parse.h"
#include "base/file.h"

#define DEPTH_MAX 16

static bool lists(const char *folder, pid_t pid)
{
	char path[2048], line[32];

	snprintf(path, sizeof(path), "%s/cgroup.procs", folder);
	CLEANUP(fclosep) FILE *file = fopen(path, "re");
	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		if (strtol(line, NULL, 10) == pid)
			return true;
	return false;
}

/* folder: a path of 1024 bytes, that of the cgroup afterwards. */
static bool search(char *folder, pid_t pid, unsigned depth)
{
	size_t length = strlen(folder);
	struct dirent *entry;
	bool is_found = lists(folder, pid);

	DIR *dir = is_found || depth == DEPTH_MAX ? NULL : opendir(folder);
	while (dir != NULL && !is_found && (entry = readdir(dir)) != NULL) {
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.' ||
			length + 1 + strlen(entry->d_name) >= 1024)
			continue;
		snprintf(folder + length, 1024 - length, "/%s", entry->d_name);
		is_found = search(folder, pid, depth + 1);
		if (!is_found)
			folder[length] = '\0';
	}
	if (dir != NULL)
		closedir(dir);
	return is_found;
}

void namespace_find(int proc_fd, const char *controller, const char *tree, char *ret_base, size_t size)
{
	char text[4096], first[1024], folder[1024];

	ret_base[0] = '\0';
	if (file_read_text(proc_fd, "1/cgroup", text, sizeof(text)) < 0 ||
		procfs_parse_cgroup(text, controller, first, sizeof(first)) < 0 ||
		strncmp(first, "/..", 3) != 0)
		return;
	snprintf(folder, sizeof(folder), "%s", tree);
	if (search(folder, getpid(), 0))
		snprintf(ret_base, size, "%s", folder + strlen(tree));
}
