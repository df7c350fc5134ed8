/* Landlock (kernel 5.13): which files may still be opened. Debian's headers have the numbers, glibc has no wrappers. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/sandbox.h"

#define READING (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define LIMITED (READING | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_EXECUTE)

#ifndef TANSO_SANITIZED
/* The folder, not the file: a new key comes under the same name as another file. */
static int allow_folder(int ruleset, char *path)
{
	CLEANUP(closep) int fd = open(dirname(path), O_PATH | O_DIRECTORY | O_CLOEXEC);
	const struct landlock_path_beneath_attr rule = { .allowed_access = READING, .parent_fd = fd };

	if (fd < 0)
		return -errno;
	return syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0 ? -errno : 0;
}

/* A link's own folder, and that of what it points to (certbot, mounted secrets). */
static int allow(int ruleset, const char *path)
{
	CLEANUP(freep) char *name = strdup(path);
	CLEANUP(freep) char *target = realpath(path, NULL);

	if (name == NULL)
		return -ENOMEM;
	int r = allow_folder(ruleset, name);
	return r < 0 || target == NULL ? r : allow_folder(ruleset, target);
}
#endif

int sandbox_limit_reading(const char *const *paths, size_t count)
{
#ifdef TANSO_SANITIZED
	(void)paths; /* the sanitizers read /proc/self for their reports */
	(void)count;
	return 0;
#else
	const struct landlock_ruleset_attr limits = { .handled_access_fs = LIMITED };
	CLEANUP(closep) int ruleset = (int)syscall(SYS_landlock_create_ruleset, &limits, sizeof(limits), 0);
	int r = 0;

	if (ruleset < 0)
		return errno == ENOSYS || errno == EOPNOTSUPP ? 0 : -errno;
	for (size_t i = 0; i < count && r == 0; i++)
		r = allow(ruleset, paths[i]);
	if (r < 0)
		return r;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
		return -errno;
	return 0;
#endif
}
