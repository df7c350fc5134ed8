/* Foreign text in XML and HTML. */
#pragma once

#include <stdio.h>

/* Escaped for the text of an element and for a quoted attribute. Control characters, and bytes that are no UTF-8, become
 * U+FFFD. The caller checks ferror(). */
void markup_put(FILE *out, const char *text);
