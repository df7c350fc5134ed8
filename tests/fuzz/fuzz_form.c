/* Bodies of web forms. */
#include <stdint.h>

#include "frontend/form.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct tool *tool = size > 0 ? &tools[data[0] % tool_count] : &tools[0];
	struct json_object *checked = NULL;
	struct error_object error;

	if (size == 0)
		return 0;
	struct json_object *given = form_parse(tool, (const char *)data + 1, size - 1);
	if (given != NULL)
		tool_check_arguments(tool, given, "ko", &checked, &error);
	json_object_put(given);
	json_object_put(checked);
	return 0;
}
