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

/* "000" to "999", each with its length without trailing zeros behind it. */
#define TRIPLE(h, t, o) h, t, o, (o) != '0' ? 3 : (t) != '0' ? 2 : (h) != '0'
#define TEN(h, t)                                                                                            \
	TRIPLE(h, t, '0'), TRIPLE(h, t, '1'), TRIPLE(h, t, '2'), TRIPLE(h, t, '3'), TRIPLE(h, t, '4'),       \
		TRIPLE(h, t, '5'), TRIPLE(h, t, '6'), TRIPLE(h, t, '7'), TRIPLE(h, t, '8'),                  \
		TRIPLE(h, t, '9')
#define HUNDRED(h)                                                                                           \
	TEN(h, '0'), TEN(h, '1'), TEN(h, '2'), TEN(h, '3'), TEN(h, '4'), TEN(h, '5'), TEN(h, '6'),           \
		TEN(h, '7'), TEN(h, '8'), TEN(h, '9')
static const char triples[] = { HUNDRED('0'), HUNDRED('1'), HUNDRED('2'), HUNDRED('3'), HUNDRED('4'),
	HUNDRED('5'), HUNDRED('6'), HUNDRED('7'), HUNDRED('8'), HUNDRED('9') };

/* Writes a fourth byte too, which the next one is to overwrite. */
static inline void put_triple(char *at, uint64_t value)
{
	memcpy(at, &triples[4 * value], 4);
}

static char *whole_write(char *at, uint64_t value)
{
	if (value >= 1000) {
		at = whole_write(at, value / 1000);
		put_triple(at, value % 1000);
		return at + 3;
	}
	uint64_t zeros = value < 10 ? 2 : value < 100;
	memcpy(at, &triples[4 * value + zeros], 4); /* of the next one, too */
	return at + 3 - zeros;
}

/* Without a branch on the digits: where a number ends cannot be foretold. */
static inline char *parts_write(char *at, uint64_t whole, uint64_t nanos)
{
	uint64_t first = nanos / 1000000, second = nanos / 1000 % 1000, third = nanos % 1000;

	at = whole_write(at, whole);
	at[0] = '.';
	put_triple(at + 1, first);
	put_triple(at + 4, second);
	put_triple(at + 7, third);
	int length = third != 0    ? 7 + triples[4 * third + 3]
		     : second != 0 ? 4 + triples[4 * second + 3]
				   : 1 + triples[4 * first + 3];
	return nanos == 0 ? at : at + length;
}

char *decimal_write(char *at, uint64_t value, unsigned decimals)
{
	static const uint64_t powers[10] = { 1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000,
		1000000000 };

	if (decimals == 0)
		return whole_write(at, value);
	if (decimals == 6)
		return parts_write(at, value / 1000000, value % 1000000 * 1000);
	return parts_write(at, value / powers[decimals], value % powers[decimals] * powers[9 - decimals]);
}

void sheet_put_decimal(struct sheet *sheet, uint64_t value, unsigned decimals)
{
	if (sheet_reserve(sheet, DECIMAL_SIZE))
		sheet->size =
			(size_t)(decimal_write(sheet->text + sheet->size, value, decimals) - sheet->text);
}
