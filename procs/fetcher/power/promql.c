#include "fetcher/power/promql.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "fetcher/power/metrics.h"

void promql_url(const char *base, const char *endpoint, char *url, size_t size)
{
	size_t length = strlen(base);

	while (length > 0 && base[length - 1] == '/')
		length--;
	snprintf(url, size, "%.*s/api/v1/%s", (int)length, base, endpoint);
}

static const char *text_member(struct json_object *object, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(object, key, &value) && json_object_is_type(value, json_type_string)
		       ? json_object_get_string(value)
		       : "";
}

int promql_series(struct json_object *root, struct json_object **ret_series)
{
	struct json_object *data;

	if (strcmp(text_member(root, "status"), "success") != 0 ||
		!json_object_object_get_ex(root, "data", &data) ||
		!json_object_object_get_ex(data, "result", ret_series) ||
		!json_object_is_type(*ret_series, json_type_array))
		return -EBADMSG;
	return 0;
}

bool promql_is_partial(struct json_object *root)
{
	struct json_object *warnings;

	return json_object_object_get_ex(root, "warnings", &warnings) &&
	       json_object_is_type(warnings, json_type_array) && json_object_array_length(warnings) > 0;
}

int promql_point(struct json_object *pair, int64_t *ret_at_s, double *ret_value)
{
	struct json_object *time, *value;
	const char *text;

	if (!json_object_is_type(pair, json_type_array) || json_object_array_length(pair) != 2)
		return -EBADMSG;
	time = json_object_array_get_idx(pair, 0);
	value = json_object_array_get_idx(pair, 1);
	text = json_object_get_string(value);
	if (!json_object_is_type(value, json_type_string) || text == NULL ||
		!metric_number(text, strlen(text), ret_value))
		return -EBADMSG;
	*ret_at_s = json_object_get_int64(time);
	return 0;
}

void promql_failure(long status, struct json_object *root, const char *otherwise, char *text, size_t size)
{
	const char *error = root != NULL ? text_member(root, "error") : "";

	if (error[0] != '\0')
		snprintf(text, size, "HTTP status %ld, %s: %.300s", status, text_member(root, "errorType"),
			error);
	else if (status != 200)
		snprintf(text, size, "HTTP status %ld", status);
	else
		snprintf(text, size, "%s", otherwise);
}
