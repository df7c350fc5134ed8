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
			whole_way(line, write_line(line, shapes[s], ids[first]), "en", true);
			for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
				size_t size = write_line(line, shapes[s], ids[i]);
				CLEANUP(freep) char *again = short_way(line, size, "en");
				if (again == NULL)
					continue;
				const char *whole = whole_way(line, size, "en", false);
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
	CLEANUP(freep) char *again = short_way(line, size, lang);

	return again != NULL;
}

static void only_calls_that_ask_are_remembered(void **state)
{
	static const bool is_asking[ARRAY_SIZE(shapes)] = { true, true, true, true };
	char line[512];

	(void)state;
	for (size_t s = 0; s < ARRAY_SIZE(shapes); s++) {
		assert_false(is_repeat(shapes[s], "2", "en"));
		whole_way(line, write_line(line, shapes[s], "1"), "en", true);
		assert_int_equal(is_repeat(shapes[s], "2", "en"), is_asking[s]);
		assert_int_equal(is_repeat(shapes[s], "\"x\"", "en"), is_asking[s]);
	}
}

static void another_language_revision_or_generation_is_another_answer(void **state)
{
	char line[512];

	(void)state;
	whole_way(line, write_line(line, shapes[0], "1"), "en", true);
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
	assert_null(whole_way(line, write_line(line, shapes[0], "1"), "en", true));
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
	assert_true(repeat_read(&repeat, line, REPEAT_LINE_MAX - 1));
	assert_false(repeat_read(&repeat, line, REPEAT_LINE_MAX));
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
