#include "frontend/mcp/message.h"

#include <stdio.h>
#include <string.h>

#include "ipc/json_write.h"
#include "ipc/tools.h"

static const char blanks[] = " \t\r\n";

/* A quoted key. One with an escape is told by what it says: "i\u0064" is "id". */
static bool is_key(const char *quoted, size_t size, const char *key)
{
	size_t offset;

	if (memchr(quoted, '\\', size) == NULL)
		return size == strlen(key) + 2 && memcmp(quoted + 1, key, size - 2) == 0;
	struct json_object *text = json_parse_strict(quoted, size, &offset);
	bool is_same = text != NULL && strcmp(json_object_get_string(text), key) == 0;
	json_object_put(text);
	return is_same;
}

/* The bytes of a top-level member's value, in text that json_parse_strict() has accepted as an object. */
static bool find_raw(const char *text, size_t size, const char *key, const char **ret_start, size_t *ret_size)
{
	size_t depth = 0, value = 0;
	bool is_wanted = false;

	for (size_t i = 0; i < size; i++) {
		char c = text[i];
		if (c == '"') {
			size_t start = i;
			for (i++; text[i] != '"'; i++)
				i += text[i] == '\\';
			if (depth == 1 && value == 0)
				is_wanted = is_key(text + start, i + 1 - start, key);
		} else if (c == ':' && depth == 1 && value == 0) {
			value = i + 1;
		} else if (depth == 1 && value != 0 && (c == ',' || c == '}')) {
			if (is_wanted) {
				*ret_start = text + value;
				*ret_size = i - value;
				return true;
			}
			value = 0;
		} else if (c == '{' || c == '[') {
			depth++;
		}
		depth -= c == '}' || c == ']';
	}
	return false;
}

static void trim(const char **start, size_t *size)
{
	while (*size > 0 && strchr(blanks, (*start)[0]) != NULL)
		(*start)++, (*size)--;
	while (*size > 0 && strchr(blanks, (*start)[*size - 1]) != NULL)
		(*size)--;
}

/* String or integer, as the protocol wants; 0 = no id, -1 = one that is not allowed. */
static int read_id(const char *text, size_t size, struct message *message)
{
	const char *start;
	size_t length;

	if (!find_raw(text, size, "id", &start, &length))
		return 0;
	trim(&start, &length);
	bool is_integer = length > 0 && strspn(start, "-0123456789") >= length;
	if (length == 0 || length >= MESSAGE_ID_MAX || (start[0] != '"' && !is_integer))
		return -1;
	memcpy(message->id, start, length);
	message->id[length] = '\0';
	message->id_at = (size_t)(start - text);
	return 1;
}

struct json_object *object_member(struct json_object *object, const char *key, enum json_type type)
{
	struct json_object *member;

	return json_object_is_type(object, json_type_object) &&
			       json_object_object_get_ex(object, key, &member) &&
			       json_object_is_type(member, type)
		       ? member
		       : NULL;
}

const char *text_member(struct json_object *object, const char *key)
{
	struct json_object *member = object_member(object, key, json_type_string);
	const char *text = member != NULL ? json_object_get_string(member) : NULL;

	/* what stands behind a U+0000 must not be overlooked: "ping\u0000x" is not "ping" */
	return text != NULL && strlen(text) == (size_t)json_object_get_string_len(member) ? text : NULL;
}

static int refuse(char why[static 96], int code, const char *text)
{
	snprintf(why, 96, "%s", text);
	return code;
}

static int read_params(struct message *message, char why[static 96])
{
	struct json_object *params = NULL;

	json_object_object_get_ex(message->root, "params", &params);
	if (params == NULL)
		return 0;
	if (!json_object_is_type(params, json_type_object))
		return refuse(why, RPC_INVALID_PARAMS, "params must be an object");
	message->params = params;
	message->meta = object_member(params, "_meta", json_type_object);
	return 0;
}

/* What the other side could not read of ours (JSON-RPC 2.0 §5). Whoever answers such an error may hear one in turn, for ever. */
static bool is_error_without_id(struct json_object *root)
{
	struct json_object *id;

	return json_object_object_get_ex(root, "id", &id) && id == NULL &&
	       object_member(root, "error", json_type_object) != NULL &&
	       !json_object_object_get_ex(root, "method", NULL);
}

static int read_members(const char *bytes, size_t size, struct message *message, char why[static 96])
{
	const char *jsonrpc = text_member(message->root, "jsonrpc");
	int id = is_error_without_id(message->root) ? 0 : read_id(bytes, size, message);

	if (jsonrpc == NULL || strcmp(jsonrpc, "2.0") != 0 || id < 0)
		return refuse(
			why, RPC_INVALID_REQUEST, "jsonrpc must be \"2.0\" and id a string or an integer");
	message->method = text_member(message->root, "method");
	if (message->method != NULL) {
		message->kind = id > 0 ? MESSAGE_REQUEST : MESSAGE_NOTIFICATION;
		return read_params(message, why);
	}
	message->method = "";
	message->kind = MESSAGE_RESPONSE;
	if (json_object_object_get_ex(message->root, "method", NULL) ||
		(!json_object_object_get_ex(message->root, "result", NULL) &&
			!json_object_object_get_ex(message->root, "error", NULL)))
		return refuse(why, RPC_INVALID_REQUEST, "method must be a string");
	return 0;
}

int message_parse(const char *bytes, size_t size, struct message *ret_message, char why[static 96])
{
	size_t offset = 0;

	*ret_message = (struct message) { .method = "" };
	ret_message->root = json_parse_strict(bytes, size, &offset);
	if (ret_message->root == NULL) {
		snprintf(why, 96, "not one valid JSON value (at byte %zu)", offset);
		return RPC_PARSE_ERROR;
	}
	if (json_object_is_type(ret_message->root, json_type_object))
		return read_members(bytes, size, ret_message, why);
	return refuse(why, RPC_INVALID_REQUEST,
		json_object_is_type(ret_message->root, json_type_array)
			? "batches are not part of this protocol version"
			: "a message is a JSON object");
}

void message_done(struct message *message)
{
	json_object_put(message->root);
	*message = (struct message) { .method = "" };
}

char *message_refusal(int code, const char *why, const char *id, const char *data, size_t *ret_size)
{
	struct json_writer writer = { 0 };
	char *text = NULL;

	json_open_object(&writer, NULL);
	json_write_text(&writer, "jsonrpc", "2.0");
	json_write_raw(&writer, "id", id[0] != '\0' ? id : "null", id[0] != '\0' ? strlen(id) : 4);
	json_open_object(&writer, "error");
	json_write_integer(&writer, "code", code);
	json_write_text(&writer, "message", why);
	if (data[0] != '\0')
		json_write_raw(&writer, "data", data, strlen(data));
	json_close_object(&writer);
	json_close_object(&writer);
	return json_take(&writer, &text, ret_size) == 0 ? text : NULL;
}

/* batches */

bool message_is_batch(const char *bytes, size_t size)
{
	trim(&bytes, &size);
	return size > 0 && bytes[0] == '[';
}

bool message_next(
	const char *bytes, size_t size, size_t *at, const char **ret_element, size_t *ret_element_size)
{
	size_t depth = *at == 0 ? 0 : 1, start = *at;

	for (size_t i = *at; i < size; i++) {
		char c = bytes[i];
		if (c == '"')
			for (i++; bytes[i] != '"'; i++)
				i += bytes[i] == '\\';
		bool is_end = depth == 1 && (c == ',' || c == ']');
		if (is_end) {
			*ret_element = bytes + start;
			*ret_element_size = i - start;
			trim(ret_element, ret_element_size);
			*at = i + 1;
			return *ret_element_size > 0;
		}
		if (c == '{' || c == '[')
			depth++;
		if (depth == 1 && c == '[')
			start = i + 1;
		depth -= c == '}' || c == ']';
	}
	return false;
}
