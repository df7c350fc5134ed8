#include "exporter/sheet.h"

#include <string.h>

#include "exporter/cpuinfo.h"
#include "tests/unit/unit.h"

static void expect_decimal(uint64_t value, unsigned decimals, const char *wanted)
{
	char text[DECIMAL_SIZE + 1];

	*decimal_write(text, value, decimals) = '\0';
	assert_string_equal(text, wanted);
}

static void decimals_are_exact(void **state)
{
	(void)state;
	expect_decimal(0, 6, "0");
	expect_decimal(1, 6, "0.000001");
	expect_decimal(1500000, 6, "1.5");
	expect_decimal(8000001, 6, "8.000001");
	expect_decimal(1000000, 6, "1");
	expect_decimal(10, 0, "10");
	expect_decimal(100, 0, "100");
	expect_decimal(120000000, 9, "0.12");
	expect_decimal(UINT64_MAX, 0, "18446744073709551615");
	expect_decimal(UINT64_MAX, 6, "18446744073709.551615");
	expect_decimal(UINT64_MAX, 9, "18446744073.709551615");
}

static void decimals_agree_with_printf_everywhere(void **state)
{
	uint64_t value = 1;
	char wanted[64];

	(void)state;
	for (int i = 0; i < 20000; i++) {
		value = value * UINT64_C(6364136223846793005) + 1442695040888963407;
		uint64_t some = value >> (i % 64), scale = 1;
		for (unsigned decimals = 1; decimals <= 9; decimals++) {
			scale *= 10;
			snprintf(wanted, sizeof(wanted), "%llu.%0*llu", (unsigned long long)(some / scale),
				(int)decimals, (unsigned long long)(some % scale));
			char *end = wanted + strlen(wanted);
			while (end[-1] == '0')
				*--end = '\0';
			if (end[-1] == '.')
				*--end = '\0';
			expect_decimal(some, decimals, wanted);
		}
	}
}

static void numbers_of_each_length_are_whole(void **state)
{
	char wanted[64];

	(void)state;
	for (uint64_t value = 1; value <= UINT64_MAX / 10; value *= 10)
		for (uint64_t near = value - 1; near <= value + 1; near++) {
			snprintf(wanted, sizeof(wanted), "%llu", (unsigned long long)near);
			expect_decimal(near, 0, wanted);
		}
}

static void a_sheet_over_its_limit_is_cut_and_says_so(void **state)
{
	struct sheet sheet = { 0 };

	(void)state;
	assert_true(sheet_reserve(&sheet, 1000));
	sheet.size = 1000;
	assert_false(sheet_reserve(&sheet, SHEET_BYTES_MAX));
	assert_true(sheet.is_cut);
	sheet_clear(&sheet);
	sheet_print(&sheet, "%d", 5);
	assert_memory_equal(sheet.text, "5", 1);
	assert_false(sheet.is_cut);
	sheet_done(&sheet);
}

static void processors_are_read_as_the_kernel_writes_them(void **state)
{
	struct cpuinfo info = { 0 };
	char text[] = "processor\t: 0\nvendor_id\t: AuthenticAMD\nmodel\t\t: 1\nmodel name\t: AMD \"EPYC\"\n"
		      "physical id\t: 0\ncore id\t\t: 3\n\nprocessor\t: 1\nBogoMIPS\t: 1\n\nHardware\t: x\n";

	(void)state;
	cpuinfo_parse(&info, text);
	const char wanted[] =
		"processor=\"0\",vendor_id=\"AuthenticAMD\",model_name=\"AMD \\\"EPYC\\\"\","
		"physical_id=\"0\",core_id=\"3\"\n"
		"processor=\"1\",vendor_id=\"\",model_name=\"\",physical_id=\"\",core_id=\"\"\n";
	assert_int_equal(info.labels.size, sizeof(wanted) - 1);
	assert_memory_equal(info.labels.text, wanted, sizeof(wanted) - 1);
	sheet_done(&info.labels);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decimals_are_exact),
		cmocka_unit_test(decimals_agree_with_printf_everywhere),
		cmocka_unit_test(numbers_of_each_length_are_whole),
		cmocka_unit_test(a_sheet_over_its_limit_is_cut_and_says_so),
		cmocka_unit_test(processors_are_read_as_the_kernel_writes_them),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
