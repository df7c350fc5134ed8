#include "analyst/ledger/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"

static const char *const suffixes[FILES_COUNT] = { "", "-wal", "-shm" };

static int make_folders(const char *folder)
{
	char path[FILES_PATH_MAX];

	if ((size_t)snprintf(path, sizeof(path), "%s", folder) >= sizeof(path))
		return -ENAMETOOLONG;
	for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return mkdir(path, 0750) < 0 && errno != EEXIST ? -errno : 0;
}

int files_lock(struct files *files, const char *folder)
{
	int r = make_folders(folder);

	*files = (struct files) { .lock = -1 };
	if (r < 0)
		return r;
	if (strlen(folder) + sizeof("/ledger.db") > FILES_PATH_MAX)
		return -ENAMETOOLONG;
	files->lock = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (files->lock < 0)
		return -errno;
	if (flock(files->lock, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
		return 0; /* where the file system knows no such lock there is none */
	files_unlock(files);
	return -EALREADY;
}

void files_unlock(struct files *files)
{
	if (files->lock >= 0)
		close(files->lock);
	files->lock = -1;
}

int files_note(struct files *files, const char *path)
{
	for (size_t i = 0; i < FILES_COUNT; i++) {
		struct stat about;
		snprintf(files->all[i].path, sizeof(files->all[i].path), "%s%s", path, suffixes[i]);
		if (stat(files->all[i].path, &about) < 0)
			return -errno;
		files->all[i].inode = about.st_ino;
	}
	return 0;
}

bool files_have_moved(const struct files *files)
{
	for (size_t i = 0; i < FILES_COUNT; i++) {
		struct stat about;
		if (files->all[i].path[0] == '\0') /* of one that was not opened nothing is known */
			continue;
		if (stat(files->all[i].path, &about) < 0 || about.st_ino != files->all[i].inode)
			return true;
	}
	return false;
}

int files_set_aside(const char *path)
{

	char from[FILES_PATH_MAX + 8], to[FILES_PATH_MAX + 64];
	long long now = (long long)time(NULL);

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		snprintf(from, sizeof(from), "%s%s", path, suffixes[i]);
		snprintf(to, sizeof(to), "%s.corrupt-%lld%s", path, now, suffixes[i]);
		if (rename(from, to) < 0 && errno != ENOENT)
			return -errno;
	}
	return 0;
}
