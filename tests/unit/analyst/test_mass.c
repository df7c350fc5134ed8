#include "tests/unit/unit.h"

#include "base/cleanup.h"
#include "korea/mass.h"

static void what_would_read_as_nothing_is_told_in_grams(void **state)
{
	static const struct {
		double kilograms;
		const char *text;
	} cases[] = { { 29.97015, "29.97 kg" }, { 0.01, "0.01 kg" }, { 0.00351, "3.51 g" },
		{ -0.0042, "-4.20 g" }, { 0.000004, "< 0.01 g" }, { 0, "0.00 kg" } };
	char text[MASS_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(mass_text(cases[i].kilograms, text), cases[i].text);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(what_would_read_as_nothing_is_told_in_grams) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
