/* What an improvement says, in both languages. */
#include "analyst/improvement/text.c"
#include "tests/unit/unit.h"

#include <printf.h>

#define ARGUMENTS_MAX 16

/* Either all of a format's arguments have numbers or none has: what a mixture means no standard says. */
static bool is_mixed(const char *format)
{
	size_t numbered = 0, plain = 0;

	for (const char *at = format; (at = strchr(at, '%')) != NULL; at += at[1] == '%' ? 2 : 1) {
		size_t digits = strspn(at + 1, "0123456789");
		numbered += digits > 0 && at[1 + digits] == '$';
		plain += at[1] != '%' && at[1 + digits] != '$';
	}
	return numbered > 0 && plain > 0;
}

static void both_languages_take_the_same_arguments(void **state)
{
	(void)state;
	for (int words = 0; words < WORDS_COUNT; words++) {
		int types[2][ARGUMENTS_MAX] = { { 0 } };
		size_t counts[2];
		for (int language = 0; language < 2; language++) {
			assert_non_null(texts[words][language]);
			counts[language] =
				parse_printf_format(texts[words][language], ARGUMENTS_MAX, types[language]);
			if (is_mixed(texts[words][language]))
				fail_msg("some arguments have numbers, others none: %s",
					texts[words][language]);
		}
		if (counts[0] != counts[1] || memcmp(types[0], types[1], sizeof(types[0])) != 0)
			fail_msg("%s | %s", texts[words][0], texts[words][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_languages_take_the_same_arguments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
