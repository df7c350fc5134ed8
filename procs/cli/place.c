#include "cli/place.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/config.h"

static bool exe_folder(char *ret_path, size_t size)
{
	ssize_t used = readlink("/proc/self/exe", ret_path, size - 1);

	if (used < 0)
		return false;
	ret_path[used] = '\0';
	char *slash = strrchr(ret_path, '/');
	if (slash != NULL)
		*slash = '\0';
	return slash != NULL;
}

static int find_in(const char *folder, const char *program, char *ret_path, size_t size)
{
	char probe[CONFIG_TEXT_MAX + 64];

	snprintf(probe, sizeof(probe), "%s/%s", folder, program);
	snprintf(ret_path, size, "%s", folder);
	return access(probe, X_OK) == 0 ? 0 : -ENOENT;
}

int place_folder_of(const char *program, char *ret_path, size_t size)
{
	char folder[CONFIG_TEXT_MAX];

	if (exe_folder(folder, sizeof(folder)) && find_in(folder, program, ret_path, size) == 0)
		return 0;
	return find_in(TANSO_LIBEXEC_DIR, program, ret_path, size);
}

void place_clone_config(char *ret_path, size_t size)
{
	char folder[CONFIG_TEXT_MAX];

	ret_path[0] = '\0';
	if (!exe_folder(folder, sizeof(folder)))
		return;
	/* build/<preset>/bin is three below the clone */
	int written = snprintf(ret_path, size, "%s/../../../deploy/config/tanso.conf", folder);
	char *real = written > 0 && (size_t)written < size ? realpath(ret_path, NULL) : NULL;
	snprintf(ret_path, size, "%s", real != NULL ? real : "");
	free(real);
}

bool place_user_folder(enum place_folder which, size_t i, char *ret_path, size_t size)
{
	const char *base = getenv(which == PLACE_RUNTIME ? "XDG_RUNTIME_DIR" : "HOME");

	if (i == 0 && base != NULL && base[0] == '/')
		snprintf(ret_path, size, which == PLACE_RUNTIME ? "%s/tanso" : "%s/.local/state/tanso", base);
	else
		snprintf(ret_path, size, which == PLACE_RUNTIME ? "/tmp/tanso-%u-run" : "/tmp/tanso-%u-state",
			getuid());
	return i < 2;
}

const char *place_sudo(void)
{
	return geteuid() == 0 ? "" : "sudo ";
}

int place_connect(const char *runtime_dir, const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int size = snprintf(address.sun_path, sizeof(address.sun_path), "%s/frontend/%s", runtime_dir, name);

	if (size < 0 || (size_t)size >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	int r = -errno;
	closep(&fd);
	return r;
}
