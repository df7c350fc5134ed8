#include "tests/unit/unit.h"

#include "cli/terminal.h"

static void assert_shown(const char *text, const char *wanted)
{
	char *shown = NULL;
	size_t size;
	FILE *out = open_memstream(&shown, &size);

	terminal_put(out, text);
	fclose(out);
	assert_string_equal(shown, wanted);
	free(shown);
}

static void escape_sequences_do_not_reach_the_screen(void **state)
{
	(void)state;
	assert_shown("app", "app");
	assert_shown("탄소 · é", "탄소 · é");
	assert_shown("\033[2Jgone", "[2Jgone");
	assert_shown("a\nb\tc\rd\x7f\x01", "a b cd");
	assert_shown("\xc2\x9b"
		     "31m",
		"31m"); /* CSI as one character */
	assert_shown("\xc2\xb5", "µ");
	assert_shown("cut\xc2", "cut\xc2");
	assert_shown("cut\xe2\x80", "cut\xe2\x80");
	assert_shown("a\u202eb\u2066c\u200fd\u061c", "abcd"); /* in another order than it is written */
	assert_shown("a\u2028b", "ab");
	assert_shown("5 – 6 ‰ ⁰", "5 – 6 ‰ ⁰"); /* their neighbours */
}

static void long_texts_are_broken_at_spaces_and_hangul_counts_two(void **state)
{
	char *shown = NULL, text[400] = "";
	size_t size;
	FILE *out = open_memstream(&shown, &size);

	(void)state;
	for (int i = 0; i < 20; i++)
		strcat(text, i == 0 ? "탄소발자국" : " 탄소발자국"); /* 10 columns each, 11 with the space */
	terminal_option(out, "--region TEXT", text);
	terminal_option(out, "--a-very-long-option-with ITS|CHOICES", "short");
	fclose(out);
	const char *end = strchr(shown, '\n');
	assert_int_equal(end - shown, 30 + 6 * 15 + 5); /* 30 + 65 columns: one word more would be 106 */
	assert_memory_equal(end + 1, "                              탄", 33);
	assert_non_null(strstr(shown, "CHOICES \n                              short\n"));
	free(shown);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(escape_sequences_do_not_reach_the_screen),
		cmocka_unit_test(long_texts_are_broken_at_spaces_and_hangul_counts_two),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
