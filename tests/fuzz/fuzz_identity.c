#include "collector/identity.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int is_ready;
	struct identity identity;
	char path[1025];

	if (!is_ready)
		is_ready = identity_init() == 0;
	size = size < sizeof(path) - 1 ? size : sizeof(path) - 1;
	memcpy(path, data, size);
	path[size] = '\0';
	identity_of_path(path, &identity);
	if (identity.kind >= WORKLOAD_KIND_COUNT || identity.workload[0] == '\0')
		abort();
	return 0;
}
