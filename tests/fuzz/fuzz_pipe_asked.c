/* Lines of a client and of a frontend, whatever they are: what is found of an id lies within its line and is one token, and what is
 * kept is bounded, is what was said, and is found by its id. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cli/mcp/pipe_asked.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct asked asked;

static void check_token(const char *line, size_t size, size_t at, size_t length)
{
	if (length == 0 || at > size || length > size - at ||
		(line[at] == '"' ? length < 2 || line[at + length - 1] != '"'
				 : memchr(line + at, '"', length) != NULL))
		abort();
}

static void check_kept(void)
{
	size_t bytes = 0;

	if (asked.count > ASKED_MAX || asked.bytes > ASKED_BYTES_MAX)
		abort();
	for (size_t i = 0; i < asked.count; i++) {
		const struct asked_line *line = asked_at(&asked, i);
		if (line == NULL)
			continue;
		bytes += line->size;
		check_token(line->bytes, line->size, line->id_at, line->id_size);
		if (!asked_has(&asked, line->bytes + line->id_at, line->id_size))
			abort();
	}
	if (bytes != asked.bytes)
		abort();
}

static void take(const char *line, size_t size)
{
	size_t at, length;

	if (asked_id_of_answer(line, size, &at, &length)) {
		check_token(line, size, at, length);
		asked_answered(&asked, line + at, length);
	}
	bool has_id = asked_id(line, size, &at, &length);
	if (has_id)
		check_token(line, size, at, length);
	bool is_asked = has_id && memmem(line, size, "\"method\"", 8) != NULL;
	if (asked_add(&asked, line, size) < 0 || (is_asked && !asked_has(&asked, line + at, length)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data, *end;

	for (size_t at = 0, length; at < size; at += length + 1) {
		end = memchr(bytes + at, '\n', size - at);
		length = end != NULL ? (size_t)(end - bytes) - at : size - at;
		char *line = malloc(length); /* a read past its end shows */
		if (length > 0)
			memcpy(line, bytes + at, length);
		take(line, length);
		free(line);
		check_kept();
	}
	asked_done(&asked);
	return asked.count == 0 && asked.bytes == 0 ? 0 : 1;
}
