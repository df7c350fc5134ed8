/*
 * One strict JSON value. json-c's own strict mode lets single quotes, NaN, raw control characters, duplicate keys and
 * lone surrogates pass, so the grammar of RFC 8259 is checked here, and the tree built on the way: its tokener would read all
 * of it once more, and take a locale of its own each time.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "ipc/json_write.h"
#include "ipc/tools.h"

#define PARSE_DEPTH_MAX 32
#define PLAIN_DIGITS    18 /* of an integer that fits whatever they are */

struct scan {
	const char *bytes;
	size_t size, at;
	/* What strings say: the key that a value is awaited for, with its NUL, and behind it the value. It is never longer than what
	 * was read. */
	char *said;
	size_t key_size;
	struct json_object *root, *open[PARSE_DEPTH_MAX];
	size_t depth;
	bool has_twins; /* two members of an object have one key */
};

static int peek(const struct scan *scan)
{
	return scan->at < scan->size ? (unsigned char)scan->bytes[scan->at] : -1;
}

static bool take(struct scan *scan, char c)
{
	if (peek(scan) != (unsigned char)c)
		return false;
	scan->at++;
	return true;
}

static void skip_space(struct scan *scan)
{
	while (peek(scan) == ' ' || peek(scan) == '\t' || peek(scan) == '\n' || peek(scan) == '\r')
		scan->at++;
}

static bool take_word(struct scan *scan, const char *word)
{
	size_t size = strlen(word);

	if (scan->size - scan->at < size || memcmp(scan->bytes + scan->at, word, size) != 0)
		return false;
	scan->at += size;
	return true;
}

static bool take_digits(struct scan *scan)
{
	size_t from = scan->at;

	while (peek(scan) >= '0' && peek(scan) <= '9')
		scan->at++;
	return scan->at > from;
}

static bool skip_number(struct scan *scan)
{
	take(scan, '-');
	if (!take(scan, '0') && !take_digits(scan))
		return false;
	if (take(scan, '.') && !take_digits(scan))
		return false;
	if (take(scan, 'e') || take(scan, 'E')) {
		if (!take(scan, '+'))
			take(scan, '-');
		return take_digits(scan);
	}
	return true;
}

/* The four hex digits after \u; -1 if there are none. */
static int take_hex4(struct scan *scan)
{
	int value = 0;

	for (int i = 0; i < 4; i++, scan->at++) {
		int c = peek(scan);
		int digit = c >= '0' && c <= '9'   ? c - '0'
			    : c >= 'a' && c <= 'f' ? c - 'a' + 10
			    : c >= 'A' && c <= 'F' ? c - 'A' + 10
						   : -1;
		if (digit < 0)
			return -1;
		value = value * 16 + digit;
	}
	return value;
}

/* A character by its number, in UTF-8. */
static char *say(char *to, int character)
{
	if (character >= 0x10000)
		*to++ = (char)(0xf0 | character >> 18);
	if (character >= 0x800)
		*to++ = (char)((character < 0x10000 ? 0xe0 : 0x80) |
			       (character >> 12 & (character < 0x10000 ? 0x0f : 0x3f)));
	if (character >= 0x80)
		*to++ = (char)((character < 0x800 ? 0xc0 : 0x80) |
			       (character >> 6 & (character < 0x800 ? 0x1f : 0x3f)));
	*to++ = (char)(character < 0x80 ? character : 0x80 | (character & 0x3f));
	return to;
}

/* What stands behind the backslash. */
static bool take_escape(struct scan *scan, char **to)
{
	static const char escapes[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
	const char *escape;
	int unit, second;

	if (!take(scan, 'u')) {
		escape = peek(scan) < 0 ? NULL : memchr(escapes, peek(scan), sizeof(escapes) - 1);
		if (escape == NULL)
			return false;
		*(*to)++ = meant[escape - escapes];
		scan->at++;
		return true;
	}
	unit = take_hex4(scan);
	if (unit < 0 || (unit >= 0xdc00 && unit <= 0xdfff))
		return false;
	if (unit >= 0xd800 && unit <= 0xdbff) {
		if (!take(scan, '\\') || !take(scan, 'u'))
			return false;
		second = take_hex4(scan);
		if (second < 0xdc00 || second > 0xdfff)
			return false;
		unit = 0x10000 + ((unit - 0xd800) << 10) + (second - 0xdc00);
	}
	*to = say(*to, unit);
	return true;
}

/* What it says is written to `to`, without a NUL. */
static bool take_string(struct scan *scan, char *to, size_t *ret_size)
{
	const char *begin = to;

	if (!take(scan, '"'))
		return false;
	while (!take(scan, '"')) {
		size_t length = utf8_length(scan->bytes + scan->at, scan->size - scan->at);
		if (length == 0 || peek(scan) < 0x20)
			return false;
		if (take(scan, '\\')) {
			if (!take_escape(scan, &to))
				return false;
			continue;
		}
		for (; length > 0; length--)
			*to++ = scan->bytes[scan->at++];
	}
	*ret_size = (size_t)(to - begin);
	return true;
}

/* Into the innermost open object or array; takes the value over. */
static bool place(struct scan *scan, struct json_object *value)
{
	struct json_object *parent = scan->depth > 0 ? scan->open[scan->depth - 1] : NULL;
	int r = 0;

	if (parent == NULL) {
		scan->root = value;
	} else if (json_object_is_type(parent, json_type_array)) {
		r = json_object_array_add(parent, value);
	} else {
		bool is_twin = json_object_object_get_ex(parent, scan->said, NULL);
		scan->has_twins |= is_twin;
		r = json_object_object_add_ex(
			parent, scan->said, value, is_twin ? 0 : JSON_C_OBJECT_ADD_KEY_IS_NEW);
	}
	if (r < 0)
		json_object_put(value);
	return r == 0;
}

static bool place_made(struct scan *scan, struct json_object *value)
{
	return value != NULL && place(scan, value); /* NULL is null, or no memory */
}

static bool place_word(struct scan *scan, const char *word, struct json_object *value)
{
	if (take_word(scan, word))
		return place(scan, value);
	json_object_put(value);
	return false;
}

static bool place_string(struct scan *scan)
{
	char *to = scan->said + scan->key_size;
	size_t size;

	return take_string(scan, to, &size) && place_made(scan, json_object_new_string_len(to, (int)size));
}

/* As json-c has numbers: those beyond its integers are cut to them, and one with a fraction keeps its text. */
static struct json_object *number_of(const char *text, size_t size)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *value;

	if (tokener == NULL)
		return NULL;
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	value = json_tokener_parse_ex(tokener, text, (int)size);
	if (value == NULL && json_tokener_get_error(tokener) == json_tokener_continue)
		value = json_tokener_parse_ex(tokener, "", 1); /* a bare number ends at the NUL */
	json_tokener_free(tokener);
	return value;
}

static bool place_number(struct scan *scan)
{
	const char *text = scan->bytes + scan->at;
	int64_t value = 0;
	size_t size, i;

	if (!skip_number(scan))
		return false;
	size = (size_t)(scan->bytes + scan->at - text);
	for (i = text[0] == '-'; i < size && i < PLAIN_DIGITS && text[i] >= '0' && text[i] <= '9'; i++)
		value = value * 10 + (text[i] - '0');
	if (i == size)
		return place_made(scan, json_object_new_int64(text[0] == '-' ? -value : value));
	return place_made(scan, number_of(text, size));
}

static bool place_scalar(struct scan *scan)
{
	switch (peek(scan)) {
	case '"': return place_string(scan);
	case 't': return place_word(scan, "true", json_object_new_boolean(1));
	case 'f': return place_word(scan, "false", json_object_new_boolean(0));
	case 'n': return place_word(scan, "null", NULL);
	default: return place_number(scan);
	}
}

static bool take_key(struct scan *scan)
{
	size_t size;

	skip_space(scan);
	if (!take_string(scan, scan->said, &size))
		return false;
	scan->said[size] = '\0';
	scan->key_size = size + 1;
	skip_space(scan);
	return take(scan, ':');
}

static bool open_level(struct scan *scan)
{
	struct json_object *value;

	if (scan->depth == PARSE_DEPTH_MAX)
		return false;
	value = scan->bytes[scan->at++] == '{' ? json_object_new_object() : json_object_new_array();
	if (!place_made(scan, value))
		return false;
	scan->open[scan->depth++] = value;
	return true;
}

static bool is_in_object(const struct scan *scan)
{
	return scan->depth > 0 && json_object_is_type(scan->open[scan->depth - 1], json_type_object);
}

/* Does what is open end here? */
static bool take_end(struct scan *scan)
{
	skip_space(scan);
	return scan->depth > 0 && take(scan, is_in_object(scan) ? '}' : ']');
}

static bool take_value(struct scan *scan)
{
	for (;;) {
		skip_space(scan);
		if (peek(scan) == '{' || peek(scan) == '[') {
			if (!open_level(scan))
				return false;
			if (!take_end(scan)) {
				if (is_in_object(scan) && !take_key(scan))
					return false;
				continue;
			}
			scan->depth--;
		} else if (!place_scalar(scan))
			return false;
		/* a value ended: close what closes, then expect a comma */
		while (take_end(scan))
			scan->depth--;
		if (scan->depth == 0)
			return true;
		if (!take(scan, ',') || (is_in_object(scan) && !take_key(scan)))
			return false;
	}
}

struct json_object *json_parse_strict(const char *bytes, size_t size, size_t *ret_offset)
{
	struct scan scan = { .bytes = bytes, .size = size };
	bool is_value;

	*ret_offset = 0;
	if (size >= INT_MAX)
		return NULL;
	CLEANUP(freep) char *said = malloc(size + 1);
	if (said == NULL)
		return NULL;
	scan.said = said;
	is_value = take_value(&scan);
	skip_space(&scan);
	*ret_offset = scan.at;
	if (is_value && scan.at == size && !scan.has_twins)
		return scan.root;
	json_object_put(scan.root);
	return NULL;
}
