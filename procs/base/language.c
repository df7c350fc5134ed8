#include "base/language.h"

#include <string.h>

static bool is_korean;

void language_set(const char *name)
{
	is_korean = strncmp(name, "ko", 2) == 0;
}

bool language_is_korean(void)
{
	return is_korean;
}

const char *language_name(void)
{
	return is_korean ? "ko" : "en";
}

const char *in_language(const char *english, const char *korean)
{
	return is_korean ? korean : english;
}
