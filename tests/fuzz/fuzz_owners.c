/* Any bytes as what a store tells of a cluster's pods, and as a pod's name: an owner is a part of the name, or text that was told. */
#include "fetcher/power/owners.h"

#include <json-c/json.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "ipc/tools.h"

#define NOW_S 1790000000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void infer(const uint8_t *data, size_t size)
{
	char pod[300];
	struct owner owner;

	size = size < sizeof(pod) ? size : sizeof(pod) - 1;
	memcpy(pod, data, size);
	pod[size] = '\0';
	if (owner_infer("shop", pod, NOW_S, &owner) && (owner.size == 0 || owner.size >= strlen(pod)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct owners owners = { 0 };
	const char *kind, *name;
	size_t offset;
	struct json_object *root = json_parse_strict((const char *)data, size, &offset);

	infer(data, size);
	if (json_object_is_type(root, json_type_array) && owners_read(root, NOW_S, &owners) == 0) {
		owners_find(&owners, "shop", "web-775855699b-abcde", &kind, &name);
		if (strlen(kind) > 63 || strlen(name) > 253)
			abort();
		owners_done(&owners);
	}
	json_object_put(root);
	return 0;
}
