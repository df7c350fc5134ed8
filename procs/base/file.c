#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

#define U64_BYTES_MAX 32

int file_read_text(int dir_fd, const char *path, char *text, size_t size)
{
	CLEANUP(closep) int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC);
	size_t used = 0;
	ssize_t some;

	if (fd < 0)
		return -errno;
	while (used < size && (some = read(fd, text + used, size - used)) != 0) {
		if (some < 0)
			return -errno;
		used += (size_t)some;
	}
	if (used == size)
		return -E2BIG;
	if (used > 0 && text[used - 1] == '\n')
		used--;
	text[used] = '\0';
	return (int)used;
}

static int parse_u64(const char *text, uint64_t *ret_value)
{
	char *end;

	errno = 0;
	uint64_t value = strtoull(text, &end, 10);
	if (errno != 0 || end == text || (*end != '\0' && *end != '\n') || text[0] == '-')
		return -EBADMSG;
	*ret_value = value;
	return 0;
}

int file_read_u64(int dir_fd, const char *path, uint64_t *ret_value)
{
	char text[U64_BYTES_MAX];
	int r = file_read_text(dir_fd, path, text, sizeof(text));

	return r < 0 ? r : parse_u64(text, ret_value);
}

int file_read_held_u64(int fd, uint64_t *ret_value)
{
	char text[U64_BYTES_MAX];
	ssize_t size = pread(fd, text, sizeof(text) - 1, 0);

	if (size < 0)
		return -errno;
	text[size] = '\0';
	return parse_u64(text, ret_value);
}

bool file_has_changed(const char *path, struct file_identity *identity)
{
	struct file_identity now = { 0 };
	struct stat status;

	if (stat(path, &status) == 0)
		now = (struct file_identity) { .device = status.st_dev,
			.inode = status.st_ino,
			.size = (uint64_t)status.st_size,
			.changed_s = status.st_ctim.tv_sec,
			.changed_ns = status.st_ctim.tv_nsec };
	bool has_changed = memcmp(&now, identity, sizeof(now)) != 0;
	*identity = now;
	return has_changed;
}

char *file_next_line(char **text, unsigned *line)
{
	char *at;

	while ((at = strsep(text, "\n")) != NULL) {
		(*line)++;
		at[strcspn(at, "\r")] = '\0';
		at += strspn(at, " \t");
		if (*at != '\0' && *at != '#')
			return at;
	}
	return NULL;
}
