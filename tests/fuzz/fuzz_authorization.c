#include "exporter/credentials.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The header, and the two files, from the same bytes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct credentials credentials;
	struct authorization given;
	unsigned line;

	if (authorization_parse((const char *)data, size, &given) == 0 &&
		strlen(given.user) + strlen(given.secret) >= size)
		abort();
	char *text = malloc(size + 1);
	for (int i = 0; text != NULL && i < 2; i++) {
		memcpy(text, data, size);
		text[size] = '\0';
		(void)(i == 0 ? credentials_read_users : credentials_read_tokens)(&credentials, text, &line);
	}
	free(text);
	return 0;
}
