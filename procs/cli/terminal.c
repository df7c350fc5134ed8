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

/* Bytes of a control character beyond ASCII that begins here: U+0080 … U+009F, or one that turns the direction of the text around it, so
 * that a name reads as another (Unicode Standard Annex 9: U+061C, U+200E, U+200F, U+202A … U+202E, U+2066 … U+2069), or ends a line. */
static size_t control_size(const unsigned char *c)
{
	if ((c[0] == 0xc2 && c[1] >= 0x80 && c[1] <= 0x9f) || (c[0] == 0xd8 && c[1] == 0x9c))
		return 2;
	if (c[0] != 0xe2 || (c[1] != 0x80 && c[1] != 0x81))
		return 0;
	bool is_one = c[1] == 0x80 ? c[2] == 0x8e || c[2] == 0x8f || (c[2] >= 0xa8 && c[2] <= 0xae)
				   : c[2] >= 0xa6 && c[2] <= 0xa9;
	return is_one ? 3 : 0;
}

void terminal_put(FILE *out, const char *text)
{
	for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++) {
		if (*c == '\n' || *c == '\t')
			fputc(' ', out);
		else if (control_size(c) > 0)
			c += control_size(c) - 1;
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
