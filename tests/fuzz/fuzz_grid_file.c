/* A grid file that is accepted answers for any instant, within its own values. */
#include <stdlib.h>

#include "analyst/grid.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct grid_file *file = NULL;
	struct grid_error error;

	if (grid_file_parse("fuzz.csv", (const char *)data, size, &file, &error) < 0)
		return 0;
	for (int64_t seconds = 1700000000; seconds < 1700100000; seconds += 3333) {
		struct grid grid = { .file = file, .annual = 423 };
		double covered, mean = grid_mean(&grid, seconds, 300, &covered);
		if (!(mean > 0 && mean < 1500) || covered < 0 || covered > 1)
			abort();
	}
	grid_file_free(file);
	return 0;
}
