/*
 * Landlock (landlock(7)): which files this process may reach from now on, and which TCP port. It binds the calling
 * thread and those it starts later: enter before nng starts its threads, and before the seccomp filter. Files that are
 * open stay open; unix sockets can be reached by any path.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum landlock_use {
	LANDLOCK_READ,    /* read files and folders */
	LANDLOCK_SOCKETS, /* make and remove sockets and folders */
};

struct landlock_place {
	char path[640];
	enum landlock_use use;
	bool is_there; /* when landlock_enter() looked; what comes later is out of reach */
	dev_t device;
	ino_t inode;
};

/* Everything but `places` is out of reach, and TCP but to `ports` (kernel ≥ 6.7; the filter knows of no ports).
 * -EOPNOTSUPP: this kernel has no Landlock (nothing is restricted), or -errno. */
int landlock_enter(struct landlock_place *places, size_t count, const uint16_t *ports, size_t port_count);
#define LANDLOCK_ABSENT 1 /* the stage goes on without, and logs: */
#define LANDLOCK_ABSENT_TEXT                                                                                 \
	"this kernel has no Landlock: only permissions keep this process from other files"
/* The same; LANDLOCK_ABSENT, and *count is 0, where the kernel has none. */
int landlock_confine(struct landlock_place *places, size_t *count, const uint16_t *ports, size_t port_count);
/* A place that was made, or made anew, since: only a successor can reach it. NULL if none. */
const struct landlock_place *landlock_find_moved(const struct landlock_place *places, size_t count);

#define LANDLOCK_FILE_PLACES 2
/* The folders in which a file is read that may be replaced: its own, and that of what it links to (certbot, mounted
 * secrets). places has room for LANDLOCK_FILE_PLACES. Returns how many; "" has none. */
size_t landlock_file_places(const char *path, struct landlock_place *places);
