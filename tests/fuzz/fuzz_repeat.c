/* Of two lines, whatever they are: if the second is answered as the first was, then the whole way gives the same bytes. */
#include <stdint.h>

#include "tests/fixture/repeat_fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint64_t generation;
	const char *bytes = (const char *)data, *end = memchr(bytes, '\n', size);
	size_t first = end != NULL ? (size_t)(end - bytes) : size;
	CLEANUP(freep) char *line = copy_text(bytes, first);
	CLEANUP(freep) char *second = copy_text(bytes + first, size - first);

	if (messages == NULL && repeats_open() < 0)
		abort();
	answers_begin(messages, ++generation, clock_mono_ns());
	whole_way(line, first, "en", true);
	if (size > first + 1) {
		CLEANUP(freep) char *again = short_way(second + 1, size - first - 1, "en");
		const char *whole =
			again != NULL ? whole_way(second + 1, size - first - 1, "en", false) : NULL;
		if (again != NULL && (whole == NULL || strcmp(again, whole) != 0))
			abort();
	}
	return 0;
}
