#include "cli/junit.h"

#include <string.h>

#include "cli/markup.h"
#include "cli/table.h"

#define REASONS_MAX 1024

enum check_outcome check_outcome(struct json_object *row, bool ignores_borderline)
{
	const char *status = text_of_member(row, "status");

	if (strcmp(status, "COMPLIANT") == 0)
		return CHECK_PASSED;
	if (strcmp(status, "NON_COMPLIANT") != 0)
		return CHECK_UNKNOWN;
	return ignores_borderline && strcmp(text_of_member(row, "confidence"), "clear") != 0 ? CHECK_IGNORED
											     : CHECK_FAILED;
}

void check_reasons(struct json_object *row, char *text, size_t size)
{
	struct json_object *code;
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; (code = element_of(row, "reason_codes", i)) != NULL; i++) {
		int n = snprintf(
			text + used, size - used, "%s%s", i > 0 ? " " : "", json_object_get_string(code));
		if (n < 0 || (size_t)n >= size - used)
			return;
		used += (size_t)n;
	}
}

static void put_attribute(FILE *out, const char *name, const char *value)
{
	fprintf(out, " %s=\"", name);
	markup_put(out, value);
	fputc('"', out);
}

static void write_outcome(FILE *out, struct json_object *row, enum check_outcome outcome)
{
	static const char *const elements[CHECK_OUTCOME_COUNT] = {
		[CHECK_FAILED] = "failure", [CHECK_UNKNOWN] = "error", [CHECK_IGNORED] = "skipped"
	};
	char reasons[REASONS_MAX];

	if (elements[outcome] == NULL) {
		fputs("/>\n", out);
		return;
	}
	check_reasons(row, reasons, sizeof(reasons));
	fprintf(out, "><%s", elements[outcome]);
	put_attribute(out, "message", outcome == CHECK_IGNORED ? "borderline" : reasons);
	if (outcome != CHECK_IGNORED)
		put_attribute(out, "type", text_of_member(row, "status"));
	fputs("/></testcase>\n", out);
}

void junit_write_error(FILE *out, const char *message)
{
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites><testsuite name=\"tanso check\" "
	      "tests=\"1\" "
	      "failures=\"0\" errors=\"1\" skipped=\"0\">\n<testcase classname=\"tanso\" "
	      "name=\"check\"><error",
		out);
	put_attribute(out, "message", message);
	fputs(" type=\"UNANSWERED\"/></testcase>\n</testsuite></testsuites>\n", out);
}

void junit_write(FILE *out, struct json_object *rows, bool ignores_borderline)
{
	size_t count = json_object_array_length(rows), counts[CHECK_OUTCOME_COUNT] = { 0 };

	for (size_t i = 0; i < count; i++)
		counts[check_outcome(json_object_array_get_idx(rows, i), ignores_borderline)]++;
	fprintf(out,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites><testsuite name=\"tanso check\" "
		"tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\">\n",
		count, counts[CHECK_FAILED], counts[CHECK_UNKNOWN], counts[CHECK_IGNORED]);
	for (size_t i = 0; i < count; i++) {
		struct json_object *row = json_object_array_get_idx(rows, i);
		fputs("<testcase", out);
		put_attribute(out, "classname", text_of_member(row, "namespace"));
		put_attribute(out, "name", text_of_member(row, "workload"));
		write_outcome(out, row, check_outcome(row, ignores_borderline));
	}
	fputs("</testsuite></testsuites>\n", out);
}
