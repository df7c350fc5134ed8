#include "tests/unit/unit.h"

#include "tests/fixture/repeat_fixture.h"

/* A message with a place for its id. */
static const char *const shapes[] = {
	"{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"tools/"
	"call\",\"params\":{\"name\":\"list_top_power_consumers\"}}",
	"{\"method\":\"tools/call\",\"params\":{\"name\":\"list_top_power_consumers\",\"arguments\":{}},"
	"\"jsonrpc\":\"2.0\",\"id\":%s}",
	"{\"jsonrpc\": \"2.0\", \"id\": %s , \"method\": \"tools/call\", \"params\": {\"name\": "
	"\"assess_workload_compliance\", \"arguments\": {\"workload_name\": \"a\"}}}",
	"{\"jsonrpc\":\"2.0\",\"method\":\"tools/call\",\"params\":{\"name\":\"assess_workload_compliance\","
	"\"arguments\":{\"workload_name\":\"b \\\"id\\\":1\"}},\"id\":%s}",
	"{\"jsonrpc\":\"2.0\",\"method\":\"tools/call\",\"params\":{\"_meta\":{\"id\":1},\"name\":"
	"\"list_top_power_consumers\"},\"id\":%s}",
	"{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"tools/call\",\"params\":{\"name\":\"no such tool\"}}",
	"{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"ping\"}",
	"{\"jsonrpc\":\"2.0\",\"id\":%s,\"id\":2,\"method\":\"tools/call\",\"params\":{\"name\":"
	"\"list_top_power_consumers\"}}",
};

#define TOP "list_top_power_consumers"
#define LINE(meta)                                                                                           \
	"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{" meta "\"name\":\"" TOP "\"}}"
#define META                                                                                                 \
	"\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","                             \
	"\"io.modelcontextprotocol/clientCapabilities\":{}},"

/* Allowed ones and others; a repeat must never be cleverer than the whole way. */
static const char *const ids[] = { "1", "0", "-1", "-0", "01", "1.5", "1e3", "1E3", "9007199254740993",
	"99999999999999999999999999", "+1", "-", "", "null", "true", "[1]", "{\"id\":1}",
	"{\"id\":1,\"x\":2}", "\"a\"", "\"\"", "\"a\\\"b\"", "\"\\u0041\"", "\"탄소\"", "\"\xff\"", "\"a",
	"a\"", "\"a\tb\"", "1,\"x\":2", "1 ", " 1",
	"\"0123456789012345678901234567890123456789012345678901234567890123456789\"", "1\",\"id\":\"2" };

static int set_up(void **state)
{
	(void)state;
	return repeats_open();
}

static int tear_down(void **state)
{
	(void)state;
	repeats_close();
	return 0;
}

static size_t write_line(char line[static 512], const char *shape, const char *id)
{
	const char *at = strstr(shape, "%s");

	return (size_t)snprintf(line, 512, "%.*s%s%s", (int)(at - shape), shape, id, at + 2);
}

static void a_repeat_is_answered_byte_for_byte_as_by_the_whole_way(void **state)
{
	char line[512];
	size_t repeated = 0;

	(void)state;
	for (size_t s = 0; s < ARRAY_SIZE(shapes); s++)
		for (size_t first = 0; first < ARRAY_SIZE(ids); first++) {
			whole_way(line, write_line(line, shapes[s], ids[first]), NULL, "en", true);
			for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
				size_t size = write_line(line, shapes[s], ids[i]);
				CLEANUP(freep) char *again = short_way(line, size, NULL, "en");
				if (again == NULL)
					continue;
				const char *whole = whole_way(line, size, NULL, "en", false);
				assert_non_null(whole);
				assert_string_equal(again, whole);
				repeated++;
			}
		}
	assert_true(repeated > 500); /* four shapes, six ids: the usual ones do take the short way */
}

static bool is_repeat(const char *shape, const char *id, const char *lang)
{
	char line[512];
	size_t size = write_line(line, shape, id);
	CLEANUP(freep) char *again = short_way(line, size, NULL, lang);

	return again != NULL;
}

static void only_calls_that_ask_are_remembered(void **state)
{
	static const bool is_asking[ARRAY_SIZE(shapes)] = { true, true, true, true };
	char line[512];

	(void)state;
	for (size_t s = 0; s < ARRAY_SIZE(shapes); s++) {
		assert_false(is_repeat(shapes[s], "2", "en"));
		whole_way(line, write_line(line, shapes[s], "1"), NULL, "en", true);
		assert_int_equal(is_repeat(shapes[s], "2", "en"), is_asking[s]);
		assert_int_equal(is_repeat(shapes[s], "\"x\"", "en"), is_asking[s]);
	}
}

static void another_language_revision_or_generation_is_another_answer(void **state)
{
	char line[512];

	(void)state;
	whole_way(line, write_line(line, shapes[0], "1"), NULL, "en", true);
	assert_true(is_repeat(shapes[0], "2", "en"));
	assert_false(is_repeat(shapes[0], "2", "ko"));
	line_session->revision = REVISION_2024_11_05;
	assert_false(is_repeat(shapes[0], "2", "en"));
	line_session->revision = REVISION_ASSUMED;
	assert_true(is_repeat(shapes[0], "2", "en"));
	answers_begin(messages, 2, clock_mono_ns());
	assert_false(is_repeat(shapes[0], "2", "en"));
}

/* submit() of an analyst that has to be asked. */
static void what_was_waited_for_is_not_remembered(void **state)
{
	char line[512];

	(void)state;
	server.mcp.questions.submit = ask_submit;
	assert_null(whole_way(line, write_line(line, shapes[0], "1"), NULL, "en", true));
	memset(line, 'x', sizeof(line)); /* the line is gone when the answer comes */
	server_answer(200, "{}");
	assert_int_equal(server.heard.finished, 1);
	assert_false(is_repeat(shapes[0], "2", "en"));
}

static void a_line_over_the_limit_goes_the_whole_way(void **state)
{
	static char line[REPEAT_LINE_MAX + 1];
	struct repeat repeat;

	(void)state;
	memset(line, ' ', sizeof(line));
	memcpy(line, "{\"id\":1", 7);
	assert_true(repeat_read(&repeat, line, REPEAT_LINE_MAX - 1, NULL, REVISION_ASSUMED));
	assert_false(repeat_read(&repeat, line, REPEAT_LINE_MAX, NULL, REVISION_ASSUMED));
}

static void headers_over_the_limit_go_the_whole_way(void **state)
{
	static const char text[REPEAT_HEADERS_MAX], line[] = "{\"id\":1}";
	struct mcp_headers headers = { text, text, text, 1, 1, REPEAT_HEADERS_MAX - 2 };
	struct repeat repeat;

	(void)state;
	assert_true(repeat_read(&repeat, line, sizeof(line) - 1, &headers, REVISION_ASSUMED));
	headers.name_size++;
	assert_false(repeat_read(&repeat, line, sizeof(line) - 1, &headers, REVISION_ASSUMED));
}

/* What a header may say; NULL = it is not there. */
static const char *const versions[] = { NULL, "", "2025-06-18", "2025-11-25", "2025-11-25, 2025-11-25",
	"2026-07-28", "1999-01-01" };
static const char *const methods[] = { NULL, "", "tools/call", "tools/list" };
static const char *const named[] = { NULL, "", TOP, "=?base64?bGlzdF90b3BfcG93ZXJfY29uc3VtZXJz?=", "other" };

#define HEADERS (ARRAY_SIZE(versions) * ARRAY_SIZE(methods) * ARRAY_SIZE(named))

static size_t size_of(const char *text)
{
	return text != NULL ? strlen(text) : 0;
}

static struct mcp_headers headers_at(size_t i)
{
	const char *version = versions[i % ARRAY_SIZE(versions)];
	const char *method = methods[i / ARRAY_SIZE(versions) % ARRAY_SIZE(methods)];
	const char *name = named[i / ARRAY_SIZE(versions) / ARRAY_SIZE(methods)];

	return (struct mcp_headers) { version, method, name, size_of(version), size_of(method),
		size_of(name) };
}

/* A repeat by `headers` must be what the whole way says. */
static bool repeats_as_the_whole_way(const char *line, const struct mcp_headers *headers)
{
	CLEANUP(freep) char *again = short_way(line, strlen(line), headers, "en");

	if (again == NULL)
		return false;
	const char *whole = whole_way(line, strlen(line), headers, "en", false);
	assert_non_null(whole);
	assert_string_equal(again, whole);
	return true;
}

static void a_repeat_with_other_headers_is_no_repeat(void **state)
{
	static const char *const lines[] = { LINE(""), LINE(META) };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines) * 2; i++)
		for (size_t first = 0; first < HEADERS; first++) {
			const struct mcp_headers kept = headers_at(first);
			const char *line = lines[i / 2];
			server.config.mcp_lenient_headers = i % 2 == 1;
			answers_begin(messages, i * HEADERS + first + 2, clock_mono_ns());
			bool is_answered = whole_way(line, strlen(line), &kept, "en", true) != NULL;
			for (size_t j = 0; j < HEADERS; j++) {
				const struct mcp_headers headers = headers_at(j);
				assert_int_equal(
					repeats_as_the_whole_way(line, &headers), j == first && is_answered);
			}
			assert_false(repeats_as_the_whole_way(line, NULL)); /* stdio */
		}
}

static void another_principals_repeat_is_another_answer(void **state)
{
	static const struct mcp_headers headers = { "2025-11-25", NULL, NULL, 10, 0, 0 };
	static const struct principal other = { .name = "other", .namespaces = "shop" };
	struct answers_body *kept;
	struct repeat repeat;

	(void)state;
	whole_way(LINE(""), strlen(LINE("")), &headers, "en", true);
	assert_true(repeat_read(&repeat, LINE(""), strlen(LINE("")), &headers, line_session->revision));
	assert_null(repeat_find(&server.mcp, &other, "en", &repeat));
	kept = repeat_find(&server.mcp, &principal_anyone, "en", &repeat);
	assert_non_null(kept);
	answers_release(kept);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_repeat_is_answered_byte_for_byte_as_by_the_whole_way),
		TEST(only_calls_that_ask_are_remembered),
		TEST(another_language_revision_or_generation_is_another_answer),
		TEST(what_was_waited_for_is_not_remembered),
		TEST(a_line_over_the_limit_goes_the_whole_way),
		TEST(headers_over_the_limit_go_the_whole_way),
		TEST(a_repeat_with_other_headers_is_no_repeat),
		TEST(another_principals_repeat_is_another_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
