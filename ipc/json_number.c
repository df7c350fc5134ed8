/* printf's "%.9g", by which answers write their numbers, at a tenth of its price: an answer has some forty of them. */
#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "base/wide.h"
#include "ipc/json_write.h"

#define DIGITS     9
#define LEAST      1e-4        /* below, and from here: */
#define MOST       999999999.0 /* with an exponent: printf's to write */
#define PLACES_MAX 12          /* after the point, of LEAST */

static const uint64_t powers[PLACES_MAX + 1] = { 1, 10, 100, 1000, 10000, 100000, 1000000, 10000000,
	100000000, 1000000000, 10000000000, 100000000000, 1000000000000 };

/* The nine digits of value as an integer, rounded as printf does (the exact value, half to even), and how many of them stand after
 * the point. value = mantissa / 2^shift, LEAST <= value < MOST; the product has at most 93 bits. */
static uint64_t nine_digits(double value, int *ret_places)
{
	int exponent, places = PLACES_MAX;
	uint64_t mantissa = (uint64_t)ldexp(frexp(value, &exponent), 53);
	int shift = 53 - exponent;
	uint128 product, rest, half = (uint128)1 << (shift - 1);
	uint64_t digits;

	while (places > 0 && value * (double)powers[places] >= (double)powers[DIGITS])
		places--;
	product = (uint128)mantissa * powers[places];
	digits = (uint64_t)(product >> shift);
	if (digits >= powers[DIGITS] && places > 0) { /* the comparison was a rounding off */
		product = (uint128)mantissa * powers[--places];
		digits = (uint64_t)(product >> shift);
	}
	rest = product - ((uint128)digits << shift);
	*ret_places = places;
	return digits + (rest > half || (rest == half && digits % 2 == 1));
}

static char *put_integer(char *to, uint64_t value, int width)
{
	char reversed[24];
	int size = 0;

	do
		reversed[size++] = (char)('0' + value % 10);
	while ((value /= 10) > 0 || size < width);
	while (size > 0)
		*to++ = reversed[--size];
	return to;
}

static void format_plain(double value, char *to)
{
	int places;
	uint64_t digits;

	if (value < 0)
		*to++ = '-';
	value = fabs(value);
	digits = (uint64_t)value;
	if ((double)digits == value) { /* most percentages and targets */
		*put_integer(to, digits, 1) = '\0';
		return;
	}
	digits = nine_digits(value, &places);
	for (; places > 0 && digits % 10 == 0; places--)
		digits /= 10;
	to = put_integer(to, digits / powers[places], 1);
	if (places > 0) {
		*to++ = '.';
		to = put_integer(to, digits % powers[places], places);
	}
	*to = '\0';
}

int json_format_number(double value, char text[static 32])
{
	if (!isfinite(value))
		return -ERANGE;
	if (fabs(value) < MOST && (fabs(value) >= LEAST || value == 0)) /* no "-0" */
		format_plain(value, text);
	else
		snprintf(text, 32, "%.9g", value);
	return 0;
}
