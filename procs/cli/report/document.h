/*
 * A report before it has a form: tables of typed cells, named for programs (key) and for people in both languages. One
 * document, three writers: JSON, CSV, printable HTML.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define DOCUMENT_TABLES_MAX  8
#define DOCUMENT_NOTES_MAX   64
#define DOCUMENT_COLUMNS_MAX 12

struct words {
	const char *text[2]; /* [0] en, [1] ko; static */
};

struct column {
	const char *key; /* in JSON; static */
	struct words title;
};

enum cell_type { CELL_EMPTY, CELL_TEXT, CELL_NUMBER, CELL_INTEGER };

struct cell {
	enum cell_type type;
	char *text;
	const char *shown; /* to people in its place: the word for a code; static, NULL = the text */
	double number;
	int digits; /* shown to people; JSON has 9 significant ones */
	int64_t integer;
};

struct table {
	const char *key;
	struct words title;
	const struct column *columns; /* static */
	size_t column_count;
	struct cell *cells; /* row by row */
	size_t cell_count, room;
};

struct document {
	const char *key; /* energy-use … */
	struct words title;
	bool is_korean;
	struct table tables[DOCUMENT_TABLES_MAX];
	size_t table_count;
	char *notes[DOCUMENT_NOTES_MAX]; /* foot of the page */
	size_t note_count;
	int failure; /* 0 or -ENOMEM, sticks */
};

void document_done(struct document *document);
const char *words_in(const struct document *document, const struct words *words);

/* The table stays the document's. NULL never: beyond the limit the last one is returned and the failure sticks. */
struct table *document_table(struct document *document, const char *key, struct words title,
	const struct column *columns, size_t column_count);
/* Cells fill the rows from left to right. Texts are copied. */
void put_cell_text(struct document *document, struct table *table, const char *text);
/* A code: programs read it as it is, people its word. */
void put_cell_code(struct document *document, struct table *table, const char *code);
void put_cell_number(struct document *document, struct table *table, double number, int digits);
void put_cell_integer(struct document *document, struct table *table, int64_t integer);
void put_cell_empty(struct document *document, struct table *table);
__attribute__((format(printf, 2, 3))) void document_note(struct document *document, const char *format, ...);

/* Every report is a draft, whatever its form. */
const char *document_draft(const struct document *document);

/* A cell for people: its text by put_text(), a number with its digits, or as many more as make it right to 0.5 %, nothing
 * where it is empty. */
void cell_put(FILE *out, const struct cell *cell, void (*put_text)(FILE *out, const char *text));

/* 0 or -errno. */
int document_write_json(const struct document *document, FILE *out);
/* The same as text to be hashed: a number is a string, of the digits JSON has. The caller frees it. */
int document_record(const struct document *document, char **ret_text, size_t *ret_size);
/* UTF-8 with BOM, CRLF; a text that a spreadsheet would take for a formula begins with an apostrophe. */
int document_write_csv(const struct document *document, FILE *out);
/* One page for A4, no scripts, nothing from elsewhere. */
int document_write_html(const struct document *document, FILE *out);
