/* The ledger read where it lies, without the pipeline: by `tanso verify` and `tanso report`. Never written. */
#pragma once

#include "audit/sealed.h"
#include "base/config.h"

#define ARCHIVE_PATH_MAX 1024

struct archive {
	struct config config;
	char path[ARCHIVE_PATH_MAX];
	sqlite3 *db;
	struct sealed *sealed;
};

/* `path`, or STATE_DIR/analyst/ledger.db of the configuration (config_path NULL = the usual one), or that of the user's own `tanso up`. Everything that is read is
 * of one moment. 0; -EINVAL (configuration), -EACCES, -ENOENT, -EBADMSG … after saying why, for `verb`. archive.path is
 * filled in any case. */
int archive_open(struct archive *archive, const char *path, const char *config_path, const char *verb);
void archive_close(struct archive *archive);
