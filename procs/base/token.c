#include "base/token.h"

#include <string.h>

bool token_is_name(const char *text)
{
	size_t size = strlen(text);

	return size > 0 && size <= TOKEN_NAME_MAX &&
	       strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._@-") == size;
}
