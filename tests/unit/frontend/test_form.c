#include "tests/unit/unit.h"

#include "frontend/cors.h"
#include "frontend/form.h"
#include "frontend/openapi.h"

#define FORM "application/x-www-form-urlencoded"

static const struct tool *assess(void)
{
	return tool_find("assess_workload_compliance", strlen("assess_workload_compliance"));
}

static void expect_form(const char *tool, const char *body, const char *expected)
{
	struct json_object *object = form_parse(tool_find(tool, strlen(tool)), body, strlen(body));

	assert_non_null(object);
	assert_string_equal(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN), expected);
	json_object_put(object);
}

static void fields_become_what_the_table_says(void **state)
{
	(void)state;
	expect_form("assess_workload_compliance", "workload_name=app&namespace=prod&allow_fake=true&pue=1.5",
		"{\"workload_name\":\"app\",\"namespace\":\"prod\",\"allow_fake\":true,\"pue\":\"1.5\"}");
	expect_form("get_regional_comparison",
		"comparison_regions=us-east-1,eu-north-1&residency=KR&residency=JP",
		"{\"comparison_regions\":[\"us-east-1\",\"eu-north-1\"],\"residency\":[\"KR\",\"JP\"]}");
}

static void escapes_are_undone_and_empty_fields_left_out(void **state)
{
	(void)state;
	expect_form("assess_workload_compliance", "workload_name=%ED%83%84%EC%86%8C+%26%2b&namespace=&&lang",
		"{\"workload_name\":\"탄소 &+\"}");
	expect_form("assess_workload_compliance", "workload_name=100%&namespace=%zz",
		"{\"workload_name\":\"100%\",\"namespace\":\"%zz\"}");
}

static void what_is_no_form_is_refused(void **state)
{
	char many[FORM_FIELDS_MAX * 4 + 16] = "";

	(void)state;
	assert_null(form_parse(assess(), "a=%ff", 5));
	assert_null(form_parse(assess(), "a=%00", 5));
	for (int i = 0; i <= FORM_FIELDS_MAX; i++)
		strcat(many, "a=1&");
	assert_null(form_parse(assess(), many, strlen(many)));
}

static void json_stays_json_whatever_curl_calls_it(void **state)
{
	(void)state;
	assert_false(form_is_meant(FORM, strlen(FORM), " {\"a\":\"b=c\"}", 11));
	assert_false(form_is_meant(FORM, strlen(FORM), "[\"=\"]", 5));
	assert_false(form_is_meant(FORM, strlen(FORM), "nonsense", 8));
	assert_false(form_is_meant("application/json", 16, "a=b", 3));
	assert_false(form_is_meant(NULL, 0, "a=b", 3));
	assert_true(form_is_meant(FORM "; charset=UTF-8", strlen(FORM) + 15, "a=b", 3));
}

static void an_origin_is_listed_whole_or_not(void **state)
{
	static const char list[] = "https://a.example, https://b.example:3000";

	(void)state;
	assert_true(cors_is_listed(list, "https://a.example", 17));
	assert_true(cors_is_listed(list, "https://b.example:3000", 22));
	assert_false(cors_is_listed(list, "https://b.example", 17));
	assert_false(cors_is_listed(list, "http://a.example", 16));
	assert_false(cors_is_listed(list, "null", 4));
	assert_false(cors_is_listed(list, "", 0));
	assert_false(cors_is_listed("", "https://a.example", 17));
}

static struct json_object *parse(const char *text, size_t size)
{
	size_t offset;
	struct json_object *object = json_parse_strict(text, size, &offset);

	assert_non_null(object);
	return object;
}

/* Valid OpenAPI or not: tests/web says; here that nothing of the tables is left out. */
static void the_document_names_every_tool_and_view_in_both_languages(void **state)
{
	static const char *const langs[] = { "en", "ko" };

	(void)state;
	for (size_t l = 0; l < 2; l++) {
		size_t size;
		const char *text = openapi_document(langs[l], &size);
		struct json_object *root = parse(text, size), *paths;
		assert_true(json_object_object_get_ex(root, "paths", &paths));
		for (size_t i = 0; i < tool_count + view_count; i++) {
			char path[96];
			bool is_tool = i < tool_count;
			snprintf(path, sizeof(path), "/%s/%s", is_tool ? "tools" : "views",
				is_tool ? tools[i].name : views[i - tool_count].name);
			assert_true(json_object_object_get_ex(paths, path, NULL));
			assert_non_null(strstr(openapi_llms(langs[l], &size), is_tool ? tools[i].name : ""));
		}
		json_object_put(root);
		text = openapi_reasons(langs[l], &size);
		root = parse(text, size);
		assert_true(json_object_object_get_ex(root, "reasons", &paths));
		assert_int_equal(json_object_object_length(paths), REASON_CODE_COUNT);
		json_object_put(root);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_become_what_the_table_says),
		cmocka_unit_test(escapes_are_undone_and_empty_fields_left_out),
		cmocka_unit_test(what_is_no_form_is_refused),
		cmocka_unit_test(json_stays_json_whatever_curl_calls_it),
		cmocka_unit_test(an_origin_is_listed_whole_or_not),
		cmocka_unit_test(the_document_names_every_tool_and_view_in_both_languages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
