/* The text of a file of bearer tokens. */
#include <stdlib.h>
#include <string.h>

#include "frontend/auth/tokens.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct tokens tokens;
	char reason[TOKENS_REASON_MAX] = "";
	unsigned line = 0;

	char *text = malloc(size + 1);
	memcpy(text, data, size);
	text[size] = '\0';
	tokens.count = 0;
	int r = tokens_read(&tokens, text, &line, reason);
	free(text);
	if (r < 0 && (reason[0] == '\0' || tokens.count != 0))
		abort();
	for (size_t i = 0; i < tokens.count; i++) {
		size_t length = strlen(tokens.all[i].namespaces);
		if (!token_is_name(tokens.all[i].name) ||
			(length > 0 && tokens.all[i].namespaces[length - 1] != '\n'))
			abort();
	}
	return 0;
}
