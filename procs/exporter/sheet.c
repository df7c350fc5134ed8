#include "exporter/sheet.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 65536
#define PRINT_MAX  1024

void sheet_done(struct sheet *sheet)
{
	free(sheet->text);
	*sheet = (struct sheet) { 0 };
}

void sheet_clear(struct sheet *sheet)
{
	sheet->size = 0;
	sheet->is_cut = false;
}

bool sheet_reserve(struct sheet *sheet, size_t more)
{
	if (sheet->size + more <= sheet->room)
		return true;
	size_t room = 2 * sheet->room + more + FIRST_ROOM;
	if (room > SHEET_BYTES_MAX)
		room = SHEET_BYTES_MAX;
	char *text = sheet->size + more > room ? NULL : realloc(sheet->text, room);
	if (text == NULL) {
		sheet->is_cut = true;
		return false;
	}
	sheet->text = text;
	sheet->room = room;
	return true;
}

void sheet_put(struct sheet *sheet, const char *bytes, size_t size)
{
	if (!sheet_reserve(sheet, size))
		return;
	memcpy(sheet->text + sheet->size, bytes, size);
	sheet->size += size;
}

void sheet_print(struct sheet *sheet, const char *format, ...)
{
	va_list arguments;

	if (!sheet_reserve(sheet, PRINT_MAX))
		return;
	va_start(arguments, format);
	int written = vsnprintf(sheet->text + sheet->size, PRINT_MAX, format, arguments);
	va_end(arguments);
	sheet->is_cut |= written < 0 || written >= PRINT_MAX;
	sheet->size += written > 0 && written < PRINT_MAX ? (size_t)written : 0;
}

static const char pairs[] = "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
			    "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
			    "8081828384858687888990919293949596979899";

/* All digits of value into the end of buffer; returns the first. */
static char *digits(char *end, uint64_t value)
{
	while (value >= 100) {
		end -= 2;
		memcpy(end, &pairs[2 * (value % 100)], 2);
		value /= 100;
	}
	if (value >= 10) {
		end -= 2;
		memcpy(end, &pairs[2 * value], 2);
	} else {
		*--end = (char)('0' + value);
	}
	return end;
}

char *decimal_write(char *at, uint64_t value, unsigned decimals)
{
	static const uint64_t power_of_ten[] = { 1, 10, 100, 1000, 10000, 100000, 1000000, 10000000,
		100000000, 1000000000 };
	char buffer[DECIMAL_SIZE], *end = buffer + sizeof(buffer);
	uint64_t whole = value / power_of_ten[decimals], rest = value % power_of_ten[decimals];

	char *first = digits(end, whole);
	memcpy(at, first, (size_t)(end - first));
	at += end - first;
	if (rest == 0)
		return at;
	*at++ = '.';
	first = digits(end, rest);
	for (size_t zeros = decimals - (size_t)(end - first); zeros > 0; zeros--)
		*at++ = '0';
	while (end[-1] == '0')
		end--;
	memcpy(at, first, (size_t)(end - first));
	return at + (end - first);
}

void sheet_put_decimal(struct sheet *sheet, uint64_t value, unsigned decimals)
{
	if (sheet_reserve(sheet, DECIMAL_SIZE))
		sheet->size =
			(size_t)(decimal_write(sheet->text + sheet->size, value, decimals) - sheet->text);
}
