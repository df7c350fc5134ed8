#include "tests/unit/unit.h"

#include "base/cleanup.h"
#include "cli/mcp/pipe_asked.h"

static struct asked asked;

static void assert_id(const char *line, const char *wanted)
{
	size_t at, size;
	bool is_found = asked_id(line, strlen(line), &at, &size);

	assert_int_equal(is_found, wanted != NULL);
	if (wanted == NULL)
		return;
	assert_int_equal(size, strlen(wanted));
	assert_memory_equal(line + at, wanted, size);
}

static void the_id_is_the_messages_own_as_it_stands_there(void **state)
{
	static const char *const none[] = { "", "{", "{\"id\"", "{\"id\":", "{\"id\":null}", "{\"id\":[1]}",
		"{\"id\":\"a", "{\"id\":\"a\\\"}", "{\"params\":{\"id\":1}}", "[{\"id\":1}]", "\"id\":1",
		"{\"a\":\"id\"}", "{\"a\":\"\\\"id\\\":1\"}", "{}{\"id\":1}", "}\"id\":1", "id",
		"{\"method\":\"a\nb\",\"id\":1}", "{\"id\":1.5}", "{\"id\":1e3}" };

	(void)state;
	assert_id("{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"ping\"}", "7");
	assert_id(" { \"params\" : {\"id\": 9, \"x\": [\"}\"]}, \"id\" \t: -70 }", "-70");
	assert_id("{\"id\":\"a\\\"}b\"}", "\"a\\\"}b\"");
	for (size_t i = 0; i < ARRAY_SIZE(none); i++)
		assert_id(none[i], NULL);
}

static void add(const char *line)
{
	assert_int_equal(asked_add(&asked, line, strlen(line)), 0);
}

static void answer(const char *line)
{
	size_t at, size;

	if (asked_id_of_answer(line, strlen(line), &at, &size))
		asked_answered(&asked, line + at, size);
}

static void what_is_answered_or_cancelled_is_not_asked_again(void **state)
{
	(void)state;
	add("{\"id\":1,\"method\":\"a\"}");
	add("{\"id\":\"1\",\"method\":\"b\"}");
	add("{\"id\":2,\"method\":\"c\"}");
	add("{\"id\":3,\"method\":\"subscriptions/listen\"}");
	add("{\"method\":\"notifications/initialized\"}");
	assert_int_equal(asked.count, 4);
	answer("{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{}}");
	answer("{\"jsonrpc\":\"2.0\",\"id\":9,\"result\":{}}");
	answer("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"id\":1}}");
	assert_int_equal(asked.count, 4);
	assert_null(asked_at(&asked, 2));
	answer("{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{}}");
	assert_int_equal(asked.count, 3);
	assert_true(asked_has(&asked, "\"1\"", 3));
	assert_true(asked_is_waiting(&asked));
	add("{\"method\":\"notifications/cancelled\",\"params\":{\"requestId\" : \"1\"}}");
	assert_false(asked_has(&asked, "\"1\"", 3));
	assert_false(asked_is_waiting(&asked)); /* a listener ends with the input */
	asked_done(&asked);
	assert_int_equal(asked.bytes, 0);
}

/* The answer to an id that cannot be read names none: such a request is never known to be answered. */
static void nothing_is_asked_for_ever(void **state)
{
	static char id[ASKED_ID_MAX + 32] = "{\"method\":\"a\",\"id\":\"";
	size_t head = strlen(id);

	(void)state;
	add("{\"id\":1,\"method\":\"a\",\"x\":NaN}");
	add("{\"id\":2,\"method\":\"subscriptions/listen\"}");
	add("{\"id\":3,\"result\":{}}"); /* an answer wants none */
	memset(id + head, 'x', ASKED_ID_MAX);
	memcpy(id + head + ASKED_ID_MAX - 1, "\"}", 3);
	add(id); /* longer than an id may be, by its quotation marks */
	assert_int_equal(asked.count, 2);
	for (int i = 1; i < ASKED_TIMES_MAX; i++)
		assert_null(asked_again(&asked));
	const struct asked_line *line = asked_again(&asked);
	assert_non_null(line);
	asked_answered(&asked, line->bytes + line->id_at, line->id_size);
	for (int i = 0; i < ASKED_TIMES_MAX; i++)
		assert_null(asked_again(&asked));
	assert_false(asked_is_waiting(&asked));
	asked_done(&asked);
}

static void the_oldest_are_forgotten_beyond_the_bounds(void **state)
{
	static char large[1 << 20];
	char line[64];

	(void)state;
	for (int i = 0; i < ASKED_MAX + 5; i++) {
		snprintf(line, sizeof(line), "{\"id\":%d,\"method\":\"a\"}", i);
		add(line);
	}
	assert_int_equal(asked.count, ASKED_MAX);
	assert_false(asked_has(&asked, "4", 1));
	assert_true(asked_has(&asked, "5", 1));
	memset(large, ' ', sizeof(large));
	memcpy(large, "{\"id\":\"x\",\"method\"", 18);
	for (int i = 0; i < 6; i++)
		assert_int_equal(asked_add(&asked, large, sizeof(large)), 0);
	assert_true(asked.bytes <= ASKED_BYTES_MAX);
	asked_done(&asked);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_id_is_the_messages_own_as_it_stands_there),
		cmocka_unit_test(what_is_answered_or_cancelled_is_not_asked_again),
		cmocka_unit_test(nothing_is_asked_for_ever),
		cmocka_unit_test(the_oldest_are_forgotten_beyond_the_bounds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
