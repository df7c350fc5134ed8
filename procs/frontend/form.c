#include "frontend/form.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "ipc/json_write.h"

#define FORM_TYPE "application/x-www-form-urlencoded"

bool form_is_meant(const char *content_type, size_t content_type_size, const char *body, size_t size)
{
	size_t start = 0;

	while (start < size && memchr(" \t\r\n", body[start], 4) != NULL)
		start++;
	return content_type_size >= sizeof(FORM_TYPE) - 1 &&
	       strncasecmp(content_type, FORM_TYPE, sizeof(FORM_TYPE) - 1) == 0 && start < size &&
	       memchr(body, '=', size) != NULL && body[start] != '{' && body[start] != '[' &&
	       body[start] != '"';
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_utf8(const char *bytes, size_t size)
{
	for (size_t at = 0, length; at < size; at += length)
		if ((length = utf8_length(bytes + at, size - at)) == 0 || bytes[at] == '\0')
			return false;
	return true;
}

/* NUL-terminated, malloc'ed; NULL where it is no text. */
static char *decode(const char *text, size_t size)
{
	char *out = malloc(size + 1);
	size_t used = 0;

	for (size_t i = 0; out != NULL && i < size; i++) {
		bool is_escape =
			text[i] == '%' && i + 2 < size && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0;
		if (is_escape) {
			out[used++] = (char)(hex(text[i + 1]) << 4 | hex(text[i + 2]));
			i += 2;
		} else {
			out[used++] = text[i] == '+' ? ' ' : text[i];
		}
	}
	if (out == NULL || !is_utf8(out, used)) {
		free(out);
		return NULL;
	}
	out[used] = '\0';
	return out;
}

static const char *type_of(const struct tool *tool, const char *name)
{
	for (size_t i = 0; i < tool->argument_count; i++)
		if (strcmp(tool->arguments[i].name, name) == 0)
			return tool->arguments[i].type;
	return "string"; /* an unknown one, for tool_check_arguments to name */
}

static void add_to_list(struct json_object *object, const char *name, const char *value)
{
	struct json_object *list;

	if (!json_object_object_get_ex(object, name, &list)) {
		list = json_object_new_array();
		json_object_object_add(object, name, list);
	}
	for (const char *at = value; *at != '\0' && json_object_array_length(list) <= TOOL_LIST_MAX;) {
		size_t length = strcspn(at, ",");
		if (length > 0)
			json_object_array_add(list, json_object_new_string_len(at, (int)length));
		at += length;
		at += *at == ',';
	}
}

static void add_field(
	const struct tool *tool, struct json_object *object, const char *name, const char *value)
{
	const char *type = type_of(tool, name);
	bool is_boolean =
		strcmp(type, "boolean") == 0 && (strcmp(value, "true") == 0 || strcmp(value, "false") == 0);

	if (value[0] == '\0')
		return;
	if (strcmp(type, "strings") == 0)
		add_to_list(object, name, value);
	else
		json_object_object_add(object, name,
			is_boolean ? json_object_new_boolean(value[0] == 't')
				   : json_object_new_string(value));
}

struct json_object *form_parse(const struct tool *tool, const char *body, size_t size)
{
	struct json_object *object = json_object_new_object();
	size_t fields = 0;

	for (size_t at = 0; object != NULL && at < size;) {
		const char *field = body + at, *end = memchr(field, '&', size - at);
		size_t length = end != NULL ? (size_t)(end - field) : size - at;
		const char *equals = memchr(field, '=', length);
		size_t name_size = equals != NULL ? (size_t)(equals - field) : length;
		CLEANUP(freep) char *name = decode(field, name_size);
		CLEANUP(freep)
		char *value = equals != NULL ? decode(equals + 1, length - name_size - 1) : strdup("");
		if (name == NULL || value == NULL || ++fields > FORM_FIELDS_MAX) {
			json_object_put(object);
			return NULL;
		}
		add_field(tool, object, name, value);
		at += length + 1;
	}
	return object;
}
