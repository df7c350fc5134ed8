#include "cli/mcp/line.h"

#include <openssl/evp.h>
#include <string.h>

#include "ipc/json_write.h"
#include "ipc/tools.h"

#define PARSE_ERROR    (-32700)
#define INTERNAL_ERROR (-32603)

/* messages */

static struct json_object *parse_object(const char *bytes, size_t size)
{
	size_t offset;
	struct json_object *value = json_parse_strict(bytes, size, &offset);

	if (json_object_is_type(value, json_type_object))
		return value;
	json_object_put(value);
	return NULL;
}

static const char blanks[4] = { ' ', '\t', '\r', '\n' };

/* Past the string that begins at `at`; 0 where it does not end. */
static size_t skip_string(const char *bytes, size_t size, size_t at)
{
	for (at++; at < size && (unsigned char)bytes[at] >= 0x20; at++) {
		if (bytes[at] == '"')
			return at + 1;
		at += bytes[at] == '\\';
	}
	return 0;
}

/* Looks as far as the member; the rest is for the client's parser, who reads it anyway. Answers can be long. */
bool mcp_line_is_message(const char *bytes, size_t size)
{
	static const char key[] = "\"jsonrpc\"";
	size_t depth = 0, end;

	while (size > 0 && memchr(blanks, bytes[size - 1], sizeof(blanks)) != NULL)
		size--;
	while (size > 0 && memchr(blanks, bytes[0], sizeof(blanks)) != NULL)
		bytes++, size--;
	if (size > 1 && bytes[0] == '[' &&
		bytes[size - 1] == ']') /* answers to a batch: the first stands for all */
		for (bytes++, size -= 2; size > 0 && memchr(blanks, bytes[0], sizeof(blanks)) != NULL; size--)
			bytes++;
	if (size == 0 || bytes[0] != '{' || bytes[size - 1] != '}' || memchr(bytes, '\0', size) != NULL)
		return false;
	for (size_t at = 0; at < size; at = end) {
		end = bytes[at] == '"' ? skip_string(bytes, size, at) : at + 1;
		if (end == 0)
			return false;
		if (depth == 1 && end - at == sizeof(key) - 1 && memcmp(bytes + at, key, end - at) == 0)
			return true;
		depth += bytes[at] == '{' || bytes[at] == '[';
		depth -= bytes[at] == '}' || bytes[at] == ']';
		if (depth == 0)
			return false;
	}
	return false;
}

static const char *text_of_member(struct json_object *object, const char *key)
{
	struct json_object *member;

	return json_object_is_type(object, json_type_object) &&
			       json_object_object_get_ex(object, key, &member) &&
			       json_object_is_type(member, json_type_string)
		       ? json_object_get_string(member)
		       : "";
}

static void copy_json(char *to, size_t size, struct json_object *object, const char *key)
{
	struct json_object *member;

	if (json_object_is_type(object, json_type_object) &&
		json_object_object_get_ex(object, key, &member) && member != NULL)
		snprintf(to, size, "%s",
			json_object_to_json_string_ext(
				member, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
}

/* What a header cannot carry goes as =?base64?…?= (revision 2026-07-28). */
static void copy_header(char *to, size_t size, const char *value)
{
	static const char begin[] = "=?base64?";
	size_t length = strlen(value);
	bool is_plain = length > 0 && value[0] != ' ' && value[length - 1] != ' ' &&
			strncmp(value, begin, sizeof(begin) - 1) != 0;

	for (const char *at = value; *at != '\0'; at++)
		is_plain = is_plain && *at >= 0x20 && *at < 0x7f;
	to[0] = '\0';
	if (is_plain && length < size) {
		snprintf(to, size, "%s", value);
	} else if (length > 0 && sizeof(begin) + (length + 2) / 3 * 4 + 2 < size) {
		memcpy(to, begin, sizeof(begin) - 1);
		int used = EVP_EncodeBlock(
			(unsigned char *)to + sizeof(begin) - 1, (const unsigned char *)value, (int)length);
		memcpy(to + sizeof(begin) - 1 + used, "?=", 3);
	}
}

void mcp_line_read(const char *line, size_t size, struct mcp_line_facts *ret_facts)
{
	struct json_object *root = parse_object(line, size), *params = NULL, *meta = NULL;

	*ret_facts = (struct mcp_line_facts) { 0 };
	if (root == NULL)
		return;
	json_object_object_get_ex(root, "params", &params);
	if (json_object_is_type(params, json_type_object))
		json_object_object_get_ex(params, "_meta", &meta);
	snprintf(ret_facts->method, sizeof(ret_facts->method), "%s", text_of_member(root, "method"));
	copy_json(ret_facts->id, sizeof(ret_facts->id), root, "id");
	const char *version = text_of_member(meta, "io.modelcontextprotocol/protocolVersion");
	if (strlen(version) < sizeof(ret_facts->version) && strpbrk(version, "\r\n") == NULL)
		snprintf(ret_facts->version, sizeof(ret_facts->version), "%s", version);
	copy_header(ret_facts->name, sizeof(ret_facts->name),
		text_of_member(params, strcmp(ret_facts->method, "resources/read") == 0 ? "uri" : "name"));
	if (strcmp(ret_facts->method, "notifications/cancelled") == 0)
		copy_json(ret_facts->cancelled, sizeof(ret_facts->cancelled), params, "requestId");
	json_object_put(root);
}

bool mcp_line_negotiated(const char *message, size_t size, char ret_version[static MCP_LINE_VERSION_MAX])
{
	struct json_object *root, *result, *version;
	bool is_found = false;

	if (memmem(message, size, "protocolVersion", 15) == NULL)
		return false; /* spares the parse of every answer */
	root = parse_object(message, size);
	if (root != NULL && json_object_object_get_ex(root, "result", &result) &&
		json_object_is_type(result, json_type_object) &&
		json_object_object_get_ex(result, "protocolVersion", &version) &&
		json_object_is_type(version, json_type_string)) {
		const char *text = json_object_get_string(version);
		/* it goes into a header: nothing but what a revision is made of */
		is_found = strlen(text) < MCP_LINE_VERSION_MAX && strspn(text, "0123456789-") == strlen(text);
		if (is_found)
			memcpy(ret_version, text, strlen(text) + 1);
	}
	json_object_put(root);
	return is_found;
}

void mcp_line_reason(const char *body, size_t size, char *reason, size_t room)
{
	struct json_object *root = body != NULL ? parse_object(body, size) : NULL, *error = NULL;

	if (root != NULL)
		json_object_object_get_ex(root, "error", &error);
	const char *message = text_of_member(error, "message"), *hint = text_of_member(error, "hint");
	snprintf(reason, room, "%s%s%s", message, hint[0] != '\0' ? " " : "", hint);
	json_object_put(root);
}

static char *error_message(
	int code, const char *text, const char *id, const char *data, size_t data_size, size_t *ret_size)
{
	struct json_writer writer = { 0 };
	char *message = NULL;

	json_open_object(&writer, NULL);
	json_write_text(&writer, "jsonrpc", "2.0");
	json_write_raw(&writer, "id", id, strlen(id));
	json_open_object(&writer, "error");
	json_write_integer(&writer, "code", code);
	json_write_text(&writer, "message", text);
	if (data != NULL)
		json_write_raw(&writer, "data", data, data_size);
	json_close_object(&writer);
	json_close_object(&writer);
	return json_take(&writer, &message, ret_size) < 0 ? NULL : message;
}

char *mcp_line_error(int code, const char *text, size_t *ret_size)
{
	return error_message(code, text, "null", NULL, 0, ret_size);
}

char *mcp_line_failure(
	const char *line, size_t size, const char *text, const char *body, size_t body_size, size_t *ret_size)
{
	size_t offset;
	struct json_object *message = json_parse_strict(line, size, &offset), *data = NULL, *id = NULL;
	char *reply = NULL;

	*ret_size = 0;
	if (message == NULL)
		return mcp_line_error(PARSE_ERROR, "the line is not valid JSON", ret_size);
	if (json_object_is_type(message, json_type_object) &&
		!json_object_object_get_ex(message, "id", &id)) {
		json_object_put(message);
		return NULL;
	}
	data = body != NULL ? parse_object(body, body_size) : NULL;
	bool is_id = json_object_is_type(id, json_type_string) || json_object_is_type(id, json_type_int);
	reply = error_message(INTERNAL_ERROR, text,
		is_id ? json_object_to_json_string_ext(
				id, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)
		      : "null",
		data != NULL ? body : NULL, body_size, ret_size);
	json_object_put(data);
	json_object_put(message);
	return reply;
}
