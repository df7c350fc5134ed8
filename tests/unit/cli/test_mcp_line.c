#include "tests/unit/unit.h"

#include "cli/mcp/line.h"

static void assert_failure(const char *line, const char *body, const char *wanted)
{
	size_t size;
	char *reply = mcp_line_failure(line, strlen(line), "t", body, body != NULL ? strlen(body) : 0, &size);

	if (wanted == NULL)
		assert_null(reply);
	else
		assert_string_equal(reply, wanted);
	free(reply);
}

static void a_failure_answers_the_request_it_belongs_to(void **state)
{
	(void)state;
	assert_failure("{\"jsonrpc\":\"2.0\",\"id\":\"a/b\",\"method\":\"ping\"}", NULL,
		"{\"jsonrpc\":\"2.0\",\"id\":\"a/b\",\"error\":{\"code\":-32603,\"message\":\"t\"}}");
	assert_failure("{\"id\":7}", "{\"error\":{}}",
		"{\"jsonrpc\":\"2.0\",\"id\":7,\"error\":{\"code\":-32603,\"message\":\"t\",\"data\":{"
		"\"error\":{}}}}");
	assert_failure("{\"id\":7}", "<html>",
		"{\"jsonrpc\":\"2.0\",\"id\":7,\"error\":{\"code\":-32603,\"message\":\"t\"}}");
	assert_failure("{\"id\":[1]}", NULL,
		"{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32603,\"message\":\"t\"}}");
	assert_failure("{\"method\":\"notifications/initialized\"}", NULL, NULL);
	assert_failure("{", NULL,
		"{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32700,\"message\":\"the line is not "
		"valid "
		"JSON\"}}");
}

static void the_negotiated_revision_is_read_from_the_result_alone(void **state)
{
	static const char *const no[] = { "{\"result\":{\"protocolVersion\":5}}",
		"{\"protocolVersion\":\"2025-11-25\"}",
		"{\"result\":{\"protocolVersion\":\"2025\\r\\nX: y\"}}", "{\"result\":\"protocolVersion\"}",
		"{\"result\":{\"protocolVersion\":\"00000000000000000000000000000000000\"}}", "" };
	static const char yes[] =
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"protocolVersion\":\"2025-06-18\"}}";
	char version[MCP_LINE_VERSION_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		assert_false(mcp_line_negotiated(no[i], strlen(no[i]), version));
	assert_true(mcp_line_negotiated(yes, strlen(yes), version));
	assert_string_equal(version, "2025-06-18");
}

static void an_error_page_is_no_message(void **state)
{
	static const char message[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}";

	(void)state;
	assert_true(mcp_line_is_message(message, strlen(message)));
	assert_false(mcp_line_is_message("{\"error\":{}}", 12));
	assert_false(mcp_line_is_message("<html>", 6));
	const char *strangers[] = { "", "{", "}", " ", "[\"jsonrpc\"]", "{\"jsonrpc\":\"2.0\"",
		"{}\"jsonrpc\"{}", "{\"a\":{\"jsonrpc\":\"2.0\"}}", "{\"a\":[\"jsonrpc\"]}",
		"{\"jsonrpc:\\\"}", "{\"a\n\",\"jsonrpc\":1}", "x{\"jsonrpc\":\"2.0\"}" };
	for (size_t i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++)
		assert_false(mcp_line_is_message(strangers[i], strlen(strangers[i])));
	assert_false(mcp_line_is_message("{\"jsonrpc\":\0}", 13));
	const char *spaced = " {\"a\":[\"}\\\"]\"], \"jsonrpc\" : \"2.0\"} \n";
	assert_true(mcp_line_is_message(spaced, strlen(spaced)));
}

static void answers_to_a_batch_are_a_message(void **state)
{
	static const char *const yes[] = { "[{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}]",
		" [ {\"jsonrpc\":\"2.0\"},{\"jsonrpc\":\"2.0\"}]\n" };
	static const char *const no[] = { "[", "[]", "[ ]", "[{}]", "[[{\"jsonrpc\":1}]]",
		"[1,{\"jsonrpc\":1}]", "[{\"jsonrpc\":1}" };

	(void)state;
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		assert_true(mcp_line_is_message(yes[i], strlen(yes[i])));
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		assert_false(mcp_line_is_message(no[i], strlen(no[i])));
}

/* Whatever else the parameters hold: the header says what the method is about. */
static void the_name_for_the_header_is_that_of_the_method(void **state)
{
	static const struct {
		const char *line, *name;
	} cases[] = {
		{ "{\"method\":\"resources/read\",\"params\":{\"name\":\"n\",\"uri\":\"u://v\"}}", "u://v" },
		{ "{\"method\":\"tools/call\",\"params\":{\"name\":\"n\",\"uri\":\"u://v\"}}", "n" },
	};
	struct mcp_line_facts facts;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		mcp_line_read(cases[i].line, strlen(cases[i].line), &facts);
		assert_string_equal(facts.name, cases[i].name);
	}
}

static void a_refusal_is_told_in_its_own_words(void **state)
{
	static const char ours[] = "{\"error\":{\"code\":\"X\",\"message\":\"No.\",\"hint\":\"Do y.\"}}";
	char reason[64];

	(void)state;
	mcp_line_reason(ours, strlen(ours), reason, sizeof(reason));
	assert_string_equal(reason, "No. Do y.");
	mcp_line_reason(ours, strlen(ours), reason, 4);
	assert_string_equal(reason, "No.");
	mcp_line_reason("<html>", 6, reason, sizeof(reason));
	assert_string_equal(reason, "");
	mcp_line_reason(NULL, 0, reason, sizeof(reason));
	assert_string_equal(reason, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_failure_answers_the_request_it_belongs_to),
		cmocka_unit_test(the_negotiated_revision_is_read_from_the_result_alone),
		cmocka_unit_test(an_error_page_is_no_message),
		cmocka_unit_test(answers_to_a_batch_are_a_message),
		cmocka_unit_test(the_name_for_the_header_is_that_of_the_method),
		cmocka_unit_test(a_refusal_is_told_in_its_own_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
