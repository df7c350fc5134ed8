#include <errno.h>
#include <string.h>

#include "cli/report/document.h"
#include "cli/markup.h"

#define WORD_WHOLE_MAX 20 /* bytes */

static const char style[] =
	"@page{size:A4;margin:14mm}"
	"body{font:10pt/1.45 'Noto Sans KR','Malgun "
	"Gothic',sans-serif;color:#000;max-width:182mm;margin:auto;word-break:keep-all}"
	"h1{font-size:15pt;margin:0 0 2mm}h2{font-size:11pt;margin:5mm 0 1mm}"
	".draft{border:1.5pt solid #b00;color:#b00;padding:1mm 3mm;font-weight:bold;margin:0 0 3mm}"
	"table{border-collapse:collapse;width:100%;font-size:9pt}th,td{border:.5pt solid #666;padding:.8mm "
	"1.2mm;text-align:left;vertical-align:top}th{background:#eee}td.long{overflow-wrap:anywhere}"
	"td.n{text-align:right;"
	"font-variant-numeric:tabular-nums;white-space:nowrap}thead{display:table-header-group}"
	"tr{break-inside:avoid}footer{margin-top:5mm;border-top:.5pt solid #666;font-size:8pt}footer "
	"p{margin:.8mm 0}";

/* A word that may not fit its column is broken anywhere; codes, units and years are not. */
static bool has_long_word(const struct cell *cell)
{
	const char *text = cell->type == CELL_TEXT ? cell->text : "";

	while (*text != '\0') {
		size_t size = strcspn(text, " ");
		if (size > WORD_WHOLE_MAX)
			return true;
		text += size + strspn(text + size, " ");
	}
	return false;
}

static void put_cell_html(FILE *out, const struct cell *cell)
{
	bool is_number = cell->type == CELL_NUMBER || cell->type == CELL_INTEGER;

	fputs(is_number ? "<td class=\"n\">" : has_long_word(cell) ? "<td class=\"long\">" : "<td>", out);
	cell_put(out, cell, markup_put);
	fputs("</td>", out);
}

/* The sheet is for people: beside a code stands its name. */
static bool is_for_programs(const struct table *table, size_t column)
{
	return strcmp(table->columns[column].key, "code") == 0;
}

static void put_table_html(const struct document *document, const struct table *table, FILE *out)
{
	fputs("<h2>", out);
	markup_put(out, words_in(document, &table->title));
	fputs("</h2>\n<table><thead><tr>", out);
	for (size_t i = 0; i < table->column_count; i++) {
		if (is_for_programs(table, i))
			continue;
		fputs("<th>", out);
		markup_put(out, words_in(document, &table->columns[i].title));
		fputs("</th>", out);
	}
	fputs("</tr></thead><tbody>\n", out);
	for (size_t i = 0; i < table->cell_count; i++) {
		if (i % table->column_count == 0)
			fputs("<tr>", out);
		if (!is_for_programs(table, i % table->column_count))
			put_cell_html(out, &table->cells[i]);
		if ((i + 1) % table->column_count == 0)
			fputs("</tr>\n", out);
	}
	fputs("</tbody></table>\n", out);
}

int document_write_html(const struct document *document, FILE *out)
{
	const char *title = words_in(document, &document->title);

	fprintf(out,
		"<!doctype html>\n<html lang=\"%s\"><head><meta charset=\"utf-8\">"
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
		"'unsafe-inline'\">"
		"<title>",
		document->is_korean ? "ko" : "en");
	markup_put(out, title);
	fprintf(out, "</title><style>%s</style></head><body>\n<h1>", style);
	markup_put(out, title);
	fprintf(out, "</h1>\n<p class=\"draft\">%s</p>\n", document_draft(document));
	for (size_t i = 0; i < document->table_count; i++)
		put_table_html(document, &document->tables[i], out);
	fputs("<footer>\n", out);
	for (size_t i = 0; i < document->note_count; i++) {
		fputs("<p>", out);
		markup_put(out, document->notes[i]);
		fputs("</p>\n", out);
	}
	fputs("</footer></body></html>\n", out);
	return ferror(out) ? -EIO : 0;
}
