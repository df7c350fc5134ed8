#include "tests/unit/unit.h"

#include "cli/mcp_line.h"

static void lines_come_out_whole_however_they_arrive(void **state)
{
	static const char stream[] = "{\"a\":1}\n\r\nbcd\r\nlast";
	static const char *const wanted[] = { "{\"a\":1}", "", "bcd" };

	(void)state;
	for (size_t step = 1; step <= sizeof(stream) - 1; step++) {
		struct mcp_lines lines = { 0 };
		const char *line;
		size_t size, count = 0;
		for (size_t at = 0; at < sizeof(stream) - 1; at += step) {
			size_t some = at + step < sizeof(stream) - 1 ? step : sizeof(stream) - 1 - at;
			for (size_t done = 0; done < some;)
				if (mcp_lines_feed(&lines, stream + at, some, &done, &line, &size) ==
					MCP_LINES_LINE) {
					assert_true(count < 3);
					assert_string_equal(line, wanted[count++]);
					assert_int_equal(size, strlen(line));
				}
		}
		assert_int_equal(count, 3);
		assert_int_equal(mcp_lines_rest(&lines, &line), 4);
		assert_string_equal(line, "last");
		mcp_lines_done(&lines);
	}
}

static void a_line_over_the_limit_is_told_once_and_the_next_one_is_read(void **state)
{
	size_t size = MCP_LINE_MAX + 1000, told = 0, good = 0, line_size;
	char *stream = malloc(2 * size);
	struct mcp_lines lines = { 0 };
	const char *line;

	(void)state;
	memset(stream, 'x', size);
	memcpy(stream + size, "\nok\n", 4);
	for (size_t at = 0; at < size + 4; at += 65536) {
		size_t some = size + 4 - at < 65536 ? size + 4 - at : 65536;
		for (size_t done = 0; done < some;) {
			enum mcp_lines_state got =
				mcp_lines_feed(&lines, stream + at, some, &done, &line, &line_size);
			told += got == MCP_LINES_TOO_LONG;
			good += got == MCP_LINES_LINE && strcmp(line, "ok") == 0;
		}
	}
	assert_int_equal(told, 1);
	assert_int_equal(good, 1);
	assert_int_equal(mcp_lines_rest(&lines, &line), 0);
	mcp_lines_done(&lines);
	free(stream);
}

static void a_line_of_just_the_limit_passes(void **state)
{
	char *stream = malloc(MCP_LINE_MAX + 1);
	struct mcp_lines lines = { 0 };
	const char *line;
	size_t size, done = 0;

	(void)state;
	memset(stream, 'x', MCP_LINE_MAX);
	stream[MCP_LINE_MAX] = '\n';
	assert_int_equal(
		mcp_lines_feed(&lines, stream, MCP_LINE_MAX + 1, &done, &line, &size), MCP_LINES_LINE);
	assert_int_equal(size, MCP_LINE_MAX);
	mcp_lines_done(&lines);
	free(stream);
}

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_come_out_whole_however_they_arrive),
		cmocka_unit_test(a_line_over_the_limit_is_told_once_and_the_next_one_is_read),
		cmocka_unit_test(a_line_of_just_the_limit_passes),
		cmocka_unit_test(a_failure_answers_the_request_it_belongs_to),
		cmocka_unit_test(the_negotiated_revision_is_read_from_the_result_alone),
		cmocka_unit_test(an_error_page_is_no_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
