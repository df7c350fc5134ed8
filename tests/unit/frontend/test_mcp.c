#include "tests/unit/unit.h"

#include "frontend/mcp.h"
#include "ipc/tools.h"

#define NEWEST "2025-11-25"

static struct mcp_action action;

static struct json_object *parse(const char *bytes, size_t size)
{
	size_t offset;
	struct json_object *value = json_parse_strict(bytes, size, &offset);

	assert_non_null(value);
	return value;
}

static void take(const char *message, const char *version)
{
	mcp_action_done(&action);
	mcp_take(message, strlen(message), version, "en", &action);
}

static struct json_object *member(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	assert_true(json_object_object_get_ex(object, key, &value));
	return value;
}

/* The reply's error code; 0 when it is a result. */
static int error_code(void)
{
	struct json_object *root = parse(action.body, action.size), *error = NULL;
	int code = json_object_object_get_ex(root, "error", &error)
			   ? json_object_get_int(member(error, "code"))
			   : 0;

	json_object_put(root);
	return code;
}

static void assert_refused(const char *message, int status, int code)
{
	take(message, NEWEST);
	assert_int_equal(action.kind, MCP_REPLY);
	assert_int_equal(action.http_status, status);
	assert_int_equal(error_code(), code);
}

static void initialize_echoes_a_known_revision_and_offers_the_newest_otherwise(void **state)
{
	static const struct {
		const char *asked, *answered;
	} cases[] = { { "\"2025-11-25\"", "2025-11-25" }, { "\"2025-06-18\"", "2025-06-18" },
		{ "\"2025-03-26\"", "2025-03-26" }, { "\"2024-11-05\"", "2024-11-05" },
		{ "\"2026-07-28\"", NEWEST }, { "\"\"", NEWEST }, { "7", NEWEST } };
	char message[256];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(message, sizeof(message),
			"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{"
			"\"protocolVersion\":%s}}",
			cases[i].asked);
		take(message, "2099-01-01"); /* whatever the header says */
		assert_int_equal(action.http_status, 200);
		struct json_object *root = parse(action.body, action.size), *result = member(root, "result");
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
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		snprintf(message, sizeof(message),
			"{ \"params\" : {\"id\": 9, \"x\": [{\"id\":8}, \"}\"]}, \"jsonrpc\":\"2.0\", \"id\" "
			": %s , "
			"\"method\":\"ping\"}",
			ids[i]);
		snprintf(wanted, sizeof(wanted), "{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":{}}", ids[i]);
		take(message, NEWEST);
		assert_string_equal(action.body, wanted);
	}
}

static void messages_that_are_none_are_refused_with_their_code(void **state)
{
	char *large = malloc(1000);

	(void)state;
	assert_refused("", 400, -32700);
	assert_refused("{", 400, -32700);
	assert_refused("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"} x", 400, -32700);
	assert_refused("[]", 400, -32600);
	assert_refused("[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}]", 400, -32600);
	assert_refused("3", 400, -32600);
	assert_refused("{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"ping\"}", 400, -32600);
	assert_refused("{\"id\":1,\"method\":\"ping\"}", 400, -32600);
	assert_refused("{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"ping\"}", 400, -32600);
	assert_refused("{\"jsonrpc\":\"2.0\",\"id\":1.5,\"method\":\"ping\"}", 400, -32600);
	assert_refused("{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"ping\"}", 400, -32600);
	assert_refused("{\"jsonrpc\":\"2.0\",\"id\":1}", 400, -32600);
	assert_refused("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":5}", 400, -32600);
	assert_refused("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":[]}", 200, -32602);
	assert_refused("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"resources/list\"}", 200, -32601);
	memset(large, 'x', 1000);
	snprintf(large, 1000, "{\"jsonrpc\":\"2.0\",\"method\":\"ping\",\"id\":\"%0500d\"}", 1);
	assert_refused(large, 400, -32600);
	free(large);
}

static void notifications_and_responses_get_no_answer(void **state)
{
	const char *const messages[] = { "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}",
		"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":4}}",
		"{\"jsonrpc\":\"2.0\",\"method\":\"no/such\"}",
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}",
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":1,\"message\":\"\"}}" };

	(void)state;
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		take(messages[i], NEWEST);
		assert_int_equal(action.kind, MCP_ACCEPTED);
		assert_null(action.body);
	}
}

static void an_unknown_revision_in_the_header_is_refused_and_a_repeated_one_is_not(void **state)
{
	static const char ping[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}";

	(void)state;
	take(ping, "2026-07-28");
	assert_int_equal(action.http_status, 400);
	take(ping, "2025-11-25, 2025-06-18");
	assert_int_equal(action.http_status, 400);
	take(ping, "2025-11-25, 2025-11-25");
	assert_int_equal(action.http_status, 200);
	take(ping, "");
	assert_int_equal(action.http_status, 200);
}

static void a_call_carries_checked_arguments(void **state)
{
	(void)state;
	take("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":"
	     "\"assess_workload_compliance\",\"arguments\":{\"pue\":\"1.6\",\"workload_name\":\"app\","
	     "\"region\":null}}}",
		NEWEST);
	assert_int_equal(action.kind, MCP_CALL);
	assert_string_equal(action.tool, "assess_workload_compliance");
	assert_string_equal(action.arguments, "{\"workload_name\":\"app\",\"pue\":1.6}");
	assert_true(action.is_structured);
}

static void wrong_arguments_are_a_result_the_model_can_mend(void **state)
{
	(void)state;
	take("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":"
	     "\"assess_workload_compliance\",\"arguments\":{\"workload\":\"app\"}}}",
		NEWEST);
	assert_int_equal(action.kind, MCP_REPLY);
	assert_int_equal(action.http_status, 200);
	struct json_object *root = parse(action.body, action.size), *result = member(root, "result");
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
	assert_refused(
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"list_top\"}}",
		200, -32602);
	assert_non_null(strstr(action.body, "list_top_power_consumers"));
	assert_refused("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{}}", 200, -32602);
	assert_refused("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\"}", 200, -32602);
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
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		take(call, cases[i].version);
		assert_int_equal(action.kind, MCP_CALL);
		mcp_finish_call(&action, 200, body, sizeof(body) - 1);
		struct json_object *root = parse(action.body, action.size), *result = member(root, "result");
		assert_false(json_object_get_boolean(member(result, "isError")));
		assert_string_equal(json_object_get_string(member(
					    json_object_array_get_idx(member(result, "content"), 0), "text")),
			body);
		assert_int_equal(
			json_object_object_get_ex(result, "structuredContent", NULL), cases[i].is_structured);
		json_object_put(root);
	}
}

static void the_list_has_every_tool_and_one_page(void **state)
{
	(void)state;
	take("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{}}", NEWEST);
	struct json_object *root = parse(action.body, action.size);
	assert_int_equal(json_object_array_length(member(member(root, "result"), "tools")), tool_count);
	json_object_put(root);
	assert_refused(
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{\"cursor\":\"x\"}}", 200,
		-32602);
}

static int clean_up(void **state)
{
	(void)state;
	mcp_action_done(&action);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(initialize_echoes_a_known_revision_and_offers_the_newest_otherwise),
		cmocka_unit_test(an_id_comes_back_byte_by_byte),
		cmocka_unit_test(messages_that_are_none_are_refused_with_their_code),
		cmocka_unit_test(notifications_and_responses_get_no_answer),
		cmocka_unit_test(an_unknown_revision_in_the_header_is_refused_and_a_repeated_one_is_not),
		cmocka_unit_test(a_call_carries_checked_arguments),
		cmocka_unit_test(wrong_arguments_are_a_result_the_model_can_mend),
		cmocka_unit_test(an_unknown_tool_is_a_protocol_error_with_a_suggestion),
		cmocka_unit_test(an_answer_stands_twice_in_new_revisions_and_once_in_old_ones),
		cmocka_unit_test(the_list_has_every_tool_and_one_page),
	};

	return cmocka_run_group_tests(tests, NULL, clean_up);
}
