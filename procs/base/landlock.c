#include "base/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <linux/landlock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"

/* Later than Debian 12's headers (linux/landlock.h of 6.7 and 6.10). */
#define ACCESS_FS_TRUNCATE     (UINT64_C(1) << 14) /* ABI 3 */
#define ACCESS_FS_IOCTL_DEV    (UINT64_C(1) << 15) /* ABI 5 */
#define ACCESS_NET_BIND_TCP    (UINT64_C(1) << 0)  /* ABI 4 */
#define ACCESS_NET_CONNECT_TCP (UINT64_C(1) << 1)
#define RULE_NET_PORT          2

struct ruleset {
	uint64_t fs, net;
};

struct port_rule {
	uint64_t access, port;
};

#define READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define SOCKETS                                                                                              \
	(LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |       \
		LANDLOCK_ACCESS_FS_REMOVE_DIR)

/* All a kernel of this ABI can refuse. */
static struct ruleset everything(long abi)
{
	struct ruleset all = { .fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1 };

	if (abi >= 2)
		all.fs |= LANDLOCK_ACCESS_FS_REFER;
	if (abi >= 3)
		all.fs |= ACCESS_FS_TRUNCATE;
	if (abi >= 4)
		all.net = ACCESS_NET_BIND_TCP | ACCESS_NET_CONNECT_TCP;
	if (abi >= 5)
		all.fs |= ACCESS_FS_IOCTL_DEV;
	return all;
}

static int allow_place(int ruleset_fd, struct landlock_place *place)
{
	CLEANUP(closep) int fd = open(place->path, O_PATH | O_CLOEXEC);
	struct stat status;

	place->is_there = fd >= 0 && fstat(fd, &status) == 0;
	if (!place->is_there)
		return 0;
	place->device = status.st_dev;
	place->inode = status.st_ino;
	struct landlock_path_beneath_attr rule = { .parent_fd = fd };
	rule.allowed_access = place->use == LANDLOCK_SOCKETS ? SOCKETS : READ;
	if (!S_ISDIR(status.st_mode))
		rule.allowed_access &= LANDLOCK_ACCESS_FS_READ_FILE;
	return syscall(SYS_landlock_add_rule, ruleset_fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0 ? -errno
												    : 0;
}

static int allow_port(int ruleset_fd, uint16_t port)
{
	struct port_rule rule = { ACCESS_NET_CONNECT_TCP, port };

	return syscall(SYS_landlock_add_rule, ruleset_fd, RULE_NET_PORT, &rule, 0) < 0 ? -errno : 0;
}

int landlock_enter(struct landlock_place *places, size_t count, const uint16_t *ports, size_t port_count)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct ruleset all = everything(abi);
	int r = 0;

	if (abi < 1)
		return -EOPNOTSUPP;
	/* ABI < 4 knows the first member alone. */
	CLEANUP(closep)
	int fd = (int)syscall(SYS_landlock_create_ruleset, &all, abi >= 4 ? sizeof(all) : sizeof(all.fs), 0);
	if (fd < 0)
		return -errno;
	for (size_t i = 0; i < count && r == 0; i++)
		r = allow_place(fd, &places[i]);
	for (size_t i = 0; i < port_count && r == 0 && abi >= 4; i++)
		r = allow_port(fd, ports[i]);
	if (r < 0)
		return r;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || syscall(SYS_landlock_restrict_self, fd, 0) < 0)
		return -errno;
	return 0;
}

int landlock_confine(struct landlock_place *places, size_t *count, const uint16_t *ports, size_t port_count)
{
	int r = landlock_enter(places, *count, ports, port_count);

	if (r != -EOPNOTSUPP)
		return r;
	*count = 0;
	return LANDLOCK_ABSENT;
}

const struct landlock_place *landlock_find_moved(const struct landlock_place *places, size_t count)
{
	struct stat status;

	for (size_t i = 0; i < count; i++)
		if (stat(places[i].path, &status) == 0 &&
			(!places[i].is_there || status.st_dev != places[i].device ||
				status.st_ino != places[i].inode))
			return &places[i];
	return NULL;
}

static size_t add_folder(struct landlock_place *place, char *path)
{
	*place = (struct landlock_place) { .use = LANDLOCK_READ };
	int size = snprintf(place->path, sizeof(place->path), "%s", dirname(path));
	return size > 0 && (size_t)size < sizeof(place->path);
}

size_t landlock_file_places(const char *path, struct landlock_place *places)
{
	CLEANUP(freep) char *name = path[0] != '\0' ? strdup(path) : NULL;
	CLEANUP(freep) char *target = path[0] != '\0' ? realpath(path, NULL) : NULL;
	size_t count = name != NULL ? add_folder(&places[0], name) : 0;

	return target != NULL ? count + add_folder(&places[count], target) : count;
}
