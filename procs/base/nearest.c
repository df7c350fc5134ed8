/* "Did you mean": edit distance with a limit, and names that contain what was asked; case does not count. */
#include "base/nearest.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define NAME_BYTES_MAX 64 /* longer names are compared by their beginnings: the cost is the square of it */

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static bool is_same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Levenshtein distance, one row at a time. */
static size_t edit_distance(const char *a, size_t a_size, const char *b, size_t b_size)
{
	size_t row[NAME_BYTES_MAX + 1];

	for (size_t j = 0; j <= b_size; j++)
		row[j] = j;
	for (size_t i = 1; i <= a_size; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= b_size; j++) {
			size_t above = row[j];
			size_t replaced = diagonal + !is_same(a[i - 1], b[j - 1]);
			row[j] = least(replaced, least(above, row[j - 1]) + 1);
			diagonal = above;
		}
	}
	return row[b_size];
}

int nearest_name(const char *name, const char *const *names, size_t count)
{
	size_t size = strnlen(name, NAME_BYTES_MAX);
	size_t best = size / 3 + 2; /* one typo in three letters, at least one */
	int nearest = -1;

	for (size_t i = 0; i < count; i++) {
		size_t other_size = strnlen(names[i], NAME_BYTES_MAX), distance;
		size_t difference = size > other_size ? size - other_size : other_size - size;

		if (size >= 3 && strcasestr(names[i], name) != NULL)
			distance = difference == 0 ? 0 : 1;
		else if (difference >= best)
			continue;
		else
			distance = edit_distance(name, size, names[i], other_size);
		if (distance < best) {
			best = distance;
			nearest = (int)i;
		}
	}
	return nearest;
}

void nearest_hint(
	const char *name, const char *const *names, size_t count, bool is_korean, char *text, size_t size)
{
	static const char more[] = ", …";
	int nearest = nearest_name(name, names, count);
	size_t used;

	text[0] = '\0';
	if (nearest >= 0)
		snprintf(text, size, is_korean ? "혹시 %s? " : "Did you mean %s? ", names[nearest]);
	used = strlen(text);
	snprintf(text + used, size - used, "%s", is_korean ? "있는 것: " : "Known: ");
	for (size_t i = 0; i < count; i++) {
		used = strlen(text);
		if (used + strlen(", ") + strlen(names[i]) + sizeof(more) > size) {
			snprintf(text + used, size - used, "%s", more);
			return;
		}
		snprintf(text + used, size - used, "%s%s", i > 0 ? ", " : "", names[i]);
	}
}
