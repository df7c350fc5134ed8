/* Members of a model file, each checked: a missing, mistyped or unreasonable one fills the error with file, path, reason. */
#pragma once

#include <json-c/json.h>

#include "models/model_file.h"

/* Where in the file we are. */
struct json_at {
	struct json_object *object;
	const char *file;
	char path[192];
	struct model_error *error;
};

/* Fills the error; always -EINVAL. */
int at_refuse(const struct json_at *at, const char *key, const char *reason);
bool at_has(const struct json_at *at, const char *key);
/* Steps into a member, or into an element of an array. */
int at_object(const struct json_at *at, const char *key, struct json_at *ret_at);
int at_element(const struct json_at *at, const char *key, size_t index, struct json_at *ret_at);
/* The length of an array of at least min and at most max elements. */
int at_length(const struct json_at *at, const char *key, size_t min, size_t max, uint32_t *ret_length);
/* Printable ASCII without quotes or backslash, so that it can be printed and written back as it is. */
int at_text(const struct json_at *at, const char *key, char *text, size_t size);
int at_integer(const struct json_at *at, const char *key, uint64_t max, uint64_t *ret_value);
int at_u32(const struct json_at *at, const char *key, uint32_t *ret_value);
/* Finite, |x| <= limit. */
int at_number(const struct json_at *at, const char *key, double limit, double *ret_value);
int at_integers(const struct json_at *at, const char *key, uint32_t count, uint64_t max, uint64_t *values);
int at_numbers(const struct json_at *at, const char *key, uint32_t count, double limit, double *values);

/* Upstream's weights; `trainer` is the file's name or its model_name. */
int upstream_read(const struct json_at *root, const char *name, struct model_file *file);
