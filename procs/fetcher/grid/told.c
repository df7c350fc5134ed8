#include "fetcher/grid/told.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/kst.h"

#define PRICE_MAX 10000.0 /* KRW/kWh; a price may be below zero */

void grid_told_done(struct grid_told *told)
{
	free(told->rows);
	*told = (struct grid_told) { 0 };
}

static int compare(const struct grid_row *a, const struct grid_row *b)
{
	int price_a = (a->flags & GRID_PRICE) != 0, price_b = (b->flags & GRID_PRICE) != 0;

	if (price_a != price_b)
		return price_a - price_b;
	return (a->start > b->start) - (a->start < b->start);
}

static bool is_sound(const struct grid_row *row)
{
	if (row->start <= 0 || row->seconds == 0 || !isfinite(row->value))
		return false;
	if ((row->flags & GRID_PRICE) != 0)
		return fabs(row->value) < PRICE_MAX;
	return row->value > 0 && row->value < INTENSITY_MAX;
}

static size_t place_of(const struct grid_told *told, const struct grid_row *row)
{
	size_t low = 0, high = told->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (compare(&told->rows[middle], row) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int grid_told_add(struct grid_told *told, const struct grid_row *row)
{
	size_t place;

	if (!is_sound(row)) {
		told->dropped++;
		return 0;
	}
	place = place_of(told, row);
	if (place < told->count && compare(&told->rows[place], row) == 0) {
		/* what was measured is not replaced by what was forecast */
		if ((row->flags & GRID_FORECAST) == 0 || (told->rows[place].flags & GRID_FORECAST) != 0)
			told->rows[place] = *row;
		return 0;
	}
	if (!array_grow(&told->rows, told->count, &told->room, sizeof(*told->rows)))
		return -ENOMEM;
	memmove(&told->rows[place + 1], &told->rows[place], (told->count - place) * sizeof(*told->rows));
	told->rows[place] = *row;
	told->count++;
	return 0;
}

static void drop(struct grid_told *told, size_t from, size_t gone)
{
	if (gone == 0)
		return;
	told->count -= gone;
	memmove(told->rows + from, told->rows + from + gone, (told->count - from) * sizeof(*told->rows));
}

size_t grid_told_intensities(const struct grid_told *told)
{
	const struct grid_row first_price = { .start = INT64_MIN, .flags = GRID_PRICE };

	return place_of(told, &first_price);
}

size_t grid_told_forget_intensities(struct grid_told *told)
{
	size_t gone = grid_told_intensities(told);

	drop(told, 0, gone);
	return gone;
}

void grid_told_trim(struct grid_told *told, size_t most)
{
	size_t intensities = grid_told_intensities(told), prices = told->count - intensities;
	size_t most_prices = most / GRID_PRICE_SHARE;

	drop(told, intensities, prices > most_prices ? prices - most_prices : 0);
	drop(told, 0, told->count > most ? told->count - most : 0);
}

bool grid_parse_time(const char *text, int64_t *ret_seconds)
{
	char whole[64];
	size_t size = strcspn(text, "."), digits = 0;

	if (strlen(text) >= sizeof(whole) - 1)
		return false;
	memcpy(whole, text, size);
	if (text[size] == '.')
		digits = strspn(text + size + 1, "0123456789") + 1;
	strcpy(whole + size, text + size + digits);
	if (strlen(whole) == 19) /* C#: no offset means UTC */
		strcat(whole, "Z");
	return digits != 1 && kst_parse_time(whole, ret_seconds);
}
