/* Whatever comes in: an answer is one valid JSON-RPC message without raw line ends, questions to the analyst have valid
 * arguments, URIs and session ids are taken or refused, and nothing is left behind. */
#include <stdint.h>

#include "ipc/tools.h"
#include "frontend/mcp/uri.h"
#include "tests/fixture/mcp_fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_json(const char *bytes, size_t size, const char *member)
{
	size_t offset;
	struct json_object *value = json_parse_strict(bytes, size, &offset), *found;

	if (value == NULL || memchr(bytes, '\n', size) != NULL ||
		(member != NULL && !json_object_object_get_ex(value, member, &found)))
		abort();
	json_object_put(value);
}

static void take_texts(const char *text, size_t size)
{
	CLEANUP(freep) char *copy = copy_text(text, size);
	struct session *session;
	struct uri uri;
	size_t at = 0, length, offset;
	const char *element;

	if (sessions_find(server.mcp.sessions, text, size, &principal_anyone, 0, &session) == 0)
		session_release(session);
	if (uri_parse(copy, &uri) == 0) {
		CLEANUP(freep) char *arguments = uri_arguments(&uri);
		check_json(arguments, strlen(arguments), NULL);
	}
	struct json_object *value = json_parse_strict(text, size, &offset);
	if (json_object_is_type(value, json_type_array))
		while (message_next(text, size, &at, &element, &length))
			if (element < text || element + length > text + size)
				abort();
	json_object_put(value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct mcp_headers headers[] = { { 0 }, { "2024-11-05", NULL, NULL, 10, 0, 0 },
		{ "2025-11-25, 2025-11-25", NULL, NULL, 22, 0, 0 }, { "x", NULL, NULL, 1, 0, 0 },
		{ "2026-07-28", "tools/call", "=?base64?YQ==?=", 10, 10, 15 },
		{ "2026-07-28", "tools/list", NULL, 10, 10, 0 } };
	const struct mcp_headers *chosen = &headers[size > 0 ? data[0] % ARRAY_SIZE(headers) : 0];
	struct mcp_refusal refusal;

	if (size > 0)
		data++, size--;
	if (server_open("/proc/nonexistent") < 0)
		abort();
	take_texts((const char *)data, size);
	server.asked.id = 0;
	server_take((const char *)data, size, chosen, NULL, &refusal);
	if (refusal.data[0] != '\0')
		check_json(refusal.data, strlen(refusal.data), NULL);
	if (server.asked.id > 0) {
		check_json(server.asked.arguments, strlen(server.asked.arguments), NULL);
		server_answer(size % 2 == 0 ? 200 : 404, "{\"error\":{\"code\":\"X\",\"message\":\"\"}}");
	}
	if (server.heard.finished > 0)
		check_json(server.heard.answer, strlen(server.heard.answer), "id");
	server_close();
	return 0;
}
