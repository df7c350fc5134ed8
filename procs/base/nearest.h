/* "Did you mean": the nearest of some names. */
#pragma once

#include <stddef.h>

/* Index of the nearest of `names` by edit distance (one that contains `name` counts as near), or -1 if none is near. */
int nearest_name(const char *name, const char *const *names, size_t count);
