/* A list of trusted proxies, a newline, and a line of X-Forwarded-For. */
#include <stdlib.h>
#include <string.h>

#include "base/forwarded.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct forwarded_networks trusted, loopback;
	uint8_t address[FORWARDED_ADDRESS] = { [15] = 1 };
	const uint8_t *line = memchr(data, '\n', size);
	size_t list_size = line != NULL ? (size_t)(line - data) : size;
	unsigned hops = 0;

	char *list = malloc(list_size + 1);
	memcpy(list, data, list_size);
	list[list_size] = '\0';
	int r = forwarded_read_networks(list, &trusted);
	free(list);
	if (forwarded_read_networks("::1,10.0.0.0/8", &loopback) < 0)
		abort();
	if (line == NULL)
		return 0;
	size_t left = size - list_size - 1;
	size_t items = 1;
	for (size_t i = 0; i < left; i++)
		items += line[1 + i] == ',';
	forwarded_follow(r == 0 ? &trusted : &loopback, (const char *)line + 1, left, &hops, address);
	if (hops == 0 || hops > items || hops > FORWARDED_HOPS_MAX + 1)
		abort();
	return 0;
}
