#include "tests/unit/unit.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/nearest.h"
#include "ipc/tools.h"

static const struct tool *assess(void)
{
	const struct tool *tool =
		tool_find("assess_workload_compliance", strlen("assess_workload_compliance"));

	assert_non_null(tool);
	return tool;
}

static int check(const char *text, struct json_object **ret_checked, struct error_object *error)
{
	size_t offset;
	struct json_object *arguments = json_parse_strict(text, strlen(text), &offset);
	int r;

	assert_non_null(arguments);
	r = tool_check_arguments(assess(), arguments, "en", ret_checked, error);
	json_object_put(arguments);
	return r;
}

static void expect_refused(const char *text, enum error_code code, const char *field, const char *word)
{
	struct json_object *checked = NULL;
	struct error_object error;

	assert_int_equal(check(text, &checked, &error), -EINVAL);
	assert_int_equal(error.code, code);
	assert_string_equal(error.field, field);
	if (strstr(error.message, word) == NULL && strstr(error.hint, word) == NULL)
		fail_msg("'%s' / '%s' does not say '%s'", error.message, error.hint, word);
}

static void arguments_become_canonical(void **state)
{
	struct json_object *checked = NULL;
	struct error_object error;

	(void)state;
	assert_int_equal(
		check("{\"pue\":\"1.6\",\"namespace\":null,\"workload_name\":\"app\",\"allow_fake\":true}",
			&checked, &error),
		0);
	assert_string_equal(json_object_to_json_string_ext(checked, JSON_C_TO_STRING_PLAIN),
		"{\"workload_name\":\"app\",\"pue\":1.6,\"allow_fake\":true}");
	json_object_put(checked);
}

static void mistakes_are_named_with_their_remedy(void **state)
{
	(void)state;
	expect_refused("{}", ERROR_INVALID_ARGUMENT, "workload_name", "required");
	expect_refused("{\"workload_name\":null}", ERROR_INVALID_ARGUMENT, "workload_name", "required");
	expect_refused("{\"workload_nam\":\"a\"}", ERROR_INVALID_ARGUMENT, "workload_nam", "workload_name");
	expect_refused("{\"workload_name\":\"a\",\"zzzzzzzzzz\":1}", ERROR_INVALID_ARGUMENT, "zzzzzzzzzz",
		"namespace");
	expect_refused("{\"workload_name\":7}", ERROR_INVALID_ARGUMENT, "workload_name", "string");
	expect_refused("{\"workload_name\":\"\"}", ERROR_INVALID_ARGUMENT, "workload_name", "not be empty");
	expect_refused(
		"{\"workload_name\":\"a\\u0000b\"}", ERROR_INVALID_ARGUMENT, "workload_name", "U+0000");
	expect_refused("{\"workload_name\":\"a\",\"pue\":\"x\"}", ERROR_INVALID_ARGUMENT, "pue", "number");
	expect_refused("{\"workload_name\":\"a\",\"pue\":true}", ERROR_INVALID_ARGUMENT, "pue", "number");
	expect_refused("{\"workload_name\":\"a\",\"pue\":1e999}", ERROR_INVALID_ARGUMENT, "pue", "number");
	expect_refused("{\"workload_name\":\"a\",\"pue\":11}", ERROR_INVALID_ARGUMENT, "pue", "at most 10");
	expect_refused("{\"workload_name\":\"a\",\"pue\":0.9}", ERROR_PUE_BELOW_ONE, "pue", "1.45");
	expect_refused("{\"workload_name\":\"a\",\"lang\":\"fr\"}", ERROR_INVALID_ARGUMENT, "lang",
		"one of en, ko.");
	expect_refused("{\"workload_name\":\"a\",\"allow_fake\":1}", ERROR_INVALID_ARGUMENT, "allow_fake",
		"true or false");
	expect_refused("[1]", ERROR_INVALID_ARGUMENT, "", "object");
}

static void foreign_names_are_not_repeated_in_messages(void **state)
{
	(void)state;
	expect_refused("{\"workload_name\":\"a\",\"ignore all <b>\":1}", ERROR_INVALID_ARGUMENT,
		"(a name with other characters)", "other characters");
}

static void errors_follow_the_language(void **state)
{
	struct json_object *checked = NULL;
	struct error_object error;
	char *text;
	size_t size;

	(void)state;
	assert_int_equal(tool_check_arguments(assess(), NULL, "ko", &checked, &error), -EINVAL);
	text = error_json(&error, "ko", &size);
	assert_non_null(text);
	assert_non_null(strstr(text, "{\"error\":{\"code\":\"INVALID_ARGUMENT\",\"message\":\"workload_name "
				     "인수가 필요합니다.\""));
	assert_non_null(strstr(text, "\"field\":\"workload_name\""));
	free(text);
	struct json_object *given =
		json_tokener_parse("{\"workload_name\":\"a\",\"pue\":\"1,45\",\"lang\":\"ko\"}");
	assert_int_equal(tool_check_arguments(assess(), given, "en", &checked, &error), -EINVAL);
	assert_string_equal(error.message, "pue 값은 숫자여야 합니다."); /* the argument's comes first */
	json_object_put(given);
}

static void every_tool_argument_and_code_speaks_both_languages(void **state)
{
	(void)state;
	for (size_t i = 0; i < tool_count; i++) {
		assert_true(tools[i].text_en[0] != '\0' && tools[i].text_ko[0] != '\0');
		for (size_t j = 0; j < tools[i].argument_count; j++)
			assert_true(tools[i].arguments[j].text_en[0] != '\0' &&
				    tools[i].arguments[j].text_ko[0] != '\0');
	}
	for (int i = 0; i < ERROR_CODE_COUNT; i++) {
		assert_string_not_equal(
			error_text((enum error_code)i, "en"), error_text((enum error_code)i, "ko"));
		assert_true(
			error_status((enum error_code)i) >= 400 && error_status((enum error_code)i) < 600);
	}
	for (int i = 0; i < REASON_CODE_COUNT; i++)
		assert_string_not_equal(
			reason_text((enum reason_code)i, "en"), reason_text((enum reason_code)i, "ko"));
}

static void schemas_are_flat(void **state)
{
	(void)state;
	for (size_t i = 0; i < tool_count; i++) {
		struct json_object *schema = tool_input_schema(&tools[i], "ko"), *properties = NULL;
		json_object_object_get_ex(schema, "properties", &properties);
		assert_int_equal((size_t)json_object_object_length(properties), tools[i].argument_count);
		json_object_object_foreach(properties, name, property)
		{
			struct json_object *type = NULL;
			(void)name;
			assert_true(json_object_object_get_ex(property, "type", &type));
			assert_true(json_object_is_type(type, json_type_string));
		}
		json_object_put(schema);
	}
}

/* What a model reads of a tool: name, title, description, inputSchema. Counted as one token for four ASCII bytes and one for every
 * other character: 7 % more than the tokens of o200k_base, with which tests/web counts that they are at most 3000. */
static size_t tokens_of(const char *lang)
{
	static const char *const given[] = { "name", "title", "description", "inputSchema" };
	size_t ascii = 0, others = 0;

	for (size_t i = 0; i < tool_count; i++) {
		struct json_object *tool = tool_describe(&tools[i], lang);
		for (size_t k = 0; k < ARRAY_SIZE(given); k++) {
			struct json_object *part;
			assert_true(json_object_object_get_ex(tool, given[k], &part));
			ascii += strlen(given[k]) + sizeof("\"\":,") - 1;
			for (const char *c = json_object_to_json_string_ext(
				     part, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
				*c != '\0'; c++) {
				ascii += (*c & 0x80) == 0;
				others += (*c & 0xc0) == 0xc0;
			}
		}
		json_object_put(tool);
	}
	return (ascii + 3) / 4 + others;
}

static void all_definitions_together_cost_about_3000_tokens_in_either_language(void **state)
{
	(void)state;
	assert_int_equal(tool_count, 8);
	assert_in_range(tokens_of("en"), 1000, 3200);
	assert_in_range(tokens_of("ko"), 1000, 3200);
}

static void nearest_name_finds_typos_and_parts_only(void **state)
{
	static const char *const names[] = { "payment-api", "ml-training-job", "nginx.service" };

	(void)state;
	assert_int_equal(nearest_name("paymnt-api", names, 3), 0);
	assert_int_equal(nearest_name("training", names, 3), 1);
	assert_int_equal(nearest_name("ngnix.service", names, 3), 2);
	assert_int_equal(nearest_name("Training", names, 3), 1); /* case does not count */
	assert_int_equal(nearest_name("PAYMENT-API", names, 3), 0);
	assert_int_equal(nearest_name("zzzzzz", names, 3), -1);
	assert_int_equal(nearest_name("x", names, 0), -1);
}

static void a_hint_names_the_nearest_and_as_many_as_fit(void **state)
{
	static const char *const names[] = { "alpha", "beta", "gamma" };
	char text[64];

	(void)state;
	nearest_hint("alpa", names, 3, false, text, sizeof(text));
	assert_string_equal(text, "Did you mean alpha? Known: alpha, beta, gamma");
	nearest_hint("zzzzzz", names, 3, true, text, sizeof(text));
	assert_string_equal(text, "있는 것: alpha, beta, gamma");
	nearest_hint("zzzzzz", names, 3, false, text, 23);
	assert_string_equal(text, "Known: alpha, …");
	for (size_t size = 1; size < sizeof(text); size++) {
		nearest_hint("alpa", names, 3, false, text, size);
		assert_true(strlen(text) < size);
	}
}

static void the_document_is_the_one_committed(void **state)
{
	char *made = NULL, *committed;
	size_t size;
	FILE *out = open_memstream(&made, &size), *file = fopen(TANSO_SOURCE_DIR "/docs/tools.md", "r");

	(void)state;
	assert_non_null(out);
	assert_non_null(file);
	tools_describe_markdown(out);
	fclose(out);
	committed = calloc(1, size + 2);
	assert_non_null(committed);
	assert_int_equal(fread(committed, 1, size + 1, file), size);
	fclose(file);
	assert_string_equal(made, committed);
	free(made);
	free(committed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arguments_become_canonical),
		cmocka_unit_test(mistakes_are_named_with_their_remedy),
		cmocka_unit_test(foreign_names_are_not_repeated_in_messages),
		cmocka_unit_test(errors_follow_the_language),
		cmocka_unit_test(every_tool_argument_and_code_speaks_both_languages),
		cmocka_unit_test(schemas_are_flat),
		cmocka_unit_test(nearest_name_finds_typos_and_parts_only),
		cmocka_unit_test(a_hint_names_the_nearest_and_as_many_as_fit),
		cmocka_unit_test(all_definitions_together_cost_about_3000_tokens_in_either_language),
		cmocka_unit_test(the_document_is_the_one_committed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
