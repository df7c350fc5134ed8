#include "models/model_json.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

int at_refuse(const struct json_at *at, const char *key, const char *reason)
{
	bool has_path = at->path[0] != '\0', has_key = key[0] != '\0';

	snprintf(at->error->text, sizeof(at->error->text), "%s: %s%s%s%s%s", at->file, at->path,
		has_path && has_key ? "." : "", key, has_path || has_key ? ": " : "", reason);
	return -EINVAL;
}

bool at_has(const struct json_at *at, const char *key)
{
	return json_object_object_get_ex(at->object, key, NULL);
}

static int step(const struct json_at *at, const char *key, struct json_object *value, const char *suffix,
	struct json_at *ret_at)
{
	if (!json_object_is_type(value, json_type_object))
		return at_refuse(at, key, "must be an object");
	struct json_at next = { .object = value, .file = at->file, .error = at->error };
	int size = snprintf(next.path, sizeof(next.path), "%s%s%s%s", at->path,
		at->path[0] != '\0' ? "." : "", key, suffix);
	if (size < 0 || (size_t)size >= sizeof(next.path))
		return at_refuse(at, "", "is nested too deep");
	*ret_at = next;
	return 0;
}

int at_object(const struct json_at *at, const char *key, struct json_at *ret_at)
{
	struct json_object *value = NULL;

	json_object_object_get_ex(at->object, key, &value);
	return step(at, key, value, "", ret_at);
}

static struct json_object *array(const struct json_at *at, const char *key)
{
	struct json_object *value = NULL;

	json_object_object_get_ex(at->object, key, &value);
	return json_object_is_type(value, json_type_array) ? value : NULL;
}

int at_element(const struct json_at *at, const char *key, size_t index, struct json_at *ret_at)
{
	struct json_object *list = array(at, key);
	char suffix[24];

	snprintf(suffix, sizeof(suffix), "[%zu]", index);
	if (list == NULL)
		return at_refuse(at, key, "must be an array");
	return step(at, key, json_object_array_get_idx(list, index), suffix, ret_at);
}

int at_length(const struct json_at *at, const char *key, size_t min, size_t max, uint32_t *ret_length)
{
	struct json_object *list = array(at, key);
	size_t length = list != NULL ? json_object_array_length(list) : 0;
	char reason[80];

	if (list == NULL || length < min || length > max) {
		snprintf(reason, sizeof(reason), "must be an array of %zu to %zu elements", min, max);
		return at_refuse(at, key, reason);
	}
	*ret_length = (uint32_t)length;
	return 0;
}

int at_text(const struct json_at *at, const char *key, char *text, size_t size)
{
	struct json_object *value = NULL;

	json_object_object_get_ex(at->object, key, &value);
	if (!json_object_is_type(value, json_type_string))
		return at_refuse(at, key, "must be a string");
	const char *bytes = json_object_get_string(value);
	size_t length = (size_t)json_object_get_string_len(value);
	if (length == 0 || length >= size)
		return at_refuse(at, key, "is empty or too long");
	for (size_t i = 0; i < length; i++)
		if (bytes[i] < 0x20 || bytes[i] > 0x7e || bytes[i] == '"' || bytes[i] == '\\')
			return at_refuse(at, key, "must be printable ASCII without quotes or backslash");
	snprintf(text, size, "%s", bytes);
	return 0;
}

/* json-c keeps what does not fit 64 bits as the nearest limit: every max here lies below it. */
static int read_integer(const struct json_at *at, const char *key, struct json_object *value, uint64_t max,
	uint64_t *ret_value)
{
	char reason[80];
	int64_t number = json_object_is_type(value, json_type_int) ? json_object_get_int64(value) : -1;

	if (number < 0 || (uint64_t)number > max) {
		snprintf(
			reason, sizeof(reason), "must be an integer from 0 to %llu", (unsigned long long)max);
		return at_refuse(at, key, reason);
	}
	*ret_value = (uint64_t)number;
	return 0;
}

static int read_number(
	const struct json_at *at, const char *key, struct json_object *value, double limit, double *ret_value)
{
	char reason[80];
	bool is_number =
		json_object_is_type(value, json_type_int) || json_object_is_type(value, json_type_double);
	double number = is_number ? json_object_get_double(value) : NAN;

	if (!(fabs(number) <= limit)) {
		snprintf(reason, sizeof(reason), "must be a number from -%g to %g", limit, limit);
		return at_refuse(at, key, reason);
	}
	*ret_value = number;
	return 0;
}

int at_integer(const struct json_at *at, const char *key, uint64_t max, uint64_t *ret_value)
{
	struct json_object *value = NULL;

	json_object_object_get_ex(at->object, key, &value);
	return read_integer(at, key, value, max, ret_value);
}

int at_u32(const struct json_at *at, const char *key, uint32_t *ret_value)
{
	uint64_t value;
	int r = at_integer(at, key, UINT32_MAX, &value);

	if (r == 0)
		*ret_value = (uint32_t)value;
	return r;
}

int at_number(const struct json_at *at, const char *key, double limit, double *ret_value)
{
	struct json_object *value = NULL;

	json_object_object_get_ex(at->object, key, &value);
	return read_number(at, key, value, limit, ret_value);
}

int at_integers(const struct json_at *at, const char *key, uint32_t count, uint64_t max, uint64_t *values)
{
	uint32_t length;
	int r = at_length(at, key, count, count, &length);

	for (uint32_t i = 0; r == 0 && i < count; i++)
		r = read_integer(at, key, json_object_array_get_idx(array(at, key), i), max, &values[i]);
	return r;
}

int at_numbers(const struct json_at *at, const char *key, uint32_t count, double limit, double *values)
{
	uint32_t length;
	int r = at_length(at, key, count, count, &length);

	for (uint32_t i = 0; r == 0 && i < count; i++)
		r = read_number(at, key, json_object_array_get_idx(array(at, key), i), limit, &values[i]);
	return r;
}
