/* The table of keys; private to config*.c. */
#pragma once

#include <stddef.h>

enum key_type { TYPE_TEXT, TYPE_INTEGER, TYPE_REAL, TYPE_PUE, TYPE_BOOLEAN, TYPE_CHOICE };

struct config_key {
	const char *name;
	enum key_type type;
	size_t offset;
	const char *fallback;    /* default of a text, boolean or choice */
	double number, min, max; /* default and range of a number */
	const char *unit, *env, *choices, *text;
};

extern const struct config_key config_keys[];
extern const size_t config_key_count;
