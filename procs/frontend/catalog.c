#include "frontend/catalog.h"

#include <string.h>

#include "ipc/tools.h"

static struct json_object *describe_all(const char *lang)
{
	struct json_object *root = json_object_new_object(), *list = json_object_new_array();

	for (size_t i = 0; i < tool_count; i++)
		json_object_array_add(list, tool_describe(&tools[i], lang));
	json_object_object_add(root, "tools", list);
	return root;
}

const char *catalog_tools(const char *lang, size_t *ret_size)
{
	static struct json_object *lists[2]; /* json-c keeps the text with the object */
	bool is_korean = strcmp(lang, "ko") == 0;

	if (lists[is_korean] == NULL)
		lists[is_korean] = describe_all(is_korean ? "ko" : "en");
	return json_object_to_json_string_length(
		lists[is_korean], JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, ret_size);
}
