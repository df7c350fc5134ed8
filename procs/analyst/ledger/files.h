/* The ledger's folder and the files in it: locked for one process, watched, and set aside when they are corrupt. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#define FILES_PATH_MAX 1024
#define FILES_COUNT    3 /* the database, its log, and the index of that */

struct files {
	int lock;
	struct {
		char path[FILES_PATH_MAX + 8];
		ino_t inode;
	} all[FILES_COUNT];
};

/* Makes the folder, and nobody else books in it until files_unlock(), or the end of the process: two would count each joule
 * twice, each in its own name. 0 or -errno (-EALREADY: somebody does). */
int files_lock(struct files *files, const char *folder);
void files_unlock(struct files *files);
/* Remembers which files `path` and those beside it are, once they are there. 0 or -errno. */
int files_note(struct files *files, const char *path);
/* Was one of them moved or removed, or is another in its place? */
bool files_have_moved(const struct files *files);
/* Renames all of them. 0 or -errno. */
int files_set_aside(const char *path);
