/* Whatever json_parse_strict() accepts must survive its own printing and be accepted again. */
#include <stdlib.h>
#include <string.h>

#include "ipc/tools.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t offset, length;
	struct json_object *value = json_parse_strict((const char *)data, size, &offset), *again;
	const char *text;

	if (offset > size)
		abort();
	if (value == NULL)
		return 0;
	text = json_object_to_json_string_length(value, JSON_C_TO_STRING_PLAIN, &length);
	again = json_parse_strict(text, length, &offset);
	if (again == NULL && strstr(text, "nfinity") == NULL) /* 1e999 overflows to a word json-c prints */
		abort();
	json_object_put(again);
	json_object_put(value);
	return 0;
}
