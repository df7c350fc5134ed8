#include "cli/terminal.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool terminal_has_colour(FILE *out)
{
	return isatty(fileno(out)) && getenv("NO_COLOR") == NULL;
}

void terminal_put(FILE *out, const char *text)
{
	for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++) {
		if (*c == '\n' || *c == '\t')
			fputc(' ', out);
		else if (c[0] == 0xc2 && c[1] >= 0x80 && c[1] <= 0x9f)
			c++; /* U+0080 … U+009F are control characters too */
		else if (*c >= 0x20 && *c != 0x7f)
			fputc(*c, out);
	}
}

/* East Asian Wide and Fullwidth blocks (Unicode Standard Annex 11) that names and labels are made of. */
static bool is_wide(uint32_t c)
{
	return (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf) || (c >= 0xac00 && c <= 0xd7a3) ||
	       (c >= 0xf900 && c <= 0xfaff) || (c >= 0xff00 && c <= 0xff60) || (c >= 0x1f300 && c <= 0x1faff);
}

static int columns_of(const char *text, size_t bytes)
{
	const unsigned char *end = (const unsigned char *)text + bytes;
	int columns = 0;

	for (const unsigned char *c = (const unsigned char *)text; c < end;) {
		int more = *c >= 0xf0 ? 3 : *c >= 0xe0 ? 2 : *c >= 0xc0 ? 1 : 0;
		uint32_t code = more == 3 ? *c & 0x07u : more == 2 ? *c & 0x0fu : more == 1 ? *c & 0x1fu : *c;
		for (c++; more > 0 && (*c & 0xc0) == 0x80; more--, c++)
			code = code << 6 | (*c & 0x3fu);
		columns += is_wide(code) ? 2 : 1;
	}
	return columns;
}

int terminal_columns(const char *text)
{
	return columns_of(text, strlen(text));
}

void terminal_pad(FILE *out, const char *text, int columns)
{
	terminal_put(out, text);
	for (int column = columns_of(text, strlen(text)); column < columns; column++)
		fputc(' ', out);
}

void terminal_pad_left(FILE *out, const char *text, int columns)
{
	for (int column = terminal_columns(text); column < columns; column++)
		fputc(' ', out);
	terminal_put(out, text);
}

void terminal_wrap(FILE *out, const char *text, int indent)
{
	int column = indent;

	for (const char *word = text; *word != '\0';) {
		size_t bytes = strcspn(word, " ");
		int width = columns_of(word, bytes);
		if (word == text)
			column += width;
		else if (column + 1 + width <= TERMINAL_COLUMNS)
			column += fprintf(out, " ") + width;
		else
			column = fprintf(out, "\n%*s", indent, "") - 1 + width;
		fwrite(word, 1, bytes, out);
		word += bytes + (word[bytes] == ' ');
	}
	fputc('\n', out);
}

void terminal_option(FILE *out, const char *left, const char *text)
{
	const int indent = 30;

	if (fprintf(out, "  %-*s ", indent - 3, left) > indent)
		fprintf(out, "\n%*s", indent, "");
	terminal_wrap(out, text, indent);
}

double rounded(double value, int digits)
{
	double scale = pow(10, digits);

	return round(value * scale * (1 + 1e-12)) / scale;
}
