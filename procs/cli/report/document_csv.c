#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/report/document.h"

#define BOM "\xef\xbb\xbf"

/* A cell that begins so is a formula to a spreadsheet (OWASP, CSV injection; East Asian ones take the full-width signs too):
 * an apostrophe before it makes it text. Names of pods and processes are anybody's text. A dash alone, for "none", computes
 * nothing. */
static bool is_formula(const char *text)
{
	static const char *const signs[] = { "=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠" };

	text += strspn(text, " ");
	if (strcmp(text, "-") == 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(signs); i++)
		if (strncmp(text, signs[i], strlen(signs[i])) == 0)
			return true;
	return false;
}

static void put_text_field(FILE *out, const char *text)
{
	fputc('"', out);
	if (is_formula(text))
		fputc('\'', out);
	for (const char *c = text; *c != '\0'; c++) {
		if (*c == '"')
			fputc('"', out);
		fputc(*c, out);
	}
	fputc('"', out);
}

static void put_table(const struct document *document, const struct table *table, FILE *out)
{
	size_t columns = table->column_count;

	fputs("\r\n", out);
	put_text_field(out, words_in(document, &table->title));
	fputs("\r\n", out);
	for (size_t i = 0; i < columns; i++) {
		put_text_field(out, words_in(document, &table->columns[i].title));
		fputs(i + 1 < columns ? "," : "\r\n", out);
	}
	for (size_t i = 0; i < table->cell_count; i++) {
		cell_put(out, &table->cells[i], put_text_field);
		fputs((i + 1) % columns != 0 ? "," : "\r\n", out);
	}
}

int document_write_csv(const struct document *document, FILE *out)
{
	fputs(BOM, out);
	put_text_field(out, words_in(document, &document->title));
	fputs("\r\n", out);
	put_text_field(out, document_draft(document));
	fputs("\r\n", out);
	for (size_t i = 0; i < document->table_count; i++)
		put_table(document, &document->tables[i], out);
	fputs("\r\n", out);
	for (size_t i = 0; i < document->note_count; i++) {
		put_text_field(out, document->notes[i]);
		fputs("\r\n", out);
	}
	return ferror(out) ? -EIO : 0;
}
