/* "Did you mean": the nearest of some names. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Index of the nearest of `names` by edit distance (one that contains `name` counts as near), or -1 if none is near. */
int nearest_name(const char *name, const char *const *names, size_t count);
/* "Did you mean X? Known: A, B, C" (no question where none is near); what does not fit is left out, with an ellipsis. */
void nearest_hint(
	const char *name, const char *const *names, size_t count, bool is_korean, char *text, size_t size);
