/*
 * KPX through data.go.kr (datasets 15113384, 15158491, 15056640, 15131225). The gateway answers in JSON or, errors above
 * all, in XML whatever was asked for, with HTTP 200; `item` is an object where there is one, `items` "" where there
 * is none; numbers may be strings. So both forms become records of named texts here, and then numbers.
 */
#include <errno.h>
#include <json-c/json.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/kst.h"
#include "fetcher/grid/told.h"
#include "fetcher/power/metrics.h"
#include "ipc/tools.h"

#define STEP_SECONDS 300
#define ITEMS_MAX    2000
#define FIELD_MAX    64
#define RATIO_MAX    1e6 /* MW */

/* One record: a JSON object, or the text between <item> and </item>. */
struct item {
	struct json_object *object;
	const char *xml;
	size_t xml_size;
};

static bool find_tag(const char *xml, size_t size, const char *name, const char **ret_text, size_t *ret_size)
{
	char open[FIELD_MAX + 3], close[FIELD_MAX + 4];
	const char *from, *to;

	snprintf(open, sizeof(open), "<%s>", name);
	snprintf(close, sizeof(close), "</%s>", name);
	from = memmem(xml, size, open, strlen(open));
	if (from == NULL)
		return false;
	from += strlen(open);
	to = memmem(from, size - (size_t)(from - xml), close, strlen(close));
	if (to == NULL)
		return false;
	*ret_text = from;
	*ret_size = (size_t)(to - from);
	return true;
}

static bool field(const struct item *item, const char *name, char text[static FIELD_MAX])
{
	struct json_object *value = NULL;
	const char *found = NULL;
	size_t size = 0;

	if (item->object == NULL) {
		if (!find_tag(item->xml, item->xml_size, name, &found, &size))
			return false;
	} else if (json_object_object_get_ex(item->object, name, &value) && value != NULL) {
		found = json_object_get_string(value);
		size = strlen(found);
	}
	while (size > 0 && (found[size - 1] == ' ' || found[size - 1] == '\n' || found[size - 1] == '\r'))
		size--;
	if (size == 0 || size >= FIELD_MAX)
		return false;
	memcpy(text, found, size);
	text[size] = '\0';
	return true;
}

static bool number_field(const struct item *item, const char *name, double *ret_number)
{
	char text[FIELD_MAX];

	return field(item, name, text) && metric_number(text, strlen(text), ret_number) &&
	       isfinite(*ret_number);
}

static bool read_digits(const char *text, size_t count, int *ret_number)
{
	*ret_number = 0;
	for (size_t i = 0; i < count; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		*ret_number = *ret_number * 10 + (text[i] - '0');
	}
	return true;
}

/* "20230328", at its midnight. */
static bool read_day(const char *text, int64_t *ret_midnight)
{
	char date[sizeof("2023-03-28")];
	int day;

	snprintf(date, sizeof(date), "%.4s-%.2s-%.2s", text, text + 4, text + 6);
	if (!kst_parse_date(date, &day) || day < 20000101)
		return false;
	*ret_midnight = kst_seconds(day / 10000, day / 100 % 100, day % 100);
	return true;
}

/* "20230328044500", Korean time. */
static bool time_field(const struct item *item, int64_t *ret_seconds)
{
	char text[FIELD_MAX];
	int hour, minute;

	if (!field(item, "baseDatetime", text) || strlen(text) < 12 || !read_day(text, ret_seconds) ||
		!read_digits(text + 8, 2, &hour) || !read_digits(text + 10, 2, &minute) || hour > 24 ||
		minute > 59)
		return false;
	*ret_seconds += hour * HOUR_SECONDS + minute * 60;
	return true;
}

/* The mix */

struct code {
	const char *field;
	enum fuel fuel;
	bool is_estimated_solar;
};

/* 15113384 and 15158491 number the same fields differently. fuelPwr5, pumped storage, is neither: it stores what others
 * generate. */
static const struct code history_codes[] = { { "fuelPwr1", FUEL_HYDRO, false },
	{ "fuelPwr2", FUEL_OIL, false }, { "fuelPwr3", FUEL_COAL, false },
	{ "fuelPwr4", FUEL_NUCLEAR, false }, { "fuelPwr6", FUEL_GAS, false },
	{ "fuelPwr7", FUEL_COAL, false }, { "fuelPwr8", FUEL_UNKNOWN, false },
	{ "fuelPwr9", FUEL_SOLAR, false }, { NULL, FUEL_COUNT, false } };
static const struct code now_codes[] = { { "fuelPwr1", FUEL_HYDRO, false }, { "fuelPwr2", FUEL_OIL, false },
	{ "fuelPwr3", FUEL_COAL, false }, { "fuelPwr4", FUEL_NUCLEAR, false },
	{ "fuelPwr6", FUEL_GAS, false }, { "fuelPwr7", FUEL_COAL, false }, { "fuelPwr8", FUEL_SOLAR, false },
	{ "fuelPwr9", FUEL_WIND, false }, { "fuelPwr10", FUEL_UNKNOWN, false }, { "pEsmw", FUEL_SOLAR, true },
	{ "bEmsw", FUEL_SOLAR, true }, { NULL, FUEL_COUNT, false } };

/* False where a field is missing: a mix without its coal would be clean. */
static bool read_mix(const struct grid_mix_rules *rules, const struct code *codes, const struct item *item,
	double *ret_intensity)
{
	double grams = 0, sum = 0;

	for (; codes->field != NULL; codes++) {
		double power;
		if (codes->is_estimated_solar && !rules->with_estimated_solar)
			continue;
		if (!number_field(item, codes->field, &power) || power > RATIO_MAX)
			return false;
		power = power > 0 ? power : 0;
		grams += power * rules->factors[codes->fuel];
		sum += power;
	}
	if (sum <= 0)
		return false;
	*ret_intensity = grams / sum;
	return true;
}

static int add_mix(const struct grid_mix_rules *rules, const struct code *codes, const struct item *item,
	struct grid_told *told)
{
	struct grid_row row = { .seconds = STEP_SECONDS };

	if (!time_field(item, &row.start) || !read_mix(rules, codes, item, &row.value)) {
		told->dropped++;
		return 0;
	}
	return grid_told_add(told, &row);
}

static int take_history(const struct grid_mix_rules *rules, const struct item *item, struct grid_told *told)
{
	return add_mix(rules, history_codes, item, told);
}

static int take_now(const struct grid_mix_rules *rules, const struct item *item, struct grid_told *told)
{
	return add_mix(rules, now_codes, item, told);
}

static int take_demand(const struct grid_mix_rules *rules, const struct item *item, struct grid_told *told)
{
	double demand, reserve;

	(void)rules;
	if (!number_field(item, "currPwrTot", &demand) || demand <= 0 || demand > RATIO_MAX) {
		told->dropped++;
		return 0;
	}
	told->demand_mw = demand;
	if (number_field(item, "suppReserveRate", &reserve) && reserve > 0 && reserve < 1000)
		told->reserve_percent = reserve;
	return 0;
}

/* hour "01" … "24", or "1": the hour that ends then. Only the mainland's price; the island of Jeju has its own. */
static int take_price(const struct grid_mix_rules *rules, const struct item *item, struct grid_told *told)
{
	struct grid_row row = { .seconds = HOUR_SECONDS, .flags = GRID_PRICE | GRID_FORECAST };
	char date[FIELD_MAX], area[FIELD_MAX];
	double hour;

	(void)rules;
	if (field(item, "areaName", area) && strstr(area, "제주") != NULL)
		return 0;
	if (!field(item, "date", date) || strlen(date) != 8 || !read_day(date, &row.start) ||
		!number_field(item, "hour", &hour) || hour < 1 || hour > 24 ||
		!number_field(item, "smp", &row.value)) {
		told->dropped++;
		return 0;
	}
	row.start += ((int64_t)hour - 1) * HOUR_SECONDS;
	return grid_told_add(told, &row);
}

/* Envelopes */

typedef int take_fn(const struct grid_mix_rules *rules, const struct item *item, struct grid_told *told);

/* https://www.data.go.kr: 00 all is well, 03 no data, 20 … 32 about the key, 22 too many calls. */
static int code_of(const char *text)
{
	long code = strtol(text, NULL, 10);

	if (text[0] == '\0')
		return -EBADMSG;
	if (code == 0)
		return 0;
	if (code == 3)
		return -ENODATA;
	return code == 22 ? -EDQUOT : code >= 20 && code <= 33 ? -EACCES : -EBADMSG;
}

static int take_json(
	struct json_object *root, const struct grid_mix_rules *rules, take_fn *take, struct grid_told *told)
{
	struct json_object *response, *header, *body, *items = NULL, *list = NULL;
	struct item item = { 0 };
	char code[FIELD_MAX] = "";
	int r;

	if (!json_object_object_get_ex(root, "response", &response) ||
		!json_object_object_get_ex(response, "header", &header))
		return -EBADMSG;
	item.object = header;
	field(&item, "resultCode", code);
	if ((r = code_of(code)) < 0)
		return r;
	if (!json_object_object_get_ex(response, "body", &body) ||
		!json_object_object_get_ex(body, "items", &items))
		return -EBADMSG;
	if (!json_object_is_type(items, json_type_object) || !json_object_object_get_ex(items, "item", &list))
		return -ENODATA;
	if (json_object_is_type(list, json_type_object)) {
		item.object = list;
		return take(rules, &item, told);
	}
	if (!json_object_is_type(list, json_type_array))
		return -EBADMSG;
	for (size_t i = 0; i < json_object_array_length(list) && i < ITEMS_MAX && r == 0; i++) {
		item.object = json_object_array_get_idx(list, i);
		if (json_object_is_type(item.object, json_type_object))
			r = take(rules, &item, told);
	}
	return r == 0 && json_object_array_length(list) == 0 ? -ENODATA : r;
}

static int take_xml(const char *body, size_t size, const struct grid_mix_rules *rules, take_fn *take,
	struct grid_told *told)
{
	const struct item whole = { .xml = body, .xml_size = size };
	struct item item = whole;
	char code[FIELD_MAX] = "";
	size_t count = 0;
	int r;

	if (!field(&whole, "resultCode", code))
		field(&whole, "returnReasonCode", code); /* the gateway's own errors */
	if ((r = code_of(code)) < 0)
		return r;
	for (const char *at = body;
		count < ITEMS_MAX && r == 0 &&
		find_tag(at, size - (size_t)(at - body), "item", &item.xml, &item.xml_size);
		at = item.xml + item.xml_size, count++)
		r = take(rules, &item, told);
	return r == 0 && count == 0 ? -ENODATA : r;
}

static int parse(const char *body, size_t size, const struct grid_mix_rules *rules, take_fn *take,
	struct grid_told *told)
{
	struct json_object *root;
	size_t offset = 0;
	int r;

	while (size > 0 && (*body == ' ' || *body == '\n' || *body == '\r' || *body == '\t'))
		body++, size--;
	if (size > 0 && *body == '<')
		return take_xml(body, size, rules, take, told);
	root = json_parse_strict(body, size, &offset);
	r = json_object_is_type(root, json_type_object) ? take_json(root, rules, take, told) : -EBADMSG;
	json_object_put(root);
	return r;
}

int parse_kpx_history(
	const struct grid_mix_rules *rules, const char *body, size_t size, struct grid_told *told)
{
	return parse(body, size, rules, take_history, told);
}

int parse_kpx_now(const struct grid_mix_rules *rules, const char *body, size_t size, struct grid_told *told)
{
	return parse(body, size, rules, take_now, told);
}

int parse_kpx_demand(
	const struct grid_mix_rules *rules, const char *body, size_t size, struct grid_told *told)
{
	return parse(body, size, rules, take_demand, told);
}

int parse_kpx_price(const struct grid_mix_rules *rules, const char *body, size_t size, struct grid_told *told)
{
	return parse(body, size, rules, take_price, told);
}
