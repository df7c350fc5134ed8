/* Whatever comes in: a reply is one valid JSON-RPC message without raw line ends, and a call's arguments are valid. */
#include <stdlib.h>
#include <string.h>

#include "frontend/mcp.h"
#include "ipc/tools.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *bytes, size_t size)
{
	size_t offset;
	struct json_object *value = json_parse_strict(bytes, size, &offset), *id;

	if (value == NULL || !json_object_object_get_ex(value, "id", &id) ||
		memchr(bytes, '\n', size) != NULL)
		abort();
	json_object_put(value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const versions[] = { "", "2024-11-05", "2025-11-25", "2025-11-25, 2025-11-25",
		"x" };
	static const char answer[] = "{\"status\":\"UNKNOWN\"}";
	const char *version = versions[size > 0 ? data[0] % 5 : 0];
	struct mcp_action action;

	if (size > 0)
		data++, size--;
	mcp_take((const char *)data, size, version, size % 2 == 0 ? "en" : "ko", &action);
	if (action.kind == MCP_CALL) {
		size_t offset;
		struct json_object *arguments =
			json_parse_strict(action.arguments, action.arguments_size, &offset);
		if (!json_object_is_type(arguments, json_type_object))
			abort();
		json_object_put(arguments);
		mcp_finish_call(&action, 200, answer, sizeof(answer) - 1);
	}
	if (action.kind == MCP_REPLY)
		check(action.body, action.size);
	mcp_action_done(&action);
	return 0;
}
