/* A command line is its process's own text. The first byte picks the hypervisor. */
#include <stdint.h>
#include <stdlib.h>

#include "collector/vm_parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const hypervisors[] = { "qemu", "virtualbox", "vmware", "firecracker" };
	struct vm_identity identity;

	if (size == 0)
		return 0;
	if (vm_parse(hypervisors[data[0] % 4], (const char *)data + 1, size - 1, &identity) &&
		(identity.name[0] == '\0' || identity.id[0] == '\0'))
		abort();
	return 0;
}
