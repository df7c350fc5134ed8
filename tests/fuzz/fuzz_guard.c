/* The guard on any bytes; what it lets pass, msgpack must take whole. */
#include <msgpack.h>
#include <stdlib.h>

#include "ipc/guard.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	msgpack_zone zone;
	msgpack_object object;
	size_t offset = 0;

	if (guard_check(data, size, 16, 65536) < 0)
		return 0;
	if (!msgpack_zone_init(&zone, 8192))
		return 0;
	if (msgpack_unpack((const char *)data, size, &offset, &zone, &object) != MSGPACK_UNPACK_SUCCESS)
		abort();
	msgpack_zone_destroy(&zone);
	return 0;
}
