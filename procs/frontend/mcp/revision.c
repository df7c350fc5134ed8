#include "frontend/mcp/revision.h"

#include <string.h>

static const char *const names[REVISION_COUNT] = { "2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25",
	"2026-07-28" };

const char *revision_name(enum revision revision)
{
	return names[revision];
}

int revision_find(const char *text, size_t size)
{
	for (int i = 0; i < REVISION_COUNT; i++) {
		size_t length = strlen(names[i]), at = 0;
		while (size - at >= length && memcmp(text + at, names[i], length) == 0) {
			at += length;
			while (at < size && strchr(", \t", text[at]) != NULL)
				at++;
			if (at == size)
				return i;
		}
	}
	return -1;
}
