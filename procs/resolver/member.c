#include "resolver/member.h"

#include <string.h>

struct json_object *member(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	if (json_object_is_type(object, json_type_object))
		json_object_object_get_ex(object, key, &value);
	return value;
}

bool take_text(struct json_object *object, const char *key, char *to, size_t size)
{
	struct json_object *value = member(object, key);
	size_t length;

	if (!json_object_is_type(value, json_type_string))
		return false;
	length = (size_t)json_object_get_string_len(value);
	if (length == 0 || length >= size || memchr(json_object_get_string(value), '\0', length) != NULL)
		return false;
	memcpy(to, json_object_get_string(value), length + 1);
	return true;
}

void json_putp(struct json_object **object)
{
	json_object_put(*object);
}
