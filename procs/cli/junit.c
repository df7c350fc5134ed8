#include "cli/junit.h"

#include <string.h>

#include "cli/table.h"
#include "ipc/json_write.h"

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

/* Not every character may stand in XML 1.0, escaped or not: those become U+FFFD. */
static bool is_xml(const char *c, size_t length)
{
	if (length == 1)
		return (unsigned char)*c >= 0x20 || *c == '\t' || *c == '\n' || *c == '\r';
	return length > 1 && !(memcmp(c, "\xef\xbf", 2) == 0 && ((unsigned char)c[2] & 0xfe) == 0xbe);
}

static const char *escape_of(char c)
{
	switch (c) {
	case '&': return "&amp;";
	case '<': return "&lt;";
	case '>': return "&gt;";
	case '"': return "&quot;";
	case '\'': return "&apos;";
	case '\t': return "&#9;";
	case '\n': return "&#10;";
	case '\r': return "&#13;";
	default: return NULL;
	}
}

static void put_escaped(FILE *out, const char *text)
{
	size_t left = strlen(text);

	while (left > 0) {
		size_t length = utf8_length(text, left), taken = length > 0 ? length : 1;
		if (!is_xml(text, length))
			fputs("\xef\xbf\xbd", out);
		else if (length == 1 && escape_of(*text) != NULL)
			fputs(escape_of(*text), out);
		else
			fwrite(text, 1, length, out);
		text += taken;
		left -= taken;
	}
}

static void put_attribute(FILE *out, const char *name, const char *value)
{
	fprintf(out, " %s=\"", name);
	put_escaped(out, value);
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
