#include "base/config.h"

#include <errno.h>
#include <unistd.h>

#include "base/language.h"
#include "tests/unit/unit.h"

static char path[] = "/tmp/tanso-config-XXXXXX";

static int load_text(struct config *config, const char *text, struct config_error *error)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	return config_load(config, path, error);
}

static void defaults_hold_without_a_file(void **state)
{
	struct config config;

	(void)state;
	config_defaults(&config);
	assert_int_equal(config.interval_ms, 1000);
	assert_string_equal(config.http_listen, "127.0.0.1:30800");
	assert_true(config.metrics_tls);
	assert_true(config.pue == 0.0);
}

static void values_of_every_type_are_read(void **state)
{
	struct config config;
	struct config_error error = { 0 };

	(void)state;
	assert_int_equal(load_text(&config,
				 "# comment\npue = 1.45\ninterval_ms = 500\nlang = ko\nmetrics_tls = "
				 "no\nregion = x ; y\n",
				 &error),
		0);
	assert_true(config.pue == 1.45);
	assert_int_equal(config.interval_ms, 500);
	assert_string_equal(config.lang, "ko");
	assert_false(config.metrics_tls);
	assert_string_equal(config.region, "x");
	assert_string_equal(config.path, path);
}

static void expect_error(const char *text, const char *const *parts)
{
	struct config config;
	struct config_error error = { 0 };

	assert_true(load_text(&config, text, &error) < 0);
	for (; *parts != NULL; parts++)
		if (strstr(error.text, *parts) == NULL)
			fail_msg("'%s' does not say '%s'", error.text, *parts);
}

static void errors_name_file_line_key_and_range(void **state)
{
	(void)state;
	expect_error("pue = 1.4\ninterval_ms = 5\n",
		(const char *[]) { path, ":2:", "interval_ms", "100 to 60000", NULL });
	expect_error("\n\nwatts = 5\n", (const char *[]) { ":3:", "watts", "no such key", NULL });
	expect_error("regoin = x\n", (const char *[]) { "regoin", "did you mean region", NULL });
	expect_error("lang = fr\n", (const char *[]) { ":1:", "lang", "en|ko", NULL });
	expect_error("metrics_tls = maybe\n", (const char *[]) { "metrics_tls", "yes nor no", NULL });
	expect_error("pue = nan\n", (const char *[]) { "pue", "not a number", NULL });
	expect_error("pue = 1,4\n", (const char *[]) { "pue", "not a number", NULL });
	expect_error("interval_ms = 100.5\n", (const char *[]) { "interval_ms", "whole number", NULL });
	expect_error("[collector]\npue = 1.4\n", (const char *[]) { "no sections", NULL });
	expect_error("lang = n|k\n", (const char *[]) { "lang", NULL });
}

static void errors_are_told_in_the_language_of_the_process(void **state)
{
	(void)state;
	language_set("ko");
	expect_error("pue = 1.4\ninterval_ms = 5\n",
		(const char *[]) { path, ":2:", "interval_ms", "허용 범위: 100 ~ 60000 ms", NULL });
	expect_error("regoin = x\n", (const char *[]) { ":1:", "regoin", "혹시 region", NULL });
	expect_error("lang = fr\n", (const char *[]) { "lang", "다음 중 하나", "en|ko", NULL });
	expect_error("pue = 0.5\n", (const char *[]) { "pue", "시설 전체 전력량", NULL });
	expect_error("watts\n", (const char *[]) { ":1:", "형식의 줄이 아닙니다", NULL });
	language_set("en");
}

static void a_pue_below_one_is_refused_and_zero_means_not_set(void **state)
{
	static const char *const keys[] = { "pue", "korea_pue_target" };
	char text[64];
	struct config config;
	struct config_error error;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		snprintf(text, sizeof(text), "%s = 0.5\n", keys[i]);
		expect_error(text, (const char *[]) { keys[i], "cannot be below 1", "0 (not set)", NULL });
		snprintf(text, sizeof(text), "%s = -1\n", keys[i]);
		expect_error(text, (const char *[]) { keys[i], "out of range", NULL });
		snprintf(text, sizeof(text), "%s = 14\n", keys[i]);
		expect_error(text,
			(const char *[]) { keys[i], "out of range; allowed: 0 (not set), 1 to 10", NULL });
		config_defaults(&config);
		assert_int_equal(config_set(&config, keys[i], "0.999", &error), -EINVAL);
		assert_int_equal(config_set(&config, keys[i], "1", &error), 0);
		assert_int_equal(config_set(&config, keys[i], "0", &error), 0);
	}
}

static void a_missing_file_is_named(void **state)
{
	struct config config;
	struct config_error error = { 0 };

	(void)state;
	assert_true(config_load(&config, "/nonexistent/tanso.conf", &error) < 0);
	assert_non_null(strstr(error.text, "/nonexistent/tanso.conf"));
}

static void the_environment_overrides_the_file_and_is_checked(void **state)
{
	struct config config;
	struct config_error error = { 0 };

	(void)state;
	setenv("KOREA_CARBON_INTENSITY", "436", 1);
	assert_int_equal(load_text(&config, "korea_carbon_intensity = 100\n", &error), 0);
	assert_true(config.korea_carbon_intensity == 436.0);
	setenv("KOREA_CARBON_INTENSITY", "dirty", 1);
	assert_true(load_text(&config, "", &error) < 0);
	assert_non_null(strstr(error.text, "KOREA_CARBON_INTENSITY"));
	unsetenv("KOREA_CARBON_INTENSITY");
}

/* The generated documents are what the table says. */
static void check_document(enum config_format format, const char *committed)
{
	char *text = NULL;
	size_t size = 0;
	char line[4096];
	FILE *memory = open_memstream(&text, &size);
	FILE *file = fopen(committed, "r");
	size_t at = 0;

	if (file == NULL)
		fail_msg("%s is missing; make it with config_doc", committed);
	config_describe(memory, format);
	fclose(memory);
	while (fgets(line, sizeof(line), file) != NULL) {
		size_t n = strlen(line);
		if (at + n > size || memcmp(text + at, line, n) != 0)
			fail_msg("%s differs from config.def at: %s", committed, line);
		at += n;
	}
	assert_int_equal(at, size);
	fclose(file);
	free(text);
}

/* Every value, uncommented, is a line the parser takes. */
static void the_shipped_file_loads_with_every_line_of_it(void **state)
{
	struct config config;
	struct config_error error;
	FILE *in = fopen(TANSO_SOURCE_DIR "/deploy/config/tanso.conf", "r"), *out = fopen(path, "w");
	char line[1024];

	(void)state;
	if (config_load(&config, TANSO_SOURCE_DIR "/deploy/config/tanso.conf", &error) < 0)
		fail_msg("%s", error.text);
	assert_true(in != NULL && out != NULL);
	while (fgets(line, sizeof(line), in) != NULL)
		fputs(line[0] == '#' && line[1] != ' ' ? line + 1 : line, out);
	fclose(in);
	fclose(out);
	if (config_load(&config, path, &error) < 0)
		fail_msg("%s", error.text);
}

static void documents_match_the_table(void **state)
{
	(void)state;
	check_document(CONFIG_FORMAT_MARKDOWN, TANSO_SOURCE_DIR "/docs/config.md");
	check_document(CONFIG_FORMAT_FILE, TANSO_SOURCE_DIR "/deploy/config/tanso.conf");
	check_document(CONFIG_FORMAT_MAN, TANSO_SOURCE_DIR "/docs/man/tanso.conf.5");
}

/* A line longer than the reader of such files takes would spoil the whole file, comment or not. */
static void the_shipped_file_can_be_read(void **state)
{
	struct config_error error = { 0 };
	struct config config;

	(void)state;
	if (config_load(&config, TANSO_SOURCE_DIR "/deploy/config/tanso.conf", &error) < 0)
		fail_msg("%s", error.text);
}

static int make_file(void **state)
{
	(void)state;
	return mkstemp(path) < 0;
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_hold_without_a_file),
		cmocka_unit_test(values_of_every_type_are_read),
		cmocka_unit_test(errors_name_file_line_key_and_range),
		cmocka_unit_test(errors_are_told_in_the_language_of_the_process),
		cmocka_unit_test(a_pue_below_one_is_refused_and_zero_means_not_set),
		cmocka_unit_test(a_missing_file_is_named),
		cmocka_unit_test(the_environment_overrides_the_file_and_is_checked),
		cmocka_unit_test(the_shipped_file_loads_with_every_line_of_it),
		cmocka_unit_test(documents_match_the_table),
		cmocka_unit_test(the_shipped_file_can_be_read),
	};
	return cmocka_run_group_tests(tests, make_file, remove_file);
}
