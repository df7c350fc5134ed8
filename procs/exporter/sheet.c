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

bool sheet_grow(struct sheet *sheet, size_t more)
{
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

static const uint64_t power_of_ten[20] = { 1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000,
	1000000000, 10000000000, 100000000000, 1000000000000, 10000000000000, 100000000000000,
	1000000000000000, 10000000000000000, 100000000000000000, 1000000000000000000,
	UINT64_C(10000000000000000000) };

static unsigned digit_count(uint64_t value)
{
	unsigned bits = 64 - (unsigned)__builtin_clzll(value | 1), count = bits * 1233 >> 12; /* log10(2) */

	return count + (value >= power_of_ten[count] || count == 0);
}

/* The last `count` digits of value at `at`, in their place at once: who reads back what was just written in smaller pieces
 * waits for it (a store forwarded to a wider load), which cost more than the digits. */
static char *digits(char *at, uint64_t value, unsigned count)
{
	char *end = at + count;

	for (at = end; count >= 2; count -= 2) {
		at -= 2;
		memcpy(at, &pairs[2 * (value % 100)], 2);
		value /= 100;
	}
	if (count > 0)
		at[-1] = (char)('0' + value % 10);
	return end;
}

char *decimal_write(char *at, uint64_t value, unsigned decimals)
{
	uint64_t whole = value / power_of_ten[decimals], rest = value % power_of_ten[decimals];

	at = digits(at, whole, digit_count(whole));
	if (rest == 0)
		return at;
	for (; rest % 10 == 0; rest /= 10)
		decimals--;
	*at++ = '.';
	return digits(at, rest, decimals);
}

void sheet_put_decimal(struct sheet *sheet, uint64_t value, unsigned decimals)
{
	if (sheet_reserve(sheet, DECIMAL_SIZE))
		sheet->size =
			(size_t)(decimal_write(sheet->text + sheet->size, value, decimals) - sheet->text);
}
