/*
 * One exposition's text, grown to a limit and reused from scrape to scrape: a scrape costs copies, not allocations.
 * Numbers are decimals made from whole µJ, µW and ns: exact, without a detour over floating point.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHEET_BYTES_MAX (UINT64_C(256) << 20)

struct sheet {
	char *text;
	size_t size, room;
	bool is_cut; /* over the limit: the scrape fails rather than lies */
};

/* A zeroed sheet is an empty one. */
void sheet_done(struct sheet *sheet);
void sheet_clear(struct sheet *sheet);
/* Room for `more` bytes at text + size; false (and is_cut) when there is none. */
bool sheet_grow(struct sheet *sheet, size_t more);
static inline bool sheet_reserve(struct sheet *sheet, size_t more)
{
	return sheet->size + more <= sheet->room || sheet_grow(sheet, more);
}
void sheet_put(struct sheet *sheet, const char *bytes, size_t size);
void sheet_print(struct sheet *sheet, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* value / 10^decimals without trailing zeros: (1500000, 6) is "1.5". decimals <= 9. */
void sheet_put_decimal(struct sheet *sheet, uint64_t value, unsigned decimals);

#define DECIMAL_SIZE 32
/* The same at `at`, which has DECIMAL_SIZE bytes; returns the end. */
char *decimal_write(char *at, uint64_t value, unsigned decimals);
