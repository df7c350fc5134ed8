/* Reading members of JSON that somebody else wrote: what is missing or of another type is not there. */
#pragma once

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

/* NULL where `object` is no object or has no such member. */
struct json_object *member(struct json_object *object, const char *key);
/* Copies a string that is not empty and fits, without a NUL within; else leaves `to` alone. True if copied. */
bool take_text(struct json_object *object, const char *key, char *to, size_t size);
void json_putp(struct json_object **object);
