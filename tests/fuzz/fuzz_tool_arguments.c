/* Checked arguments pass the check again unchanged; refused ones leave a message. */
#include <stdlib.h>

#include "ipc/tools.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_again(const struct tool *tool, struct json_object *checked)
{
	struct json_object *again = NULL;
	struct error_object error;

	if (tool_check_arguments(tool, checked, "ko", &again, &error) < 0 ||
		!json_object_equal(checked, again))
		abort();
	json_object_put(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t offset, length;
	struct json_object *value = json_parse_strict((const char *)data, size, &offset), *checked = NULL;
	struct error_object error;
	char *text;

	if (value == NULL)
		return 0;
	for (size_t i = 0; i < tool_count; i++) {
		if (tool_check_arguments(&tools[i], value, "en", &checked, &error) == 0) {
			check_again(&tools[i], checked);
			json_object_put(checked);
			continue;
		}
		text = error_json(&error, "en", &length);
		checked = text == NULL ? NULL : json_parse_strict(text, length, &offset);
		if (checked == NULL)
			abort();
		json_object_put(checked);
		free(text);
	}
	json_object_put(value);
	return 0;
}
