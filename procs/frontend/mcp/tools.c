/* tools/list and tools/call */
#include "ipc/tools.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/nearest.h"
#include "base/prose_name.h"
#include "frontend/catalog.h"
#include "frontend/mcp/mcp.h"

#define LIST_TTL_MS 3600000

/* The lists have one page. null = absent, as everywhere. */
bool mcp_refuse_cursor(struct mcp_call *call)
{
	struct json_object *cursor;

	if (!json_object_object_get_ex(call->message.params, "cursor", &cursor) || cursor == NULL)
		return false;
	mcp_fail(call, 200, RPC_INVALID_PARAMS, "unknown cursor: everything is on the first page", NULL);
	return true;
}

void mcp_tools_list(struct mcp_call *call)
{
	static const char begin[] = "{\"tools\":[", end[] = "]}";
	size_t size;
	const char *list = catalog_tools(call->lang, &size);

	if (mcp_refuse_cursor(call))
		return;
	if (list == NULL) {
		mcp_fail(call, 200, RPC_INTERNAL_ERROR, "out of memory", NULL);
		return;
	}
	struct json_writer *writer = mcp_open_result(call);
	json_open_array(writer, "tools");
	json_write_raw(
		writer, NULL, list + sizeof(begin) - 1, size - (sizeof(begin) - 1) - (sizeof(end) - 1));
	if (call->mcp->extension != NULL)
		call->mcp->extension->write_tools(writer);
	json_close_array(writer);
	mcp_write_cache(call, LIST_TTL_MS, true);
	mcp_close_result(call);
}

/* The analyst's answer, or its error object for the model to mend (SEP-1303). */
static void answer(struct mcp_call *call, int code, const char *body, size_t size)
{
	struct json_writer *writer = mcp_open_result(call);
	bool is_error = code != 200;

	json_open_array(writer, "content");
	json_open_object(writer, NULL);
	json_write_text(writer, "type", "text");
	json_write_bytes(writer, "text", body, size);
	json_close_object(writer);
	json_close_array(writer);
	if (!is_error && revision_has_structured(call->revision))
		json_write_raw(writer, "structuredContent", body, size);
	json_write_boolean(writer, "isError", is_error);
	mcp_close_result(call);
}

static void answer_error(struct mcp_call *call, const struct error_object *error)
{
	size_t size = 0;
	CLEANUP(freep) char *body = error_json(error, call->lang, &size);

	if (body != NULL)
		answer(call, error_status(error->code), body, size);
	else
		mcp_fail(call, 200, RPC_INTERNAL_ERROR, "out of memory", NULL);
}

static void refuse_unknown(struct mcp_call *call, const char *name)
{
	const char *names[32];
	char hint[512], message[PROSE_NAME_MAX + 576], quoted[PROSE_NAME_MAX];
	bool is_korean = strcmp(call->lang, "ko") == 0;
	size_t count = 0;

	for (; count < tool_count && count < ARRAY_SIZE(names); count++)
		names[count] = tools[count].name;
	nearest_hint(name, names, count, is_korean, hint, sizeof(hint));
	snprintf(message, sizeof(message), "%s: %s %s", prose_name(name, quoted),
		is_korean ? "그런 도구가 없습니다." : "unknown tool.", hint);
	mcp_fail(call, 200, RPC_INVALID_PARAMS, message, NULL);
}

void mcp_tools_call(struct mcp_call *call)
{
	const char *name = text_member(call->message.params, "name");
	const struct tool *tool = name != NULL ? tool_find(name, strlen(name)) : NULL;
	struct json_object *arguments = NULL, *checked = NULL;
	struct error_object error;

	if (name == NULL) {
		mcp_fail(call, 200, RPC_INVALID_PARAMS, "params.name must be the name of a tool", NULL);
		return;
	}
	if (tool == NULL) {
		refuse_unknown(call, name);
		return;
	}
	json_object_object_get_ex(call->message.params, "arguments", &arguments);
	if (tool_check_arguments(tool, arguments, call->lang, &checked, &error) < 0)
		answer_error(call, &error);
	else
		mcp_ask(call, tool->name,
			json_object_to_json_string_ext(
				checked, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE),
			answer);
	json_object_put(checked);
}
