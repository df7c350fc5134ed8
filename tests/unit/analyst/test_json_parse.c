#include "tests/unit/unit.h"

#include "ipc/tools.h"

static void expect_refused(const char *text, size_t size)
{
	size_t offset;
	struct json_object *value = json_parse_strict(text, size, &offset);

	if (value != NULL)
		fail_msg("accepted: %.*s", (int)size, text);
	assert_true(offset <= size);
}

static void refuses_what_is_no_json(void **state)
{
	static const char *const texts[] = { "", " ", "'a'", "{'a':1}", "NaN", "[NaN]", "Infinity",
		"-Infinity", "{\"a\":1,\"a\":2}", "[{\"b\":1,\"b\":1}]", "{\"a\":1,\"\\u0061\":2}",
		"\"\\ud800\"", "\"\\udc00\\ud800\"", "\"\\ud800\\u0041\"", "\"\\x\"", "\"\\u12g4\"", "\"abc",
		"\"a\nb\"", "\"a\tb\"", "01", "1.", ".5", "+1", "-", "1e", "1e+", "--1", "0x10", "tru", "nul",
		"True", "[1,]", "[,1]", "[1 2]", "{\"a\"}", "{\"a\":}", "{a:1}", "{\"a\":1,}", "{} {}", "{}x",
		"1 2", "/*c*/1", "[1}", "{\"a\":1]", "[", "{", "]", "\"\xff\"", "\"\xc0\xaf\"",
		"\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"", "\xef\xbb\xbf{}" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		expect_refused(texts[i], strlen(texts[i]));
	expect_refused("{}\0", 3);
	expect_refused("\"a\0b\"", 5);
}

static void accepts_json_of_every_kind(void **state)
{
	static const char *const texts[] = { "{}", "[]", "0", "-0.5e-3", "\"\"", "true", "false",
		" {\"a\" : [1, 2.5, {\"b\": null}], \"c\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"}\n",
		"\"\\ud83d\\ude00\"", "\"탄소\"", "[[],{},[{}]]", "\"\\u0000\"", "18446744073709551616" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		size_t offset;
		struct json_object *value = json_parse_strict(texts[i], strlen(texts[i]), &offset);
		if (value == NULL)
			fail_msg("refused: %s at %zu", texts[i], offset);
		json_object_put(value);
	}
}

static void refuses_nesting_beyond_its_limit(void **state)
{
	char text[80];
	size_t offset;
	struct json_object *value;

	(void)state;
	memset(text, '[', 32);
	memset(text + 32, ']', 32);
	value = json_parse_strict(text, 64, &offset);
	assert_non_null(value);
	json_object_put(value);
	memset(text, '[', 33);
	memset(text + 33, ']', 33);
	expect_refused(text, 66);
}

/* json-c's tokener makes U+FFFD of some of these pairs. */
static void reads_what_a_string_says(void **state)
{
	static const char text[] = "{\"\\ud55c\\u00e9\":\"\\\"\\\\\\/"
				   "\\b\\f\\n\\r\\t\\u007f\\ud837\\ude00\\udbff\\udfff\\u0000.\"}",
			  said[] = "\"\\/\b\f\n\r\t\x7f\xf0\x9d\xb8\x80\xf4\x8f\xbf\xbf\0.";
	struct json_object *object, *value = NULL;
	size_t offset;

	(void)state;
	object = json_parse_strict(text, sizeof(text) - 1, &offset);
	assert_true(json_object_object_get_ex(object, "한é", &value));
	assert_int_equal(json_object_get_string_len(value), sizeof(said) - 1);
	assert_memory_equal(json_object_get_string(value), said, sizeof(said));
	json_object_put(object);
}

static void reads_numbers_as_they_are_or_cut_to_64_bits(void **state)
{
	static const struct {
		const char *text, *read;
	} numbers[] = { { "-0", "0" }, { "999999999999999999", "999999999999999999" },
		{ "-999999999999999999", "-999999999999999999" },
		{ "9223372036854775808", "9223372036854775808" },
		{ "18446744073709551616", "18446744073709551615" },
		{ "-9223372036854775809", "-9223372036854775808" }, { "1.50", "1.50" }, { "1e2", "1e2" } };

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		size_t offset;
		struct json_object *value =
			json_parse_strict(numbers[i].text, strlen(numbers[i].text), &offset);
		assert_string_equal(json_object_to_json_string(value), numbers[i].read);
		json_object_put(value);
	}
}

static void says_where_it_stopped(void **state)
{
	size_t offset;

	(void)state;
	assert_null(json_parse_strict("{\"a\": 'b'}", 10, &offset));
	assert_int_equal(offset, 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_what_is_no_json),
		cmocka_unit_test(accepts_json_of_every_kind),
		cmocka_unit_test(refuses_nesting_beyond_its_limit),
		cmocka_unit_test(reads_what_a_string_says),
		cmocka_unit_test(reads_numbers_as_they_are_or_cut_to_64_bits),
		cmocka_unit_test(says_where_it_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
