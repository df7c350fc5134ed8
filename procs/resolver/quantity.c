#include "resolver/quantity.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/wide.h"

#define DIGITS_MAX   19 /* 10^19 fits 64 bits, and times 2^60 it fits 128 */
#define EXPONENT_MAX 30

struct number {
	uint64_t digits;
	int count;    /* of digits that count */
	int exponent; /* value = digits * 10^exponent */
};

static const struct suffix {
	const char *text;
	int exponent; /* of ten, or of two where is_binary */
	bool is_binary;
} suffixes[] = {
	{ "", 0, false },
	{ "n", -9, false },
	{ "u", -6, false },
	{ "m", -3, false },
	{ "k", 3, false },
	{ "M", 6, false },
	{ "G", 9, false },
	{ "T", 12, false },
	{ "P", 15, false },
	{ "E", 18, false },
	{ "Ki", 10, true },
	{ "Mi", 20, true },
	{ "Gi", 30, true },
	{ "Ti", 40, true },
	{ "Pi", 50, true },
	{ "Ei", 60, true },
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Zeros at the end of a fraction do not count: "0.500000000000000000000" is a half. */
static int add_digit(struct number *number, char c, bool is_fraction)
{
	if (number->count == DIGITS_MAX)
		return is_fraction && c == '0' ? 0 : -ERANGE;
	number->digits = number->digits * 10 + (uint64_t)(c - '0');
	number->count += number->digits > 0;
	number->exponent -= is_fraction;
	return 0;
}

/* digits, "digits.", "digits.digits" or ".digits"; *text is left behind it */
static int take_number(const char **text, struct number *number)
{
	bool has_digit = false, is_fraction = false;

	*text += **text == '+';
	for (;; ++*text) {
		if (**text == '.' && !is_fraction) {
			is_fraction = true;
			continue;
		}
		if (!is_digit(**text))
			return has_digit ? 0 : -EINVAL;
		has_digit = true;
		if (number->exponent < -EXPONENT_MAX)
			return -ERANGE;
		int r = add_digit(number, **text, is_fraction);
		if (r < 0)
			return r;
	}
}

/* "e3", "E-2": one or two digits behind an optional sign */
static int take_exponent(const char *text, int *ret_exponent)
{
	bool is_negative = text[1] == '-';
	const char *digits = text + 1 + (text[1] == '-' || text[1] == '+');
	size_t count = strspn(digits, "0123456789");

	if (count == 0 || digits[count] != '\0')
		return -EINVAL;
	if (count > 2)
		return -ERANGE;
	int value = count == 1 ? digits[0] - '0' : (digits[0] - '0') * 10 + digits[1] - '0';
	*ret_exponent = is_negative ? -value : value;
	return 0;
}

static int take_suffix(const char *text, struct suffix *ret_suffix)
{
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++)
		if (strcmp(text, suffixes[i].text) == 0) {
			*ret_suffix = suffixes[i];
			return 0;
		}
	*ret_suffix = suffixes[0];
	return text[0] == 'e' || text[0] == 'E' ? take_exponent(text, &ret_suffix->exponent) : -EINVAL;
}

/* value * 10^exponent, rounded up */
static int scale(uint128 value, int exponent, uint64_t *ret_value)
{
	bool has_rest = false;

	for (; exponent > 0 && value > 0; exponent--)
		if (__builtin_mul_overflow(value, (uint128)10, &value))
			return -ERANGE;
	for (; exponent < 0 && value > 0; exponent++) {
		has_rest |= value % 10 != 0;
		value /= 10;
	}
	value += has_rest;
	if (value > UINT64_MAX)
		return -ERANGE;
	*ret_value = (uint64_t)value;
	return 0;
}

int quantity_parse(const char *text, int decimals, uint64_t *ret_value)
{
	struct number number = { 0 };
	struct suffix suffix;
	int r = take_number(&text, &number);

	if (r == 0)
		r = take_suffix(text, &suffix);
	if (r < 0)
		return r;
	uint128 value = number.digits;
	if (suffix.is_binary)
		return scale(value << suffix.exponent, number.exponent + decimals, ret_value);
	return scale(value, number.exponent + decimals + suffix.exponent, ret_value);
}
