#include "exporter/negotiate.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (negotiate_format((const char *)data, size) >= FORMAT_COUNT)
		abort();
	negotiate_gzip((const char *)data, size);
	return 0;
}
