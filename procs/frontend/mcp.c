#include "frontend/mcp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "frontend/catalog.h"
#include "ipc/json_write.h"
#include "ipc/tools.h"

#define PARSE_ERROR      (-32700)
#define INVALID_REQUEST  (-32600)
#define METHOD_NOT_FOUND (-32601)
#define INVALID_PARAMS   (-32602)
#define INTERNAL_ERROR   (-32603)
#define STRUCTURED_SINCE "2025-06-18"

/* Newest first: an unknown version is answered with the first. */
static const char *const versions[] = { "2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05" };

static const char instructions[] = "tanso measures the power of every workload on this host and compares it "
				   "with Korean carbon and PUE benchmarks. "
				   "Begin with list_top_power_consumers, then assess_workload_compliance "
				   "with a workload_name. Statuses are "
				   "COMPLIANT, NON_COMPLIANT or UNKNOWN; reason_codes say what limits an "
				   "answer. 424 gCO2eq/kWh is a benchmark, "
				   "not a statutory limit.";

static void put_json(struct json_object *object)
{
	json_object_put(object);
}

static void putp(struct json_object **object)
{
	put_json(*object);
}

/* The revision meant by "2025-11-25", also by "2025-11-25, 2025-11-25" (proxies merge repeated headers); NULL = one we
 * do not speak. */
static const char *find_version(const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		size_t size = strlen(versions[i]);
		const char *at = text;
		while (strncmp(at, versions[i], size) == 0) {
			at += size;
			at += strspn(at, ", \t");
			if (*at == '\0')
				return versions[i];
		}
	}
	return NULL;
}

/* The bytes of a top-level member's value, in text that json_parse_strict() has accepted as an object. */
static bool find_raw(const char *text, size_t size, const char *key, const char **ret_start, size_t *ret_size)
{
	size_t depth = 0, value = 0, wanted = strlen(key);
	bool is_wanted = false;

	for (size_t i = 0; i < size; i++) {
		char c = text[i];
		if (c == '"') {
			size_t start = i + 1;
			for (i++; text[i] != '"'; i++)
				i += text[i] == '\\';
			if (depth == 1 && value == 0)
				is_wanted = i - start == wanted && memcmp(text + start, key, wanted) == 0;
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

/* String or integer, as the protocol wants; 0 = no id, -1 = one that is not allowed. */
static int read_id(const char *text, size_t size, char ret_id[static MCP_ID_MAX])
{
	const char *start;
	size_t length;

	if (!find_raw(text, size, "id", &start, &length))
		return 0;
	while (length > 0 && strchr(" \t\r\n", start[0]) != NULL)
		start++, length--;
	while (length > 0 && strchr(" \t\r\n", start[length - 1]) != NULL)
		length--;
	bool is_integer = length > 0 && strspn(start, "-0123456789") >= length;
	if (length == 0 || length >= MCP_ID_MAX || (start[0] != '"' && !is_integer))
		return -1;
	memcpy(ret_id, start, length);
	ret_id[length] = '\0';
	return 1;
}

static void open_reply(struct json_writer *writer, const char *id)
{
	json_open_object(writer, NULL);
	json_write_text(writer, "jsonrpc", "2.0");
	json_write_raw(writer, "id", id, strlen(id));
}

static void finish_reply(struct mcp_action *action, struct json_writer *writer)
{
	static const char fallback[] =
		"{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32603,\"message\":\"out of memory\"}}";

	json_close_object(writer);
	action->kind = MCP_REPLY;
	if (json_take(writer, &action->body, &action->size) == 0)
		return;
	action->body = strdup(fallback);
	action->size = action->body != NULL ? sizeof(fallback) - 1 : 0;
}

static void write_error(struct json_writer *writer, int code, const char *message)
{
	json_open_object(writer, "error");
	json_write_integer(writer, "code", code);
	json_write_text(writer, "message", message);
	json_close_object(writer);
}

static void reply_error(struct mcp_action *action, int http_status, int code, const char *message)
{
	struct json_writer writer = { 0 };

	action->http_status = http_status;
	open_reply(&writer, action->id[0] != '\0' ? action->id : "null");
	write_error(&writer, code, message);
	finish_reply(action, &writer);
}

static const char *string_member(struct json_object *object, const char *key)
{
	struct json_object *member;

	return json_object_is_type(object, json_type_object) &&
			       json_object_object_get_ex(object, key, &member) &&
			       json_object_is_type(member, json_type_string)
		       ? json_object_get_string(member)
		       : NULL;
}

/* A version we do not know is answered with our newest, never with an error: clients hang on errors here. */
static void reply_initialize(struct mcp_action *action, struct json_object *params)
{
	const char *wanted = string_member(params, "protocolVersion");
	const char *known = wanted != NULL ? find_version(wanted) : NULL;
	struct json_writer writer = { 0 };

	open_reply(&writer, action->id);
	json_open_object(&writer, "result");
	json_write_text(&writer, "protocolVersion", known != NULL ? known : versions[0]);
	json_open_object(&writer, "capabilities");
	json_open_object(&writer, "tools");
	json_close_object(&writer);
	json_close_object(&writer);
	json_open_object(&writer, "serverInfo");
	json_write_text(&writer, "name", "tanso");
	json_write_text(&writer, "title", "tanso (탄소)");
	json_write_text(&writer, "version", TANSO_VERSION);
	json_close_object(&writer);
	json_write_text(&writer, "instructions", instructions);
	json_close_object(&writer);
	finish_reply(action, &writer);
}

static void reply_ping(struct mcp_action *action)
{
	struct json_writer writer = { 0 };

	open_reply(&writer, action->id);
	json_open_object(&writer, "result");
	json_close_object(&writer);
	finish_reply(action, &writer);
}

static void reply_tools_list(struct mcp_action *action, struct json_object *params, const char *lang)
{
	struct json_writer writer = { 0 };

	struct json_object *cursor;
	const char *list;
	size_t size;

	/* null = absent, as everywhere */
	if (json_object_object_get_ex(params, "cursor", &cursor) && cursor != NULL) {
		reply_error(action, 200, INVALID_PARAMS, "unknown cursor: all tools are on the first page");
		return;
	}
	list = catalog_tools(lang, &size);
	if (list == NULL) {
		reply_error(action, 200, INTERNAL_ERROR, "out of memory");
		return;
	}
	open_reply(&writer, action->id);
	json_write_raw(&writer, "result", list, size);
	finish_reply(action, &writer);
}

static void reply_unknown_tool(struct mcp_action *action, const char *name)
{
	const char *names[32];
	char message[160];
	size_t count = 0;

	for (; count < tool_count && count < ARRAY_SIZE(names); count++)
		names[count] = tools[count].name;
	int nearest = nearest_name(name, names, count);
	if (nearest >= 0)
		snprintf(message, sizeof(message), "unknown tool; did you mean %s?", names[nearest]);
	else
		snprintf(message, sizeof(message), "unknown tool; tools/list names those there are");
	reply_error(action, 200, INVALID_PARAMS, message);
}

static void reply_refusal(struct mcp_action *action, const struct error_object *error, const char *lang)
{
	size_t size = 0;
	CLEANUP(freep) char *body = error_json(error, lang, &size);

	if (body != NULL)
		mcp_finish_call(action, error_status(error->code), body, size);
	else
		reply_error(action, 200, INTERNAL_ERROR, "out of memory");
}

static void prepare_call(struct mcp_action *action, struct json_object *params, const char *lang)
{
	const char *name = string_member(params, "name");
	const struct tool *tool = name != NULL ? tool_find(name, strlen(name)) : NULL;
	CLEANUP(putp) struct json_object *checked = NULL;
	struct json_object *arguments = NULL;
	struct error_object error;

	if (name == NULL) {
		reply_error(action, 200, INVALID_PARAMS, "params.name must be the name of a tool");
		return;
	}
	if (tool == NULL) {
		reply_unknown_tool(action, name);
		return;
	}
	json_object_object_get_ex(params, "arguments", &arguments);
	if (tool_check_arguments(tool, arguments, lang, &checked, &error) < 0) {
		reply_refusal(action, &error, lang);
		return;
	}
	action->arguments = strdup(json_object_to_json_string_ext(
		checked, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	if (action->arguments == NULL) {
		reply_error(action, 200, INTERNAL_ERROR, "out of memory");
		return;
	}
	action->kind = MCP_CALL;
	action->arguments_size = strlen(action->arguments);
	snprintf(action->tool, sizeof(action->tool), "%s", name);
}

static void dispatch(struct mcp_action *action, const char *method, struct json_object *params,
	const char *version, const char *lang)
{
	/* initialize is answered whatever the header says: a client of a newer revision must not be turned away. */
	bool is_refused = version[0] != '\0' && find_version(version) == NULL;

	if (is_refused && strcmp(method, "initialize") != 0)
		reply_error(action, 400, INVALID_REQUEST,
			"MCP-Protocol-Version is none of 2025-11-25, 2025-06-18, 2025-03-26, 2024-11-05");
	else if (params != NULL && !json_object_is_type(params, json_type_object))
		reply_error(action, 200, INVALID_PARAMS, "params must be an object");
	else if (strcmp(method, "initialize") == 0)
		reply_initialize(action, params);
	else if (strcmp(method, "ping") == 0)
		reply_ping(action);
	else if (strcmp(method, "tools/list") == 0)
		reply_tools_list(action, params, lang);
	else if (strcmp(method, "tools/call") == 0)
		prepare_call(action, params, lang);
	else
		reply_error(action, 200, METHOD_NOT_FOUND, "no such method");
}

static bool is_response(struct json_object *message)
{
	return !json_object_object_get_ex(message, "method", NULL) &&
	       (json_object_object_get_ex(message, "result", NULL) ||
		       json_object_object_get_ex(message, "error", NULL));
}

void mcp_take(
	const char *bytes, size_t size, const char *version, const char *lang, struct mcp_action *ret_action)
{
	size_t offset = 0;
	CLEANUP(putp) struct json_object *message = json_parse_strict(bytes, size, &offset);
	const char *known = find_version(version);
	struct json_object *params = NULL;
	char text[80];

	*ret_action = (struct mcp_action) { .http_status = 200,
		.is_structured = known != NULL && strcmp(known, STRUCTURED_SINCE) >= 0 };
	if (message == NULL) {
		snprintf(text, sizeof(text), "not one valid JSON value (at byte %zu)", offset);
		reply_error(ret_action, 400, PARSE_ERROR, text);
		return;
	}
	if (!json_object_is_type(message, json_type_object)) {
		reply_error(ret_action, 400, INVALID_REQUEST,
			json_object_is_type(message, json_type_array)
				? "batches are not part of this protocol version"
				: "a message is a JSON object");
		return;
	}
	const char *method = string_member(message, "method"), *jsonrpc = string_member(message, "jsonrpc");
	int id = read_id(bytes, size, ret_action->id);
	if (jsonrpc == NULL || strcmp(jsonrpc, "2.0") != 0 || id < 0) {
		reply_error(ret_action, 400, INVALID_REQUEST,
			"jsonrpc must be \"2.0\" and id a string or an integer");
		return;
	}
	if (method == NULL && !is_response(message)) {
		reply_error(ret_action, 400, INVALID_REQUEST, "method must be a string");
		return;
	}
	if (method == NULL || id == 0) { /* a response to nothing we asked, or a notification */
		ret_action->kind = MCP_ACCEPTED;
		return;
	}
	json_object_object_get_ex(message, "params", &params);
	dispatch(ret_action, method, params, version, lang);
}

void mcp_finish_call(struct mcp_action *action, int code, const char *body, size_t size)
{
	struct json_writer writer = { 0 };
	bool is_error = code != 200;

	open_reply(&writer, action->id);
	json_open_object(&writer, "result");
	json_open_array(&writer, "content");
	json_open_object(&writer, NULL);
	json_write_text(&writer, "type", "text");
	json_write_bytes(&writer, "text", body, size);
	json_close_object(&writer);
	json_close_array(&writer);
	if (!is_error && action->is_structured)
		json_write_raw(&writer, "structuredContent", body, size);
	json_write_boolean(&writer, "isError", is_error);
	json_close_object(&writer);
	finish_reply(action, &writer);
}

void mcp_action_done(struct mcp_action *action)
{
	free(action->body);
	free(action->arguments);
	*action = (struct mcp_action) { 0 };
}
