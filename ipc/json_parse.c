/*
 * One strict JSON value. json-c's own strict mode lets single quotes, NaN, raw control characters, duplicate keys and
 * lone surrogates pass, so the grammar of RFC 8259 is checked here before json-c builds the tree.
 */
#include <limits.h>
#include <string.h>

#include "ipc/json_write.h"
#include "ipc/tools.h"

#define PARSE_DEPTH_MAX 32

struct scan {
	const char *bytes;
	size_t size, at;
	size_t members; /* of all objects, to find duplicate keys */
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

static bool take_number(struct scan *scan)
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

static bool take_escape(struct scan *scan)
{
	int unit;

	if (!take(scan, 'u')) {
		if (peek(scan) < 0 || memchr("\"\\/bfnrt", peek(scan), 8) == NULL)
			return false;
		scan->at++;
		return true;
	}
	unit = take_hex4(scan);
	if (unit < 0 || (unit >= 0xdc00 && unit <= 0xdfff))
		return false;
	if (unit < 0xd800 || unit > 0xdbff)
		return true;
	if (!take(scan, '\\') || !take(scan, 'u'))
		return false;
	unit = take_hex4(scan);
	return unit >= 0xdc00 && unit <= 0xdfff;
}

static bool take_string(struct scan *scan)
{
	if (!take(scan, '"'))
		return false;
	while (!take(scan, '"')) {
		size_t length = utf8_length(scan->bytes + scan->at, scan->size - scan->at);
		if (length == 0 || peek(scan) < 0x20)
			return false;
		if (take(scan, '\\')) {
			if (!take_escape(scan))
				return false;
		} else
			scan->at += length;
	}
	return true;
}

static bool take_scalar(struct scan *scan)
{
	switch (peek(scan)) {
	case '"': return take_string(scan);
	case 't': return take_word(scan, "true");
	case 'f': return take_word(scan, "false");
	case 'n': return take_word(scan, "null");
	default: return take_number(scan);
	}
}

static bool take_key(struct scan *scan)
{
	skip_space(scan);
	if (!take_string(scan))
		return false;
	skip_space(scan);
	scan->members++;
	return take(scan, ':');
}

/* Iterative: `open` is the stack of brackets. */
static bool take_value(struct scan *scan)
{
	char open[PARSE_DEPTH_MAX];
	size_t depth = 0;

	for (;;) {
		skip_space(scan);
		if (peek(scan) == '{' || peek(scan) == '[') {
			if (depth == PARSE_DEPTH_MAX)
				return false;
			open[depth++] = scan->bytes[scan->at++];
			skip_space(scan);
			if (peek(scan) !=
				open[depth - 1] + 2) { /* ASCII: the closing bracket is two further */
				if (open[depth - 1] == '{' && !take_key(scan))
					return false;
				continue;
			}
		} else if (!take_scalar(scan))
			return false;
		/* a value ended: close what closes, then expect a comma */
		for (skip_space(scan); depth > 0 && take(scan, (char)(open[depth - 1] + 2)); skip_space(scan))
			depth--;
		if (depth == 0)
			return true;
		if (!take(scan, ',') || (open[depth - 1] == '{' && !take_key(scan)))
			return false;
	}
}

/* The tree is at most PARSE_DEPTH_MAX deep. */
static size_t count_members(struct json_object *object) // NOLINT(misc-no-recursion)
{
	size_t count = 0;

	if (json_object_is_type(object, json_type_object)) {
		json_object_object_foreach(object, key, value)
		{
			(void)key;
			count += 1 + count_members(value);
		}
	} else if (json_object_is_type(object, json_type_array))
		for (size_t i = 0; i < json_object_array_length(object); i++)
			count += count_members(json_object_array_get_idx(object, i));
	return count;
}

static struct json_object *build(const char *bytes, size_t size)
{
	struct json_tokener *tokener = json_tokener_new_ex(PARSE_DEPTH_MAX + 1);
	struct json_object *value;

	if (tokener == NULL)
		return NULL;
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	value = json_tokener_parse_ex(tokener, bytes, (int)size);
	if (value == NULL && json_tokener_get_error(tokener) == json_tokener_continue)
		value = json_tokener_parse_ex(tokener, "", 1); /* a bare number ends at the NUL */
	json_tokener_free(tokener);
	return value;
}

struct json_object *json_parse_strict(const char *bytes, size_t size, size_t *ret_offset)
{
	struct scan scan = { .bytes = bytes, .size = size };
	struct json_object *value;
	bool is_value;

	*ret_offset = 0;
	if (size >= INT_MAX)
		return NULL;
	is_value = take_value(&scan);
	skip_space(&scan);
	*ret_offset = scan.at;
	if (!is_value || scan.at != size)
		return NULL;
	value = build(bytes, size);
	/* json-c keeps the last of equal keys: then fewer members are there than were written. */
	if (value != NULL && count_members(value) != scan.members) {
		json_object_put(value);
		return NULL;
	}
	return value;
}
