/* What a provider told, in a file that is open before the sandbox: CSV with a checksum, so that a torn write is no data. */
#pragma once

#include "fetcher/grid_told.h"

#define GRID_CACHE_BYTES_MAX (UINT32_C(4) << 20)

/* STATE_DIR/fetcher/grid-NAME.csv; the folders are made. The descriptor, or -errno. */
int grid_cache_open(const char *state_dir, const char *name);
/* 0; -ENOENT where nothing was kept; -EBADMSG. */
int grid_cache_load(int fd, struct grid_told *told, int64_t *ret_retrieved_s);
int grid_cache_save(int fd, const struct grid_told *told, int64_t retrieved_s);
