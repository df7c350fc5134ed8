#include "base/lines.h"

#include <stdlib.h>
#include <string.h>

#define ROOM_KEPT ((size_t)65536) /* over from a long line: its memory is given back */

static bool append(struct lines *lines, const char *bytes, size_t size)
{
	size_t needed = lines->size + size + 1;

	if (lines->size + size > LINE_BYTES_MAX)
		return false;
	if (needed > lines->room) {
		size_t room = needed < 4096 ? 4096 : 2 * needed;
		char *grown = realloc(lines->bytes, room);
		if (grown == NULL)
			return false;
		lines->bytes = grown;
		lines->room = room;
	}
	memcpy(lines->bytes + lines->size, bytes, size);
	lines->size += size;
	lines->bytes[lines->size] = '\0';
	return true;
}

static size_t without_return(struct lines *lines)
{
	if (lines->size > 0 && lines->bytes[lines->size - 1] == '\r')
		lines->bytes[--lines->size] = '\0';
	return lines->size;
}

static void forget(struct lines *lines)
{
	if (lines->room > ROOM_KEPT)
		lines_done(lines);
	lines->size = 0;
	lines->is_taken = false;
}

enum lines_state lines_feed(struct lines *lines, const char *bytes, size_t size, size_t *done,
	const char **ret_line, size_t *ret_size)
{
	const char *from = bytes + *done, *end = memchr(from, '\n', size - *done);
	size_t some = (end != NULL ? (size_t)(end - from) : size - *done);

	if (lines->is_taken)
		forget(lines);
	*done += some + (end != NULL);
	*ret_line = "";
	*ret_size = 0;
	bool was_skipping = lines->is_skipping;
	if (!was_skipping && !append(lines, from, some)) {
		forget(lines);
		lines->is_skipping = end == NULL;
		return LINES_TOO_LONG;
	}
	if (end == NULL)
		return LINES_MORE;
	lines->is_skipping = false;
	if (was_skipping)
		return LINES_MORE;
	lines->is_taken = true;
	*ret_size = without_return(lines);
	*ret_line = lines->bytes;
	return LINES_LINE;
}

size_t lines_rest(struct lines *lines, const char **ret_line)
{
	bool is_there = !lines->is_taken && !lines->is_skipping && lines->bytes != NULL;

	*ret_line = is_there ? lines->bytes : "";
	lines->is_taken = true;
	return is_there ? without_return(lines) : 0;
}

void lines_done(struct lines *lines)
{
	free(lines->bytes);
	*lines = (struct lines) { 0 };
}
