/* The list of tools as bytes, {"tools":[…]}, made from tools.def at the first call and kept for the process's life. */
#pragma once

#include <stddef.h>

/* `lang` "ko", else English. NULL when there was no memory. */
const char *catalog_tools(const char *lang, size_t *ret_size);
