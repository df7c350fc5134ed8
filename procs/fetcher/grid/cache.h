/*
 * What a provider told, in a file that is open before the sandbox: CSV with a checksum, so that a torn write is no data, and
 * with what its intensities rest on (private.h), so that nobody takes them for what they would be today.
 */
#pragma once

#include "fetcher/grid/told.h"

#define GRID_CACHE_BYTES_MAX (UINT32_C(4) << 20)
#define GRID_BASIS_MAX       65 /* SHA-256 in hexadecimal */

/* STATE_DIR/fetcher/grid-NAME.csv; the folders are made. The descriptor, or -errno. */
int grid_cache_open(const char *state_dir, const char *name);
/* 0; -ENOENT where nothing was kept; -EPROTONOSUPPORT: of another version; -EBADMSG. */
int grid_cache_load(
	int fd, struct grid_told *told, int64_t *ret_retrieved_s, char ret_basis[static GRID_BASIS_MAX]);
int grid_cache_save(int fd, const struct grid_told *told, int64_t retrieved_s, const char *basis);
