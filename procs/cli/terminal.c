#include "cli/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *terminal_language(const char *option)
{
	const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };

	if (option != NULL)
		return strncmp(option, "ko", 2) == 0 ? "ko" : "en";
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = getenv(names[i]);
		if (value != NULL && value[0] != '\0') /* the first that is set decides, as in setlocale(3) */
			return strncmp(value, "ko", 2) == 0 ? "ko" : "en";
	}
	return "en";
}

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
