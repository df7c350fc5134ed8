/* A report as CSV: what a spreadsheet would compute is text. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/report/document.h"
#include "tests/unit/unit.h"

static const struct column columns[] = { { "name", { { "name", "이름" } } } };

/* The one row of a table with that cell, as written. */
static void write_cell(const char *cell, char ret_line[static 128])
{
	struct document document = { .title = { { "title", "제목" } } };
	struct table *table =
		document_table(&document, "rows", (struct words) { { "rows", "행" } }, columns, 1);
	char *text = NULL, *at;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	put_cell_text(&document, table, cell);
	assert_int_equal(document_write_csv(&document, out), 0);
	fclose(out);
	at = strstr(text, "\"name\"\r\n");
	assert_non_null(at);
	snprintf(ret_line, 128, "%.*s", (int)(strstr(at + 8, "\r\n\r\n") - (at + 8)), at + 8);
	free(text);
	document_done(&document);
}

static void what_begins_like_a_formula_gets_an_apostrophe(void **state)
{
	static const char *const formulas[] = { "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1",
		"＝1+1", "＋1", "－1", "＠SUM(A1)", "  =1", " ＝1" };
	char line[128], wanted[128];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(formulas); i++) {
		write_cell(formulas[i], line);
		snprintf(wanted, sizeof(wanted), "\"'%s\"", formulas[i]);
		assert_string_equal(line, wanted);
	}
}

static void other_text_stays_as_it_is(void **state)
{
	static const char *const texts[] = { "web-1=2", "-", "", "결제", "ー", "！", "(root)" };
	char line[128], wanted[128];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		write_cell(texts[i], line);
		snprintf(wanted, sizeof(wanted), "\"%s\"", texts[i]);
		assert_string_equal(line, wanted);
	}
	write_cell("a\"b", line);
	assert_string_equal(line, "\"a\"\"b\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_begins_like_a_formula_gets_an_apostrophe),
		cmocka_unit_test(other_text_stays_as_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
