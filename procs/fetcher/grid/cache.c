#include "fetcher/grid/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "korea/data.h"

#define CACHE_HEAD    "# tanso grid cache "
#define CACHE_VERSION 2
#define SUM_BYTES     (2 + 64 + 1) /* "# ", sha256, line feed */

int grid_cache_open(const char *state_dir, const char *name)
{
	char path[700];
	int fd;

	mkdir(state_dir, 0755);
	snprintf(path, sizeof(path), "%s/fetcher", state_dir);
	if (mkdir(path, 0750) < 0 && errno != EEXIST)
		return -errno;
	snprintf(path, sizeof(path), "%s/fetcher/grid-%s.csv", state_dir, name);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	return fd < 0 ? -errno : fd;
}

static int read_rows(char *text, struct grid_told *told)
{
	char *rest = text, *line;
	int r = 0;

	while (r == 0 && (line = strsep(&rest, "\n")) != NULL) {
		struct grid_row row;
		unsigned flags;
		if (line[0] == '#' || line[0] == '\0')
			continue;
		if (sscanf(line, "%" SCNd64 ",%" SCNu32 ",%lf,%u", &row.start, &row.seconds, &row.value,
			    &flags) != 4 ||
			flags > (GRID_ESTIMATED | GRID_FORECAST | GRID_PRICE))
			return -EBADMSG;
		row.flags = (uint8_t)flags;
		r = grid_told_add(told, &row);
	}
	return r;
}

static int read_head(const char *text, int64_t *ret_retrieved_s, char ret_basis[static GRID_BASIS_MAX])
{
	int version;

	if (sscanf(text, CACHE_HEAD "%d", &version) != 1)
		return -EBADMSG;
	if (version != CACHE_VERSION)
		return -EPROTONOSUPPORT;
	return sscanf(text, CACHE_HEAD "%d, retrieved %" SCNd64 ", rests on %64[0-9a-f]\n", &version,
		       ret_retrieved_s, ret_basis) == 3
		       ? 0
		       : -EBADMSG;
}

int grid_cache_load(
	int fd, struct grid_told *told, int64_t *ret_retrieved_s, char ret_basis[static GRID_BASIS_MAX])
{
	CLEANUP(freep) char *text = malloc(GRID_CACHE_BYTES_MAX + 1);
	char sum[65];
	int r;
	ssize_t size = text == NULL ? -1 : pread(fd, text, GRID_CACHE_BYTES_MAX, 0);

	if (size == 0)
		return -ENOENT;
	if (size <= SUM_BYTES)
		return -EBADMSG;
	size -= SUM_BYTES;
	if (sha256_hex(text, (size_t)size, sum) < 0 || memcmp(text + size + 2, sum, 64) != 0)
		return -EBADMSG;
	text[size] = '\0';
	r = read_head(text, ret_retrieved_s, ret_basis);
	return r < 0 ? r : read_rows(text, told);
}

int grid_cache_save(int fd, const struct grid_told *told, int64_t retrieved_s, const char *basis)
{
	CLEANUP(freep) char *text = NULL;
	char sum[65];
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		return -ENOMEM;
	fprintf(out, CACHE_HEAD "%d, retrieved %" PRId64 ", rests on %s\n", CACHE_VERSION, retrieved_s,
		basis);
	for (size_t i = 0; i < told->count; i++)
		fprintf(out, "%" PRId64 ",%" PRIu32 ",%.9g,%u\n", told->rows[i].start, told->rows[i].seconds,
			told->rows[i].value, told->rows[i].flags);
	fflush(out);
	if (sha256_hex(text, size, sum) == 0)
		fprintf(out, "# %s\n", sum);
	fclose(out);
	if (text == NULL || size > GRID_CACHE_BYTES_MAX)
		return -E2BIG;
	if (pwrite(fd, text, size, 0) != (ssize_t)size || ftruncate(fd, (off_t)size) < 0)
		return -errno;
	return 0;
}
