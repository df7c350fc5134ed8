#include "base/prose_name.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define PLAIN_NAME_MAX 128
#define HANGUL_BYTES   3

/* A whole syllable, U+AC00 to U+D7A3, in UTF-8. */
static bool is_hangul(const char *text)
{
	return strnlen(text, HANGUL_BYTES) == HANGUL_BYTES &&
	       memcmp(text, "\xea\xb0\x80", HANGUL_BYTES) >= 0 &&
	       memcmp(text, "\xed\x9e\xa3", HANGUL_BYTES) <= 0 && ((unsigned char)text[1] & 0xc0) == 0x80 &&
	       ((unsigned char)text[2] & 0xc0) == 0x80;
}

const char *prose_name(const char *name, char text[static PROSE_NAME_MAX])
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:@/-";
	size_t size = strlen(name), used = 0;

	if (size >= 1 && size <= PLAIN_NAME_MAX && strspn(name, plain) == size) {
		snprintf(text, PROSE_NAME_MAX, "%s", name);
		return text;
	}
	text[used++] = '"';
	for (size_t i = 0; i < size && used + 8 < PROSE_NAME_MAX; i++) {
		unsigned char c = (unsigned char)name[i];
		if (strchr(plain, c) != NULL || c == ' ' || c == '(' || c == ')')
			text[used++] = (char)c;
		else if (is_hangul(name + i)) {
			memcpy(text + used, name + i, HANGUL_BYTES);
			used += HANGUL_BYTES;
			i += HANGUL_BYTES - 1;
		} else
			used += (size_t)snprintf(text + used, 5, "\\x%02x", c);
	}
	text[used++] = '"';
	text[used] = '\0';
	return text;
}
