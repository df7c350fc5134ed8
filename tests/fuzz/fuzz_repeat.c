/* Of two lines, whatever they are: if the second is answered as the first was, then the whole way gives the same bytes. */
#include <stdint.h>

#include "tests/fixture/repeat_fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Of stdio, and of HTTP in both eras. */
static const struct mcp_headers legacy = { "2025-11-25", NULL, NULL, 10, 0, 0 }, modern = { "2026-07-28",
	"tools/call", "list_top_power_consumers", 10, 10, 24 };
static const struct mcp_headers *const all[] = { NULL, &legacy, &modern };

static void take_again(const char *line, size_t size, const struct mcp_headers *headers)
{
	CLEANUP(freep) char *again = short_way(line, size, headers, "en");
	const char *whole = again != NULL ? whole_way(line, size, headers, "en", false) : NULL;

	if (again != NULL && (whole == NULL || strcmp(again, whole) != 0))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint64_t generation;
	const char *bytes = (const char *)data, *end = memchr(bytes, '\n', size);
	size_t first = end != NULL ? (size_t)(end - bytes) : size;
	CLEANUP(freep) char *line = copy_text(bytes, first);
	CLEANUP(freep) char *second = copy_text(bytes + first, size - first);

	if (messages == NULL && repeats_open() < 0)
		abort();
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		answers_begin(messages, ++generation, clock_mono_ns());
		whole_way(line, first, all[i], "en", true);
		for (size_t j = 0; j < ARRAY_SIZE(all) && size > first + 1; j++)
			take_again(second + 1, size - first - 1, all[j]);
	}
	return 0;
}
