/* Electricity Maps v3 and v4, WattTime v3, Carbon Aware SDK: JSON, one value a time. */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "fetcher/grid/told.h"
#include "fetcher/power/metrics.h"
#include "ipc/tools.h"
#include "base/kst.h"

#define GRAMS_PER_LB_MWH 0.45359237 /* lb/MWh -> g/kWh, exact */

static struct json_object *member(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	if (json_object_is_type(object, json_type_object))
		json_object_object_get_ex(object, key, &value);
	return value;
}

static const char *text_of_member(struct json_object *object, const char *key)
{
	struct json_object *value = member(object, key);

	return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
}

/* A number, also as a string; null and everything else is none. */
static bool number_of(struct json_object *value, double *ret_number)
{
	const char *text;

	if (json_object_is_type(value, json_type_int) || json_object_is_type(value, json_type_double)) {
		*ret_number = json_object_get_double(value);
		return true;
	}
	text = json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
	return metric_number(text, strlen(text), ret_number);
}

static int add(struct grid_told *told, struct json_object *point, const char *time_key, const char *value_key,
	double scale, uint32_t seconds, uint8_t flags)
{
	struct grid_row row = { .seconds = seconds, .flags = flags };

	if (!number_of(member(point, value_key), &row.value) ||
		!grid_parse_time(text_of_member(point, time_key), &row.start)) {
		told->dropped++;
		return 0;
	}
	row.value *= scale;
	if (json_object_get_boolean(member(point, "isEstimated")))
		row.flags |= GRID_ESTIMATED;
	return grid_told_add(told, &row);
}

static int add_list(struct grid_told *told, struct json_object *list, const char *time_key,
	const char *value_key, double scale, uint32_t seconds, uint8_t flags)
{
	int r = 0;

	if (json_object_array_length(list) == 0)
		return -ENODATA;
	for (size_t i = 0; i < json_object_array_length(list) && r == 0; i++)
		r = add(told, json_object_array_get_idx(list, i), time_key, value_key, scale, seconds, flags);
	return r;
}

static int read_electricitymaps(struct json_object *root, struct grid_told *told)
{
	static const struct {
		const char *key;
		uint8_t flags;
	} lists[] = { { "history", 0 }, { "data", 0 }, { "forecast", GRID_FORECAST } };

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		struct json_object *list = member(root, lists[i].key);
		if (json_object_is_type(list, json_type_array))
			return add_list(
				told, list, "datetime", "carbonIntensity", 1, HOUR_SECONDS, lists[i].flags);
	}
	if (member(root, "datetime") == NULL)
		return -EBADMSG;
	return add(told, root, "datetime", "carbonIntensity", 1, HOUR_SECONDS, 0);
}

static int read_watttime(struct json_object *root, struct grid_told *told)
{
	struct json_object *list = member(root, "data"), *meta = member(root, "meta");
	double seconds = 300;

	if (!json_object_is_type(list, json_type_array) ||
		strcmp(text_of_member(meta, "units"), "lbs_co2_per_mwh") != 0)
		return -EBADMSG;
	number_of(member(meta, "data_point_period_seconds"), &seconds);
	if (!(seconds >= 1 && seconds <= 86400))
		return -EBADMSG;
	return add_list(
		told, list, "point_time", "value", GRAMS_PER_LB_MWH, (uint32_t)seconds, GRID_FORECAST);
}

static int read_casdk(struct json_object *root, struct grid_told *told)
{
	struct json_object *first =
		json_object_is_type(root, json_type_array) ? json_object_array_get_idx(root, 0) : NULL;
	struct json_object *list = member(first, "forecastData");
	double minutes = 5;

	if (!json_object_is_type(list, json_type_array))
		return -EBADMSG;
	number_of(member(json_object_array_get_idx(list, 0), "duration"), &minutes);
	if (!(minutes >= 1 && minutes <= 1440))
		return -EBADMSG;
	return add_list(told, list, "timestamp", "value", 1, (uint32_t)(minutes * 60), GRID_FORECAST);
}

typedef int read_fn(struct json_object *root, struct grid_told *told);

static int parse(const char *body, size_t size, read_fn *read, struct grid_told *told)
{
	size_t offset = 0;
	struct json_object *root = json_parse_strict(body, size, &offset);
	int r = root == NULL ? -EBADMSG : read(root, told);

	json_object_put(root);
	return r;
}

int parse_electricitymaps(
	const struct grid_mix_rules *rules, const char *body, size_t size, struct grid_told *told)
{
	(void)rules;
	return parse(body, size, read_electricitymaps, told);
}

int parse_watttime(const struct grid_mix_rules *rules, const char *body, size_t size, struct grid_told *told)
{
	(void)rules;
	return parse(body, size, read_watttime, told);
}

int parse_casdk(const struct grid_mix_rules *rules, const char *body, size_t size, struct grid_told *told)
{
	(void)rules;
	return parse(body, size, read_casdk, told);
}

int parse_watttime_token(const char *body, size_t size, char *token, size_t token_size)
{
	size_t offset = 0;
	struct json_object *root = json_parse_strict(body, size, &offset);
	const char *text = text_of_member(root, "token");
	int r = text[0] == '\0' ? -EBADMSG : strlen(text) >= token_size ? -E2BIG : 0;

	for (const char *c = text; *c != '\0' && r == 0; c++)
		if (*c <= ' ' || *c > '~')
			r = -EBADMSG;
	if (r == 0)
		snprintf(token, token_size, "%s", text);
	json_object_put(root);
	return r;
}
