#include "frontend/mcp/state_map.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/config.h"

static int empty(int fd, size_t size, int (*fill)(int fd))
{
	if (ftruncate(fd, 0) < 0 || ftruncate(fd, (off_t)size) < 0)
		return -1;
	return fill != NULL ? fill(fd) : 0;
}

void *state_map(const char *state_dir, const char *name, size_t size, int (*fill)(int fd))
{
	char path[CONFIG_TEXT_MAX + 64];
	struct stat status;

	mkdir(state_dir, 0755);
	snprintf(path, sizeof(path), "%s/frontend", state_dir);
	mkdir(path, 0750);
	snprintf(path, sizeof(path), "%s/frontend/%s", state_dir, name);
	CLEANUP(closep) int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) || fchmod(fd, 0600) < 0 ||
		(status.st_size != (off_t)size && empty(fd, size, fill) < 0))
		return NULL;
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	return memory != MAP_FAILED ? memory : NULL;
}
