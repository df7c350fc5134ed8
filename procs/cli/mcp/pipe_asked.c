#include "cli/mcp/pipe_asked.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char listen_name[] = "\"subscriptions/listen\"";

static size_t skip_blanks(const char *line, size_t size, size_t at)
{
	while (at < size && memchr(" \t\r", line[at], 3) != NULL)
		at++;
	return at;
}

/* Past the string that begins at `at`; 0 where it does not end. */
static size_t skip_string(const char *line, size_t size, size_t at)
{
	for (at++; at < size && (unsigned char)line[at] >= 0x20; at++) {
		if (line[at] == '"')
			return at + 1;
		at += line[at] == '\\';
	}
	return 0;
}

static bool ends_number(const char *line, size_t size, size_t end)
{
	return end == size || memchr(".eE", line[end], 3) == NULL;
}

static bool read_token(const char *line, size_t size, size_t at, size_t *ret_at, size_t *ret_size)
{
	size_t end = at < size && line[at] == '"' ? skip_string(line, size, at) : at;

	if (at < size && line[at] != '"')
		while (end < size && memchr("-0123456789", line[end], 11) != NULL)
			end++;
	bool is_whole = end > at && end - at <= ASKED_ID_MAX && ends_number(line, size, end);
	*ret_at = at;
	*ret_size = is_whole ? end - at : 0;
	return is_whole;
}

bool asked_id(const char *line, size_t size, size_t *ret_at, size_t *ret_size)
{
	static const char key[] = "\"id\"";
	size_t depth = 0, end;

	for (size_t at = skip_blanks(line, size, 0); at < size; at = end) {
		end = line[at] == '"' ? skip_string(line, size, at) : at + 1;
		if (end == 0)
			return false;
		size_t next = skip_blanks(line, size, end);
		if (depth == 1 && end - at == sizeof(key) - 1 && memcmp(line + at, key, end - at) == 0 &&
			next < size && line[next] == ':')
			return read_token(line, size, skip_blanks(line, size, next + 1), ret_at, ret_size);
		depth += line[at] == '{' || line[at] == '[';
		depth -= line[at] == '}' || line[at] == ']';
		if (depth == 0)
			return false;
	}
	return false;
}

static struct asked_line *place_of(struct asked *asked, size_t i)
{
	return &asked->lines[(asked->first + i) % ASKED_MAX];
}

const struct asked_line *asked_at(const struct asked *asked, size_t i)
{
	const struct asked_line *line = &asked->lines[(asked->first + i) % ASKED_MAX];

	return line->bytes != NULL ? line : NULL;
}

static void forget(struct asked *asked, struct asked_line *line)
{
	asked->bytes -= line->size;
	free(line->bytes);
	*line = (struct asked_line) { 0 };
	while (asked->count > 0 && place_of(asked, 0)->bytes == NULL) {
		asked->first = (asked->first + 1) % ASKED_MAX;
		asked->count--;
	}
}

static struct asked_line *find(struct asked *asked, const char *id, size_t size)
{
	for (size_t i = 0; i < asked->count; i++) {
		struct asked_line *line = place_of(asked, i);
		if (line->bytes != NULL && line->id_size == size &&
			memcmp(line->bytes + line->id_at, id, size) == 0)
			return line;
	}
	return NULL;
}

bool asked_id_of_answer(const char *line, size_t size, size_t *ret_at, size_t *ret_size)
{
	static const char begin[] = "{\"jsonrpc\":\"2.0\",\"id\":";

	return size >= sizeof(begin) - 1 && memcmp(line, begin, sizeof(begin) - 1) == 0 &&
	       read_token(line, size, sizeof(begin) - 1, ret_at, ret_size);
}

void asked_answered(struct asked *asked, const char *id, size_t size)
{
	struct asked_line *kept = find(asked, id, size);

	if (kept != NULL)
		forget(asked, kept);
}

static void take_cancellation(struct asked *asked, const char *line, size_t size)
{
	static const char name[] = "\"notifications/cancelled\"", key[] = "\"requestId\"";
	const char *found = memmem(line, size, name, sizeof(name) - 1) != NULL
				    ? memmem(line, size, key, sizeof(key) - 1)
				    : NULL;
	size_t at, id_size;

	if (found == NULL)
		return;
	at = skip_blanks(line, size, (size_t)(found - line) + sizeof(key) - 1);
	if (at == size || line[at] != ':' ||
		!read_token(line, size, skip_blanks(line, size, at + 1), &at, &id_size))
		return;
	asked_answered(asked, line + at, id_size);
}

int asked_add(struct asked *asked, const char *line, size_t size)
{
	static const char method[] = "\"method\"";
	size_t id_at, id_size;

	if (memmem(line, size, method, sizeof(method) - 1) == NULL)
		return 0; /* an answer: nobody answers that */
	if (!asked_id(line, size, &id_at, &id_size)) {
		take_cancellation(asked, line, size);
		return 0;
	}
	while (asked->count == ASKED_MAX || (asked->count > 0 && asked->bytes + size > ASKED_BYTES_MAX))
		forget(asked, place_of(asked, 0));
	char *copy = malloc(size + 1);
	if (copy == NULL)
		return -ENOMEM;
	memcpy(copy, line, size);
	*place_of(asked, asked->count++) = (struct asked_line) { copy, size, id_at, id_size,
		memmem(line, size, listen_name, sizeof(listen_name) - 1) != NULL, 1 };
	asked->bytes += size;
	return 0;
}

bool asked_is_waiting(const struct asked *asked)
{
	for (size_t i = 0; i < asked->count; i++) {
		const struct asked_line *line = asked_at(asked, i);
		if (line != NULL && !line->is_listener)
			return true;
	}
	return false;
}

bool asked_has(const struct asked *asked, const char *id, size_t size)
{
	return find((struct asked *)asked, id, size) != NULL;
}

const struct asked_line *asked_again(struct asked *asked)
{
	for (size_t i = 0; i < asked->count; i++)
		if (place_of(asked, i)->bytes != NULL && place_of(asked, i)->times >= ASKED_TIMES_MAX)
			return place_of(asked, i);
	for (size_t i = 0; i < asked->count; i++)
		place_of(asked, i)->times += !place_of(asked, i)->is_listener;
	return NULL;
}

void asked_done(struct asked *asked)
{
	while (asked->count > 0)
		forget(asked, place_of(asked, 0));
}
