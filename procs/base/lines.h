/* Cuts a stream of bytes in lines, none longer than a limit. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define LINE_BYTES_MAX ((size_t)1 << 20)

/* A zeroed struct is empty. */
struct lines {
	char *bytes;
	size_t size, room;
	bool is_skipping; /* the rest of a line that was too long */
	bool is_taken;    /* the line in `bytes` was handed out */
};

enum lines_state { LINES_MORE, LINES_LINE, LINES_TOO_LONG };

/* Takes bytes from *done on, up to the end of one line at most. The line (without its end, NUL-terminated) is valid
 * until the next call. TOO_LONG comes once for each line over LINE_BYTES_MAX (or without memory for it). */
enum lines_state lines_feed(struct lines *lines, const char *bytes, size_t size, size_t *done,
	const char **ret_line, size_t *ret_size);
/* What stands after the last line end, at the end of input; it is handed out once. */
size_t lines_rest(struct lines *lines, const char **ret_line);
void lines_done(struct lines *lines);
