#include "cli/markup.h"

#include <stdbool.h>
#include <string.h>

#include "ipc/json_write.h"

/* Not every character may stand in XML 1.0, escaped or not. */
static bool may_stand(const char *c, size_t length)
{
	if (length == 1)
		return ((unsigned char)*c >= 0x20 && *c != 0x7f) || *c == '\t' || *c == '\n' || *c == '\r';
	return length > 1 && !(memcmp(c, "\xef\xbf", 2) == 0 && ((unsigned char)c[2] & 0xfe) == 0xbe);
}

static const char *escape_of(char c)
{
	switch (c) {
	case '&': return "&amp;";
	case '<': return "&lt;";
	case '>': return "&gt;";
	case '"': return "&quot;";
	case '\'': return "&apos;";
	case '\t': return "&#9;";
	case '\n': return "&#10;";
	case '\r': return "&#13;";
	default: return NULL;
	}
}

void markup_put(FILE *out, const char *text)
{
	size_t left = strlen(text);

	while (left > 0) {
		size_t length = utf8_length(text, left), taken = length > 0 ? length : 1;
		if (!may_stand(text, length))
			fputs("\xef\xbf\xbd", out);
		else if (length == 1 && escape_of(*text) != NULL)
			fputs(escape_of(*text), out);
		else
			fwrite(text, 1, length, out);
		text += taken;
		left -= taken;
	}
}
