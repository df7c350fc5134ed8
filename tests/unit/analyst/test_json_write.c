#include "tests/unit/unit.h"

#include <errno.h>
#include <math.h>

#include "ipc/json_write.h"

static void expect_number(double value, const char *expected)
{
	char text[32];

	assert_int_equal(json_format_number(value, text), 0);
	assert_string_equal(text, expected);
}

static void numbers_take_their_shortest_form_of_nine_digits(void **state)
{
	(void)state;
	expect_number(510, "510");
	expect_number(20.3, "20.3");
	expect_number(41.975, "41.975");
	expect_number(29.97015, "29.97015");
	expect_number(-0.0, "0");
	expect_number(1.0 / 3, "0.333333333");
	expect_number(0.1 + 0.2, "0.3");
	expect_number(123456789.4, "123456789");
}

static void expect_as_printf(double value)
{
	char expected[32];

	snprintf(expected, sizeof(expected), "%.9g", value);
	expect_number(value, expected);
}

static void numbers_are_printf_s_to_the_last_digit(void **state)
{
	static const double edges[] = { 1e-4, 9.99999999996e-5, 0.000123456789549, 2.5e-4, 0.5, 1,
		123456.7895, 12345678.25, 99999999.95, 1e8, 100000000.5, 100000001.5, 999999998.5,
		999999998.49999, 999999999, 1e9, 1e300, 5e-324 };
	uint64_t dice = UINT64_C(88172645463325252);
	double value;

	(void)state;
	for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
		expect_as_printf(edges[i]);
		expect_as_printf(-edges[i]);
		expect_as_printf(nextafter(edges[i], 0));
		expect_as_printf(nextafter(edges[i], INFINITY));
	}
	for (int i = 0; i < 100000; i++) {
		dice ^= dice << 13;
		dice ^= dice >> 7;
		dice ^= dice << 17;
		memcpy(&value, &dice, sizeof(value));
		if (isfinite(value))
			expect_as_printf(value);
		expect_as_printf((double)(dice % UINT64_C(2000000000000)) / 1000);
		expect_as_printf(ldexp((double)(dice >> 11), -(int)(dice % 60) - 20));
	}
}

static void numbers_that_are_not_finite_are_refused(void **state)
{
	const double values[] = { NAN, INFINITY, -INFINITY };
	char *text;
	size_t size;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct json_writer writer = { 0 };
		json_open_object(&writer, NULL);
		json_write_number(&writer, "x", values[i]);
		json_close_object(&writer);
		assert_int_equal(json_take(&writer, &text, &size), -ERANGE);
	}
}

static void text_stays_utf8_and_only_controls_are_escaped(void **state)
{
	struct json_writer writer = { 0 };
	char *text;
	size_t size;

	(void)state;
	json_open_object(&writer, NULL);
	json_write_text(&writer, "키", "탄소/\"\\\n\b\f\x01\x7f");
	json_write_bytes(&writer, "bad",
		"a\xff"
		"b",
		3);
	json_open_array(&writer, "list");
	json_write_integer(&writer, NULL, -3);
	json_write_boolean(&writer, NULL, true);
	json_open_object(&writer, NULL);
	json_close_object(&writer);
	json_close_array(&writer);
	json_close_object(&writer);
	assert_int_equal(json_take(&writer, &text, &size), 0);
	assert_string_equal(text, "{\"키\":\"탄소/\\\"\\\\\\n\\b\\f\\u0001\x7f\",\"bad\":\"a\xef\xbf\xbd"
				  "b\",\"list\":[-3,true,{}]}");
	assert_int_equal(size, strlen(text));
	free(text);
}

static void nesting_beyond_the_limit_fails_and_does_not_overrun(void **state)
{
	struct json_writer writer = { 0 };
	char *text;
	size_t size;

	(void)state;
	for (int i = 0; i < JSON_DEPTH_MAX + 5; i++)
		json_open_array(&writer, NULL);
	assert_int_equal(json_take(&writer, &text, &size), -E2BIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_take_their_shortest_form_of_nine_digits),
		cmocka_unit_test(numbers_are_printf_s_to_the_last_digit),
		cmocka_unit_test(numbers_that_are_not_finite_are_refused),
		cmocka_unit_test(text_stays_utf8_and_only_controls_are_escaped),
		cmocka_unit_test(nesting_beyond_the_limit_fails_and_does_not_overrun),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
