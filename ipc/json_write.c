#include "ipc/json_write.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 1024

static bool make_room(struct json_writer *writer, size_t size)
{
	size_t room = writer->room == 0 ? FIRST_ROOM : writer->room;
	char *bytes;

	if (writer->failure != 0)
		return false;
	if (writer->size + size < writer->room && size < writer->room) /* also where the sum wraps */
		return true;
	if (size > SIZE_MAX / 4 || writer->size > SIZE_MAX / 4) {
		writer->failure = -E2BIG;
		return false;
	}
	while (room < writer->size + size + 1)
		room *= 2;
	if (room == writer->room)
		return true;
	bytes = realloc(writer->bytes, room);
	if (bytes == NULL) {
		writer->failure = -ENOMEM;
		return false;
	}
	writer->bytes = bytes;
	writer->room = room;
	return true;
}

static void put(struct json_writer *writer, const char *bytes, size_t size)
{
	if (!make_room(writer, size))
		return;
	memcpy(writer->bytes + writer->size, bytes, size);
	writer->size += size;
}

/* Structure is single bytes, several for each member. */
static void put_one(struct json_writer *writer, char byte)
{
	if (make_room(writer, 1))
		writer->bytes[writer->size++] = byte;
}

size_t utf8_length(const char *bytes, size_t size)
{
	const unsigned char *b = (const unsigned char *)bytes;
	size_t length;

	if (size == 0)
		return 0;
	if (b[0] < 0x80)
		return 1;
	length = b[0] >= 0xc2 && b[0] <= 0xdf   ? 2
		 : (b[0] & 0xf0) == 0xe0        ? 3
		 : b[0] >= 0xf0 && b[0] <= 0xf4 ? 4
						: 0;
	if (length == 0 || length > size)
		return 0;
	for (size_t i = 1; i < length; i++)
		if ((b[i] & 0xc0) != 0x80)
			return 0;
	/* overlong forms, surrogates, beyond U+10FFFF (RFC 3629 §4) */
	if ((b[0] == 0xe0 && b[1] < 0xa0) || (b[0] == 0xed && b[1] > 0x9f) || (b[0] == 0xf0 && b[1] < 0x90) ||
		(b[0] == 0xf4 && b[1] > 0x8f))
		return 0;
	return length;
}

/* What has to be, in the shortest form (RFC 8785): so other programs that write canonical JSON get the same hashes. */
static void put_escaped(struct json_writer *writer, char c)
{
	char escape[8];

	switch (c) {
	case '\b': put(writer, "\\b", 2); break;
	case '\f': put(writer, "\\f", 2); break;
	case '\n': put(writer, "\\n", 2); break;
	case '\r': put(writer, "\\r", 2); break;
	case '\t': put(writer, "\\t", 2); break;
	default: snprintf(escape, sizeof(escape), "\\u%04x", (unsigned char)c); put(writer, escape, 6);
	}
}

#define EACH_BYTE(value) (UINT64_C(0x0101010101010101) * (value))

/* Eight bytes none of which is a quote, a backslash, a control character or beyond ASCII (a borrow may hide a plain one, never
 * another). */
static bool are_plain(const char *bytes)
{
	uint64_t word;

	memcpy(&word, bytes, sizeof(word));
	return ((word | (word - EACH_BYTE(0x20)) | ((word ^ EACH_BYTE('"')) - EACH_BYTE(1)) |
			((word ^ EACH_BYTE('\\')) - EACH_BYTE(1))) &
		       EACH_BYTE(0x80)) == 0;
}

/* An answer goes out as a string in a string, thousands of times a second: what it nearly all consists of, printable ASCII
 * and its quotes, is written without a look at the room for each. How many bytes it took. */
static size_t put_printable(struct json_writer *writer, const char *bytes, size_t size)
{
	size_t done = 0;

	if (!make_room(writer, 2 * size))
		return 0;
	char *to = writer->bytes + writer->size;
	while (done < size && (unsigned char)(bytes[done] - 0x20) < 0x60) {
		for (; size - done >= 8 && are_plain(bytes + done); done += 8, to += 8)
			memcpy(to, bytes + done, 8);
		/* no branch: no processor foresees where a quote comes */
		for (size_t end = size - done > 8 ? done + 8 : size;
			done < end && (unsigned char)(bytes[done] - 0x20) < 0x60; done++) {
			*to = '\\';
			to += (bytes[done] == '"') | (bytes[done] == '\\');
			*to++ = bytes[done];
		}
	}
	writer->size = (size_t)(to - writer->bytes);
	return done;
}

static void put_string(struct json_writer *writer, const char *bytes, size_t size)
{
	put_one(writer, '"');
	for (size_t i = 0, length; i < size && writer->failure == 0; i += length) {
		length = put_printable(writer, bytes + i, size - i);
		if (length > 0)
			continue;
		length = utf8_length(bytes + i, size - i);
		if (length > 1) {
			put(writer, bytes + i, length);
		} else if (length == 1) {
			put_escaped(writer, bytes[i]);
		} else {
			put(writer, "\xef\xbf\xbd", 3);
			length = 1;
		}
	}
	put_one(writer, '"');
}

/* The comma and the key before a value. */
static void begin(struct json_writer *writer, const char *key)
{
	if (writer->depth > 0) {
		if (writer->has_member[writer->depth - 1])
			put_one(writer, ',');
		writer->has_member[writer->depth - 1] = true;
	}
	if (key != NULL) {
		put_string(writer, key, strlen(key));
		put_one(writer, ':');
	}
}

static void open_level(struct json_writer *writer, const char *key, char bracket)
{
	begin(writer, key);
	if (writer->depth == JSON_DEPTH_MAX) {
		writer->failure = -E2BIG;
		return;
	}
	writer->has_member[writer->depth++] = false;
	put_one(writer, bracket);
}

static void close_level(struct json_writer *writer, char bracket)
{
	if (writer->depth > 0)
		writer->depth--;
	put_one(writer, bracket);
}

void json_open_object(struct json_writer *writer, const char *key)
{
	open_level(writer, key, '{');
}

void json_close_object(struct json_writer *writer)
{
	close_level(writer, '}');
}

void json_open_array(struct json_writer *writer, const char *key)
{
	open_level(writer, key, '[');
}

void json_close_array(struct json_writer *writer)
{
	close_level(writer, ']');
}

void json_write_bytes(struct json_writer *writer, const char *key, const char *bytes, size_t size)
{
	begin(writer, key);
	put_string(writer, bytes, size);
}

void json_write_text(struct json_writer *writer, const char *key, const char *text)
{
	json_write_bytes(writer, key, text, strlen(text));
}

void json_write_number(struct json_writer *writer, const char *key, double value)
{
	char text[32];

	if (json_format_number(value, text) < 0) {
		writer->failure = -ERANGE;
		return;
	}
	begin(writer, key);
	put(writer, text, strlen(text));
}

void json_write_integer(struct json_writer *writer, const char *key, int64_t value)
{
	char text[32];
	int size = snprintf(text, sizeof(text), "%lld", (long long)value);

	begin(writer, key);
	put(writer, text, (size_t)size);
}

void json_write_boolean(struct json_writer *writer, const char *key, bool value)
{
	begin(writer, key);
	put(writer, value ? "true" : "false", value ? 4 : 5);
}

void json_write_unknown(struct json_writer *writer)
{
	json_write_raw(writer, NULL, "null", 4);
}

void json_write_raw(struct json_writer *writer, const char *key, const char *json, size_t size)
{
	begin(writer, key);
	put(writer, json, size);
}

void json_write_members(struct json_writer *writer, const char *object, size_t size)
{
	if (size <= 2)
		return;
	begin(writer, NULL);
	put(writer, object + 1, size - 2);
}

int json_take(struct json_writer *writer, char **ret_text, size_t *ret_size)
{
	int r = writer->failure;

	if (r == 0 && !make_room(writer, 0))
		r = writer->failure;
	if (r < 0) {
		json_done(writer);
		return r;
	}
	writer->bytes[writer->size] = '\0';
	*ret_text = writer->bytes;
	*ret_size = writer->size;
	*writer = (struct json_writer) { 0 };
	return 0;
}

void json_done(struct json_writer *writer)
{
	free(writer->bytes);
	*writer = (struct json_writer) { 0 };
}
