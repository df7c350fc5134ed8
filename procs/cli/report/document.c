#include "cli/report/document.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "cli/language.h"
#include "ipc/json_write.h"

#define SHOWN_WITHIN 0.005 /* of the value */
#define SIGNIFICANT  3
#define DIGITS_MAX   15.0

void document_done(struct document *document)
{
	for (size_t i = 0; i < document->table_count; i++) {
		for (size_t j = 0; j < document->tables[i].cell_count; j++)
			free(document->tables[i].cells[j].text);
		free(document->tables[i].cells);
	}
	for (size_t i = 0; i < document->note_count; i++)
		free(document->notes[i]);
	*document = (struct document) { 0 };
}

const char *words_in(const struct document *document, const struct words *words)
{
	return words->text[document->is_korean];
}

struct table *document_table(struct document *document, const char *key, struct words title,
	const struct column *columns, size_t column_count)
{
	if (document->table_count == DOCUMENT_TABLES_MAX || column_count > DOCUMENT_COLUMNS_MAX) {
		document->failure = -ENOMEM;
		return &document->tables[DOCUMENT_TABLES_MAX - 1];
	}
	struct table *table = &document->tables[document->table_count++];
	*table = (struct table) {
		.key = key, .title = title, .columns = columns, .column_count = column_count
	};
	return table;
}

static void put_cell(struct document *document, struct table *table, struct cell cell)
{
	if (!array_grow(&table->cells, table->cell_count, &table->room, sizeof(*table->cells))) {
		document->failure = -ENOMEM;
		free(cell.text);
		return;
	}
	table->cells[table->cell_count++] = cell;
}

static void put_words(struct document *document, struct table *table, const char *text, const char *shown)
{
	char *copy = strdup(text);

	if (copy == NULL)
		document->failure = -ENOMEM;
	put_cell(document, table,
		(struct cell) {
			.type = copy != NULL ? CELL_TEXT : CELL_EMPTY, .text = copy, .shown = shown });
}

void put_cell_text(struct document *document, struct table *table, const char *text)
{
	put_words(document, table, text, NULL);
}

void put_cell_code(struct document *document, struct table *table, const char *code)
{
	const char *word = code_word(code, document->is_korean);

	put_words(document, table, code, word != code ? word : NULL);
}

void put_cell_number(struct document *document, struct table *table, double number, int digits)
{
	put_cell(document, table, (struct cell) { .type = CELL_NUMBER, .number = number, .digits = digits });
}

void put_cell_integer(struct document *document, struct table *table, int64_t integer)
{
	put_cell(document, table, (struct cell) { .type = CELL_INTEGER, .integer = integer });
}

void put_cell_empty(struct document *document, struct table *table)
{
	put_cell(document, table, (struct cell) { 0 });
}

void document_note(struct document *document, const char *format, ...)
{
	va_list arguments;
	char *text = NULL;

	if (document->note_count == DOCUMENT_NOTES_MAX) {
		document->failure = -ENOMEM;
		return;
	}
	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) >= 0)
		document->notes[document->note_count++] = text;
	else
		document->failure = -ENOMEM;
	va_end(arguments);
}

const char *document_draft(const struct document *document)
{
	return document->is_korean ? "초안: 그대로 제출하는 서류가 아닙니다"
				   : "Draft: not a document to be filed as it is";
}

/* A quantity above 0 is never shown as 0.000. */
static int digits_of(const struct cell *cell)
{
	double size = fabs(cell->number), shown = round(size * pow(10, cell->digits)) / pow(10, cell->digits);

	if (size == 0 || !isfinite(size) || fabs(shown - size) <= SHOWN_WITHIN * size)
		return cell->digits;
	return (int)fmin(DIGITS_MAX, SIGNIFICANT - 1 - floor(log10(size)));
}

void cell_put(FILE *out, const struct cell *cell, void (*put_text)(FILE *out, const char *text))
{
	switch (cell->type) {
	case CELL_EMPTY: break;
	case CELL_TEXT: put_text(out, cell->shown != NULL ? cell->shown : cell->text); break;
	case CELL_NUMBER: fprintf(out, "%.*f", digits_of(cell), cell->number); break;
	case CELL_INTEGER: fprintf(out, "%lld", (long long)cell->integer); break;
	}
}

/* A record that is hashed has no fractions: there a number is its text. */
static void write_json_number(struct json_writer *writer, const char *key, double number, bool is_record)
{
	char text[32];

	if (!is_record)
		json_write_number(writer, key, number);
	else if (json_format_number(number, text) == 0)
		json_write_text(writer, key, text);
	else
		writer->failure = -ERANGE;
}

static void write_json_cell(
	struct json_writer *writer, const char *key, const struct cell *cell, bool is_record)
{
	switch (cell->type) {
	case CELL_EMPTY: break; /* absent, as everywhere */
	case CELL_TEXT: json_write_text(writer, key, cell->text); break;
	case CELL_NUMBER: write_json_number(writer, key, cell->number, is_record); break;
	case CELL_INTEGER: json_write_integer(writer, key, cell->integer); break;
	}
}

static void write_json_table(struct json_writer *writer, const struct table *table, bool is_record)
{
	json_open_array(writer, table->key);
	for (size_t at = 0; at + table->column_count <= table->cell_count; at += table->column_count) {
		json_open_object(writer, NULL);
		for (size_t i = 0; i < table->column_count; i++)
			write_json_cell(writer, table->columns[i].key, &table->cells[at + i], is_record);
		json_close_object(writer);
	}
	json_close_array(writer);
}

static void write_json(struct json_writer *writer, const struct document *document, bool is_record)
{
	json_open_object(writer, NULL);
	json_write_text(writer, "report", document->key);
	json_write_text(writer, "title", words_in(document, &document->title));
	json_write_boolean(writer, "draft", true);
	for (size_t i = 0; i < document->table_count; i++)
		write_json_table(writer, &document->tables[i], is_record);
	json_open_array(writer, "notes");
	for (size_t i = 0; i < document->note_count; i++)
		json_write_text(writer, NULL, document->notes[i]);
	json_close_array(writer);
	json_close_object(writer);
}

int document_record(const struct document *document, char **ret_text, size_t *ret_size)
{
	struct json_writer writer = { 0 };
	int r;

	write_json(&writer, document, true);
	r = json_take(&writer, ret_text, ret_size);
	json_done(&writer);
	return r;
}

int document_write_json(const struct document *document, FILE *out)
{
	struct json_writer writer = { 0 };
	char *text = NULL;
	size_t size;
	int r;

	write_json(&writer, document, false);
	r = json_take(&writer, &text, &size);
	if (r == 0 && (fwrite(text, 1, size, out) != size || fputc('\n', out) == EOF))
		r = -EIO;
	json_done(&writer);
	free(text);
	return r;
}
