#include "tests/unit/unit.h"

#include <unistd.h>

#include "cli/language.h"

static void speak(const char *lc_all, const char *lang)
{
	setenv("LC_ALL", lc_all, 1);
	setenv("LC_MESSAGES", "", 1);
	setenv("LANG", lang, 1);
}

static const char *chosen(char *first, char *second)
{
	char verb[] = "tanso", name[] = "assess", *argv[] = { verb, name, first, second, NULL };

	language_choose(first == NULL ? 2 : second == NULL ? 3 : 4, argv);
	return language_name();
}

static void the_option_comes_before_the_environment(void **state)
{
	char option[] = "--lang", joined[] = "--lang=en", value[] = "ko";

	(void)state;
	speak("", "en_US.UTF-8");
	assert_string_equal(chosen(NULL, NULL), "en");
	assert_string_equal(chosen(option, value), "ko");
	assert_string_equal(in_language("clear", "명확"), "명확");
	speak("", "ko_KR.UTF-8");
	assert_string_equal(chosen(NULL, NULL), "ko");
	assert_string_equal(chosen(joined, NULL), "en");
	assert_string_equal(in_language("clear", "명확"), "clear");
	assert_string_equal(
		chosen(option, NULL), "ko"); /* its value is missing: the verb says so, in Korean */
}

static void the_first_variable_that_is_set_decides_and_c_is_no_language(void **state)
{
	(void)state;
	speak("en_US.UTF-8", "ko_KR.UTF-8");
	assert_string_equal(language_of_environment(), "en");
	speak("C.UTF-8", "ko_KR.UTF-8");
	assert_null(language_of_environment());
	speak("", "POSIX");
	assert_null(language_of_environment());
}

static void where_the_environment_is_silent_the_configuration_speaks(void **state)
{
	char path[] = "/tmp/tanso-language-XXXXXX", option[] = "--config",
	     other[] = "--config=/nonexistent/conf";
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_true(dprintf(fd, "lang = ko\n") > 0);
	close(fd);
	speak("", "C");
	assert_string_equal(chosen(option, path), "ko");
	assert_string_equal(chosen(other, NULL), "en");
	speak("", "en_GB.UTF-8");
	assert_string_equal(chosen(option, path), "en");
	unlink(path);
}

static void a_code_reads_as_words(void **state)
{
	(void)state;
	assert_string_equal(code_word("region_table", false), "from the region table");
	assert_string_equal(code_word("region_table", true), "리전 공개값");
	assert_string_equal(code_word("declared", false), "declared");
	assert_string_equal(code_word("no_such_code", true), "no_such_code");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_option_comes_before_the_environment),
		cmocka_unit_test(the_first_variable_that_is_set_decides_and_c_is_no_language),
		cmocka_unit_test(where_the_environment_is_silent_the_configuration_speaks),
		cmocka_unit_test(a_code_reads_as_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
