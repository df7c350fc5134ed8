#include "tests/unit/unit.h"

#include "cli/junit.h"
#include "ipc/tools.h"

static char *written(const char *rows, bool ignores_borderline)
{
	char *text = NULL;
	size_t size, offset;
	struct json_object *list = json_parse_strict(rows, strlen(rows), &offset);
	FILE *out = open_memstream(&text, &size);

	assert_non_null(list);
	junit_write(out, list, ignores_borderline);
	fclose(out);
	json_object_put(list);
	return text;
}

static void a_row_is_a_test_case(void **state)
{
	static const char rows[] =
		"[{\"workload\":\"api\",\"namespace\":\"prod\",\"status\":\"COMPLIANT\"},"
		"{\"workload\":\"job\",\"namespace\":\"prod\",\"status\":\"NON_COMPLIANT\",\"confidence\":"
		"\"clear\",\"reason_codes\":[\"CARBON_OVER_TARGET\",\"PUE_OVER_TARGET\"]},"
		"{\"workload\":\"edge\",\"namespace\":\"prod\",\"status\":\"NON_COMPLIANT\",\"confidence\":"
		"\"borderline\",\"reason_codes\":[]},"
		"{\"workload\":\"ghost\",\"namespace\":\"dev\",\"status\":\"UNKNOWN\",\"reason_codes\":["
		"\"NO_SAMPLES\"]}]";
	char *text = written(rows, true);

	(void)state;
	assert_string_equal(text,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites><testsuite name=\"tanso check\" "
		"tests=\"4\" failures=\"1\" errors=\"1\" skipped=\"1\">\n"
		"<testcase classname=\"prod\" name=\"api\"/>\n"
		"<testcase classname=\"prod\" name=\"job\"><failure message=\"CARBON_OVER_TARGET "
		"PUE_OVER_TARGET\" type=\"NON_COMPLIANT\"/></testcase>\n"
		"<testcase classname=\"prod\" name=\"edge\"><skipped message=\"borderline\"/></testcase>\n"
		"<testcase classname=\"dev\" name=\"ghost\"><error message=\"NO_SAMPLES\" "
		"type=\"UNKNOWN\"/></testcase>\n"
		"</testsuite></testsuites>\n");
	free(text);
	text = written(rows, false);
	assert_non_null(strstr(text, "failures=\"2\" errors=\"1\" skipped=\"0\""));
	free(text);
	text = written("[]", false);
	assert_non_null(strstr(text, "tests=\"0\""));
	free(text);
}

static void no_answer_is_one_error(void **state)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	junit_write_error(out, "nobody <answers>");
	fclose(out);
	assert_string_equal(text, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites><testsuite "
				  "name=\"tanso check\" tests=\"1\" "
				  "failures=\"0\" errors=\"1\" skipped=\"0\">\n<testcase classname=\"tanso\" "
				  "name=\"check\"><error "
				  "message=\"nobody &lt;answers&gt;\" "
				  "type=\"UNANSWERED\"/></testcase>\n</testsuite></testsuites>\n");
	free(text);
}

static void foreign_names_cannot_leave_their_attribute(void **state)
{
	char *text = written("[{\"workload\":\"\\\"/><x>&'\\u0001\\u001b\\ufffe\\n탄소\",\"namespace\":7,"
			     "\"status\":[]},null,5]",
		false);

	(void)state;
	assert_non_null(
		strstr(text, "name=\"&quot;/&gt;&lt;x&gt;&amp;&apos;\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
			     "&#10;탄소\""));
	assert_null(strstr(text, "<x>"));
	assert_non_null(strstr(text, "tests=\"3\" failures=\"0\" errors=\"3\""));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_is_a_test_case),
		cmocka_unit_test(no_answer_is_one_error),
		cmocka_unit_test(foreign_names_cannot_leave_their_attribute),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
