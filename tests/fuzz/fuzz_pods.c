/* A PodList from whoever answers at kubelet's port; and the same bytes as a quantity. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/pods.h"
#include "resolver/quantity.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[64] = "";
	struct names names;
	struct pods *pods;
	uint64_t value;

	memcpy(text, data, size < sizeof(text) ? size : sizeof(text) - 1);
	(void)quantity_parse(text, 3, &value);
	if (pods_parse((const char *)data, size, &pods) < 0)
		return 0;
	if (pods_find(pods, "12345678-1234-5678-9abc-123456789abc", "", &names) != PODS_UNKNOWN &&
		(names.pod[0] == '\0' || names.namespace[0] == '\0'))
		abort();
	pods_free(pods);
	return 0;
}
