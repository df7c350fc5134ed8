/* A grid file that is accepted answers for any instant, within its own values. */
#include <stdlib.h>

#include "analyst/grid/grid.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct grid_file *file = NULL;
	struct grid_error error;

	if (grid_file_parse("fuzz.csv", (const char *)data, size, &file, &error) < 0)
		return 0;
	for (int64_t seconds = 1700000000; seconds < 1700100000; seconds += 3333) {
		struct grid grid = { .file = file, .annual = 423, .now = 1700050000 };
		struct grid_stretch s = grid_look(&grid, seconds, 3600);
		if (!(s.mean > 0 && s.mean < 1500) || !(s.known > 0 && s.known < 1500) || s.covered < 0 ||
			s.covered > 1 || s.forecast < 0 || s.forecast > s.covered)
			abort();
	}
	grid_file_free(file);
	return 0;
}
