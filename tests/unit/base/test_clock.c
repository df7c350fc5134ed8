#include "base/clock.h"

#include "tests/unit/unit.h"

static void kst_is_nine_hours_ahead_of_utc(void **state)
{
	char text[32];

	(void)state;
	clock_format_kst(UINT64_C(0), text);
	assert_string_equal(text, "1970-01-01T09:00:00+09:00");
	clock_format_kst(UINT64_C(1764000000) * NS_PER_SECOND + 999, text);
	assert_string_equal(text, "2025-11-25T01:00:00+09:00");
}

static void the_boot_id_is_sixteen_bytes_and_stays(void **state)
{
	uint8_t a[16] = { 0 }, b[16] = { 0 }, zero[16] = { 0 };

	(void)state;
	assert_int_equal(clock_boot_id(a), 0);
	assert_int_equal(clock_boot_id(b), 0);
	assert_memory_equal(a, b, 16);
	assert_memory_not_equal(a, zero, 16);
}

static void clocks_do_not_run_backwards(void **state)
{
	struct instant before = clock_now(), after = clock_now();

	(void)state;
	assert_true(after.mono_ns >= before.mono_ns);
	assert_true(after.boot_ns >= before.boot_ns);
	assert_true(
		before.boot_ns >= before.mono_ns / 2); /* same order of magnitude: right clock, right unit */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kst_is_nine_hours_ahead_of_utc),
		cmocka_unit_test(the_boot_id_is_sixteen_bytes_and_stays),
		cmocka_unit_test(clocks_do_not_run_backwards),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
