/* The server: messages, revisions, calls. */
#include "ipc/tools.h"
#include "tests/unit/frontend/mcp_messages.h"

static void initialize_echoes_a_known_revision_and_offers_the_newest_of_its_era_otherwise(void **state)
{
	static const struct {
		const char *asked, *answered;
	} cases[] = { { "\"2025-11-25\"", "2025-11-25" }, { "\"2025-06-18\"", "2025-06-18" },
		{ "\"2025-03-26\"", "2025-03-26" }, { "\"2024-11-05\"", "2024-11-05" },
		{ "\"2026-07-28\"", NEWEST }, { "\"\"", NEWEST }, { "7", NEWEST } };
	char message[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		snprintf(message, sizeof(message),
			"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{"
			"\"protocolVersion\":%s}}",
			cases[i].asked);
		assert_int_equal(take(message, "2099-01-01"), 0); /* whatever the header says */
		struct json_object *root = parse(server.heard.answer), *result = member(root, "result");
		assert_string_equal(
			json_object_get_string(member(result, "protocolVersion")), cases[i].answered);
		assert_string_equal(
			json_object_get_string(member(member(result, "serverInfo"), "name")), "tanso");
		json_object_put(root);
	}
}

static void an_id_comes_back_byte_by_byte(void **state)
{
	const char *const ids[] = { "1", "-7", "18446744073709551617", "\"a\"", "\"\\u0041\\n\"", "\"한\"",
		"\"\"" };
	char message[256], wanted[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		snprintf(message, sizeof(message),
			"{ \"params\" : {\"id\": 9, \"x\": [{\"id\":8}, \"}\"]}, \"jsonrpc\":\"2.0\", \"id\" "
			": %s , \"method\":\"ping\"}",
			ids[i]);
		snprintf(wanted, sizeof(wanted), "{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":{}}", ids[i]);
		assert_int_equal(take(message, NEWEST), 0);
		assert_string_equal(server.heard.answer, wanted);
	}
	/* also where its key is written with an escape */
	assert_int_equal(take("{\"jsonrpc\":\"2.0\",\"\\u0069d\":7,\"m\\u0065thod\":\"ping\"}", NEWEST), 0);
	assert_string_equal(server.heard.answer, "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{}}");
}

static void messages_that_are_none_are_refused_with_their_code(void **state)
{
	static const struct {
		const char *message;
		int code;
	} cases[] = { { "", -32700 }, { "{", -32700 },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"} x", -32700 }, { "[]", -32600 },
		{ "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}]", -32600 }, { "3", -32600 },
		{ "{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"ping\"}", -32600 },
		{ "{\"id\":1,\"method\":\"ping\"}", -32600 },
		{ "{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"ping\"}", -32600 },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1.5,\"method\":\"ping\"}", -32600 },
		{ "{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"ping\"}", -32600 },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1}", -32600 },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":5}", -32600 },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\\u0000x\"}", -32600 },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":[]}", -32602 } };
	char large[600];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(take(cases[i].message, NEWEST), cases[i].code);
	snprintf(large, sizeof(large), "{\"jsonrpc\":\"2.0\",\"method\":\"ping\",\"id\":\"%0500d\"}", 1);
	assert_int_equal(take(large, NEWEST), -32600);
	assert_int_equal(take("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"no/such\"}", NEWEST), 0);
	assert_int_equal(error_code(), -32601);
	assert_int_equal(server.heard.http_status, 200);
}

static void notifications_and_responses_get_no_answer(void **state)
{
	const char *const messages[] = { "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}",
		"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":4}}",
		"{\"jsonrpc\":\"2.0\",\"method\":\"no/such\"}",
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}",
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":1,\"message\":\"\"}}",
		"{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32700,\"message\":\"\"}}" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(messages); i++) {
		assert_int_equal(take(messages[i], NEWEST), 0);
		assert_int_equal(server.heard.finished, 0);
	}
}

static void an_unknown_revision_in_the_header_is_refused_and_a_repeated_one_is_not(void **state)
{
	static const char ping[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}";

	(void)state;
	assert_int_equal(take(ping, "1999-01-01"), -32600);
	assert_int_equal(take(ping, "2025-11-25, 2025-06-18"), -32600);
	assert_int_equal(take(ping, "2025-11-25, 2025-11-25"), 0);
	assert_int_equal(take(ping, ""), 0);
}

static void elements_of_a_batch_are_cut_out_byte_by_byte(void **state)
{
	static const char text[] = " [ {\"id\":1,\"a\":[1,{\"]\":\"\\\"],[\"}]} , 7 ,\"x\"] ";
	const char *const wanted[] = { "{\"id\":1,\"a\":[1,{\"]\":\"\\\"],[\"}]}", "7", "\"x\"" };
	const char *element;
	size_t at = 0, size;

	(void)state;
	assert_true(message_is_batch(text, strlen(text)));
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		assert_true(message_next(text, strlen(text), &at, &element, &size));
		assert_int_equal(size, strlen(wanted[i]));
		assert_memory_equal(element, wanted[i], size);
	}
	assert_false(message_next(text, strlen(text), &at, &element, &size));
	at = 0;
	assert_false(message_next("[]", 2, &at, &element, &size));
}

/* the modern era */

static void the_envelope_and_the_headers_must_agree(void **state)
{
	static const char list[] =
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{" META "}}";
	static const char read[] =
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"resources/read\",\"params\":{\"uri\":"
		"\"carbon-intensity://한\"," META "}}";
	static const char bare[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{}}";
	static const char future[] =
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{\"_meta\":{"
		"\"io.modelcontextprotocol/protocolVersion\":\"v9\"}}}";
	struct mcp_headers headers = headers_of("v9", "tools/list", NULL);

	(void)state;
	assert_int_equal(take_modern(list, "tools/list", NULL), 0);
	assert_non_null(strstr(server.heard.answer, "\"resultType\":\"complete\""));
	assert_non_null(strstr(server.heard.answer, "\"ttlMs\":"));
	assert_int_equal(take_modern(list, "tools/call", NULL), MCP_HEADER_MISMATCH);
	assert_string_equal(refusal.why, "Mcp-Method is not the method of the message");
	assert_int_equal(take_modern(list, NULL, NULL), MCP_HEADER_MISMATCH);
	assert_string_equal(
		refusal.why, "the header Mcp-Method is missing: it must be the method of the message");
	assert_int_equal(take(list, NEWEST), MCP_HEADER_MISMATCH);
	assert_string_equal(refusal.why, "MCP-Protocol-Version is not the protocolVersion of params._meta");
	assert_int_equal(take(list, ""), MCP_HEADER_MISMATCH);
	assert_string_equal(refusal.why,
		"the header MCP-Protocol-Version is missing: it must be the protocolVersion of params._meta");
	assert_int_equal(take_modern(bare, "tools/list", NULL), -32602);
	assert_int_equal(take_modern(read, "resources/read", "carbon-intensity://x"), MCP_HEADER_MISMATCH);
	assert_int_equal(
		take_modern(read, "resources/read", "=?base64?Y2FyYm9uLWludGVuc2l0eTovL+2VnA==?="), 0);
	server_answer(200, "{}");
	assert_int_equal(take_modern(future, "tools/list", NULL), MCP_HEADER_MISMATCH);
	assert_int_equal(
		server_take(future, strlen(future), &headers, NULL, &refusal), MCP_UNSUPPORTED_VERSION);
	assert_string_equal(refusal.data, "{\"supported\":[\"2026-07-28\"],\"requested\":\"v9\"}");
	assert_int_equal(refusal.http_status, 400);
	server.config.mcp_lenient_headers = true;
	headers = headers_of(NEWEST, "tools/list", NULL);
	assert_int_equal(server_take(list, strlen(list), &headers, NULL, &refusal), 0);
	server.config.mcp_lenient_headers = false;
}

static void what_the_newest_revision_dropped_is_not_found_there(void **state)
{
	static const char *const methods[] = { "initialize", "ping", "logging/setLevel",
		"resources/subscribe", "no/such" };
	char message[512];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
		snprintf(message, sizeof(message),
			"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\",\"params\":{" META "}}", methods[i]);
		assert_int_equal(take_modern(message, methods[i], NULL), 0);
		assert_int_equal(error_code(), -32601);
		assert_int_equal(server.heard.http_status, 404);
	}
}

static void discover_offers_one_revision(void **state)
{
	(void)state;
	assert_int_equal(
		take_modern("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"server/discover\",\"params\":{" META
			    "}}",
			"server/discover", NULL),
		0);
	struct json_object *root = parse(server.heard.answer), *result = member(root, "result");
	assert_int_equal(json_object_array_length(member(result, "supportedVersions")), 1);
	assert_false(json_object_object_get_ex(member(result, "capabilities"), "logging", NULL));
	json_object_put(root);
}

/* tools */

static void a_call_carries_checked_arguments(void **state)
{
	(void)state;
	take("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":"
	     "\"assess_workload_compliance\",\"arguments\":{\"pue\":\"1.6\",\"workload_name\":\"app\","
	     "\"region\":null}}}",
		NEWEST);
	assert_string_equal(server.asked.tool, "assess_workload_compliance");
	assert_string_equal(server.asked.arguments, "{\"workload_name\":\"app\",\"pue\":1.6}");
	server_answer(200, "{}");
}

static void wrong_arguments_are_a_result_the_model_can_mend(void **state)
{
	(void)state;
	take("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":"
	     "\"assess_workload_compliance\",\"arguments\":{\"workload\":\"app\"}}}",
		NEWEST);
	struct json_object *root = parse(server.heard.answer), *result = member(root, "result");
	assert_true(json_object_get_boolean(member(result, "isError")));
	assert_false(json_object_object_get_ex(result, "structuredContent", NULL));
	const char *text = json_object_get_string(
		member(json_object_array_get_idx(member(result, "content"), 0), "text"));
	assert_non_null(strstr(text, "INVALID_ARGUMENT"));
	json_object_put(root);
}

static void an_unknown_tool_is_a_protocol_error_with_a_suggestion(void **state)
{
	(void)state;
	take("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"list_top\"}}",
		NEWEST);
	assert_int_equal(error_code(), -32602);
	assert_non_null(strstr(server.heard.answer, "Did you mean list_top_power_consumers?"));
	take("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"weather\"}}",
		NEWEST);
	assert_int_equal(error_code(), -32602);
	assert_non_null(strstr(server.heard.answer, "unknown tool. Known: assess_workload_compliance, "));
	take("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{}}", NEWEST);
	assert_int_equal(error_code(), -32602);
	take("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\"}", NEWEST);
	assert_int_equal(error_code(), -32602);
}

static void an_answer_stands_twice_in_new_revisions_and_once_in_old_ones(void **state)
{
	static const char call[] =
		"{\"jsonrpc\":\"2.0\",\"id\":\"q\",\"method\":\"tools/call\",\"params\":{\"name\":"
		"\"list_top_power_consumers\"}}";
	static const char body[] = "{\"a\":\"\\\"한\"}";
	static const struct {
		const char *version;
		bool is_structured;
	} cases[] = { { NEWEST, true }, { "2025-06-18", true }, { "2025-03-26", false },
		{ "2024-11-05", false }, { "", false } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		take(call, cases[i].version);
		server_answer(200, body);
		struct json_object *root = parse(server.heard.answer), *result = member(root, "result");
		assert_false(json_object_get_boolean(member(result, "isError")));
		assert_string_equal(json_object_get_string(member(
					    json_object_array_get_idx(member(result, "content"), 0), "text")),
			body);
		assert_int_equal(
			json_object_object_get_ex(result, "structuredContent", NULL), cases[i].is_structured);
		json_object_put(root);
	}
}

static void lists_have_one_page(void **state)
{
	static const char *const methods[] = { "tools/list", "prompts/list", "resources/list",
		"resources/templates/list" };
	char message[256];

	(void)state;
	take("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{}}", NEWEST);
	struct json_object *root = parse(server.heard.answer);
	assert_int_equal(json_object_array_length(member(member(root, "result"), "tools")), tool_count);
	json_object_put(root);
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
		snprintf(message, sizeof(message),
			"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\",\"params\":{\"cursor\":\"x\"}}",
			methods[i]);
		take(message, NEWEST);
		assert_int_equal(error_code(), -32602);
	}
}

static void a_cancelled_call_is_not_answered(void **state)
{
	static const char call[] =
		"{\"jsonrpc\":\"2.0\",\"id\":\"q\",\"method\":\"tools/call\",\"params\":{\"name\":"
		"\"list_top_power_consumers\"}}";
	static const char cancel[] =
		"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{"
		"\"requestId\":\"q\"}}";
	const struct mcp_headers headers = { 0 };
	char id[SESSION_ID_SIZE];
	struct session *session;

	(void)state;
	sessions_issue(server.mcp.sessions, REVISION_2025_11_25, &principal_anyone, 1000, id);
	assert_int_equal(
		sessions_find(server.mcp.sessions, id, strlen(id), &principal_anyone, 1000, &session), 0);
	server.heard.finished = server.heard.dropped = server.asked.cancelled = 0;
	server_take(call, strlen(call), &headers, session, &refusal);
	server_take(cancel, strlen(cancel), &headers, NULL, &refusal); /* another session's */
	assert_int_equal(server.heard.dropped, 0);
	server_take(cancel, strlen(cancel), &headers, session, &refusal);
	assert_int_equal(server.heard.dropped, 1);
	assert_int_equal(server.heard.finished, 0);
	assert_int_equal(server.asked.cancelled, 1);
	session_release(session);
}

/* Python writes what is not ASCII as escapes, JavaScript does not: it is one id, and a number is not its digits. */
static void an_id_is_found_by_what_it_says(void **state)
{
	static const struct {
		const char *id, *cancelled;
		bool is_same;
	} cases[] = {
		{ "\"\\ud55c/\\u0061\"", "\"\\ud55c/\\u0061\"", true },
		{ "\"\\ud55c\"", "\"한\"", true },
		{ "\"한\"", "\"\\uD55C\"", true },
		{ "7", "7", true },
		{ "7", "\"7\"", false },
		{ "\"7\"", "7", false },
		{ "99999999999999999999", "99999999999999999998", false },
	};
	const struct mcp_headers headers = { 0 };
	struct session *session;
	char line[256];

	(void)state;
	assert_int_equal(sessions_new(server.mcp.sessions, &session), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		server.heard.dropped = 0;
		snprintf(line, sizeof(line),
			"{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"tools/call\",\"params\":{\"name\":"
			"\"list_top_power_consumers\"}}",
			cases[i].id);
		server_take(line, strlen(line), &headers, session, &refusal);
		snprintf(line, sizeof(line),
			"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{"
			"\"requestId\":%s}}",
			cases[i].cancelled);
		server_take(line, strlen(line), &headers, session, &refusal);
		assert_int_equal(server.heard.dropped, cases[i].is_same);
		mcp_calls_drop(&server.mcp, session);
	}
	session_release(session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			initialize_echoes_a_known_revision_and_offers_the_newest_of_its_era_otherwise),
		cmocka_unit_test(an_id_comes_back_byte_by_byte),
		cmocka_unit_test(messages_that_are_none_are_refused_with_their_code),
		cmocka_unit_test(notifications_and_responses_get_no_answer),
		cmocka_unit_test(an_unknown_revision_in_the_header_is_refused_and_a_repeated_one_is_not),
		cmocka_unit_test(elements_of_a_batch_are_cut_out_byte_by_byte),
		cmocka_unit_test(the_envelope_and_the_headers_must_agree),
		cmocka_unit_test(what_the_newest_revision_dropped_is_not_found_there),
		cmocka_unit_test(discover_offers_one_revision),
		cmocka_unit_test(a_call_carries_checked_arguments),
		cmocka_unit_test(wrong_arguments_are_a_result_the_model_can_mend),
		cmocka_unit_test(an_unknown_tool_is_a_protocol_error_with_a_suggestion),
		cmocka_unit_test(an_answer_stands_twice_in_new_revisions_and_once_in_old_ones),
		cmocka_unit_test(lists_have_one_page),
		cmocka_unit_test(a_cancelled_call_is_not_answered),
		cmocka_unit_test(an_id_is_found_by_what_it_says),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
