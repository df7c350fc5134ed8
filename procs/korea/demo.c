#include "korea/demo.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "ipc/tools.h"
#include "korea/data_json.h"

#define LICENCE      "user supplied"
#define LEGAL_STATUS "unverified"
#define HOURS        24
#define SAME         1e-9

struct reading {
	struct data *data;
	const char *file;
	char sha256[65];
	bool accepts_profile;
	struct data_error *error;
};

static const char *const demo_files[] = { "regions.json", "carbon-intensity.json", "regulations.json" };

const char *demo_file(size_t i)
{
	return i < ARRAY_SIZE(demo_files) ? demo_files[i] : NULL;
}

static struct json_place place_at(const struct reading *reading, struct json_object *row, const char *path)
{
	return (struct json_place) { .row = row,
		.file = reading->file,
		.path = path,
		.error = reading->error->text,
		.error_size = sizeof(reading->error->text) };
}

static struct json_object *member_of(struct json_object *object, const char *key, enum json_type type)
{
	struct json_object *value;

	return json_object_object_get_ex(object, key, &value) && json_object_is_type(value, type) ? value
												  : NULL;
}

/* Codes stand in URIs, commands and messages. */
static bool is_code(const char *text)
{
	size_t size = strlen(text);

	return size > 0 && size < sizeof(((struct region *)NULL)->code) &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") == size;
}

static void say(struct data *data, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(struct data *data, const char *format, ...)
{
	size_t used = strlen(data->laid_over);
	va_list list;

	if (used > 0 && used + 2 < sizeof(data->laid_over))
		used += (size_t)snprintf(data->laid_over + used, sizeof(data->laid_over) - used, "; ");
	va_start(list, format);
	vsnprintf(data->laid_over + used, sizeof(data->laid_over) - used, format, list);
	va_end(list);
}

/* Regions and their values */

static int put_value(const struct reading *reading, const struct json_place *place,
	const struct region *region, double value)
{
	struct data *data = reading->data;
	struct annual *annual = NULL;

	for (size_t i = 0; i < data->annual_count; i++)
		if (strcmp(data->annuals[i].region, region->code) == 0)
			annual = &data->annuals[i];
	if (annual == NULL && data->annual_count == ANNUALS_MAX)
		return place_refuse(place, "", "is one value too many");
	if (annual == NULL)
		annual = &data->annuals[data->annual_count++];
	/* Which kind of factor it is, is not stated either: it takes the place of the lifecycle value, which it resembles. */
	*annual = (struct annual) { .factor = FACTOR_LIFECYCLE, .value = value };
	snprintf(annual->zone, sizeof(annual->zone), "%s", region->zone);
	snprintf(annual->region, sizeof(annual->region), "%s", region->code);
	for (int i = 0; i < 2; i++)
		snprintf(annual->source[i], sizeof(annual->source[i]), "user_config:%s", reading->file);
	snprintf(annual->licence, sizeof(annual->licence), LICENCE);
	snprintf(annual->legal_status, sizeof(annual->legal_status), LEGAL_STATUS);
	snprintf(annual->sha256, sizeof(annual->sha256), "%s", reading->sha256);
	return 0;
}

/* A region that is not among the shipped ones. Its country is its zone where it is a code of two letters. */
static int add_region(const struct reading *reading, const struct json_place *place, const char *code,
	struct region **ret_region)
{
	struct data *data = reading->data;
	struct region *region = &data->regions[data->region_count];
	char country[64];
	int r;

	if (data->region_count == REGIONS_MAX)
		return place_refuse(place, "", "is one region too many");
	*region = (struct region) { .zone = "unknown" };
	snprintf(region->code, sizeof(region->code), "%s", code);
	r = place_text(place, "region_name", region->name[0], sizeof(region->name[0]));
	if (r == 0)
		memcpy(region->name[1], region->name[0], sizeof(region->name[1]));
	if (r == 0 && place_has(place, "country"))
		r = place_text(place, "country", country, sizeof(country));
	if (r < 0)
		return r;
	if (place_has(place, "country") && strlen(country) == 2 &&
		strspn(country, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 2)
		snprintf(region->zone, sizeof(region->zone), "%.2s", country);
	data->region_count++;
	*ret_region = region;
	return 0;
}

static int read_one_region(struct reading *reading, const char *code, struct json_object *row)
{
	char path[96];
	struct region *region;
	double value;
	int r;

	snprintf(path, sizeof(path), "regions.%.64s", code);
	const struct json_place place = place_at(reading, row, path);
	if (!is_code(code))
		return place_refuse(&place, "", "is no code of letters, digits and _ . -");
	if (!json_object_is_type(row, json_type_object))
		return place_refuse(&place, "", "must be an object");
	if ((r = place_number(&place, "average_gco2_kwh", 0.001, 1500, &value)) < 0)
		return r;
	region = (struct region *)(uintptr_t)data_region(reading->data, code);
	if (region == NULL && (r = add_region(reading, &place, code, &region)) < 0)
		return r;
	return put_value(reading, &place, region, value);
}

static int read_regions(struct reading *reading, struct json_object *regions)
{
	int count = 0, r;

	json_object_object_foreach(regions, code, row)
	{
		r = read_one_region(reading, code, row);
		if (r < 0)
			return r;
		count++;
	}
	say(reading->data, "%s: values of %d regions", reading->file, count);
	return 0;
}

/* One grid and its day */

static int read_day(const struct reading *reading, struct json_object *list, double hours[static HOURS])
{
	bool is_told[HOURS] = { false };
	struct json_place place = place_at(reading, NULL, NULL);

	place.list = "hourly_profile";
	if (json_object_array_length(list) != HOURS) {
		place.path = place.list;
		return place_refuse(&place, "", "must have 24 hours");
	}
	for (place.index = 0; place.index < HOURS; place.index++) {
		double hour, value;
		int r;
		place.row = json_object_array_get_idx(list, place.index);
		if (!json_object_is_type(place.row, json_type_object))
			return place_refuse(&place, "", "must be an object");
		if ((r = place_number(&place, "hour", 0, HOURS - 1, &hour)) < 0 ||
			(r = place_number(&place, "intensity", 0.001, 1500, &value)) < 0)
			return r;
		if (fabs(hour - round(hour)) > 0 || is_told[(int)hour])
			return place_refuse(&place, "hour", "must be each hour from 0 to 23 once");
		is_told[(int)hour] = true;
		hours[(int)hour] = value;
	}
	return 0;
}

static int add_day(const struct reading *reading, const struct json_place *place, const char *zone,
	const double hours[static HOURS])
{
	struct data *data = reading->data;
	struct profile *profile = &data->profiles[data->profile_count];

	if (data->profile_count == PROFILES_MAX || data_profile(data, DEMO_PROFILE) != NULL)
		return place_refuse(place, "hourly_profile", "is one profile too many");
	*profile = (struct profile) { .name = DEMO_PROFILE,
		.day = "unknown",
		.label = { "A day of the operator's, without a source", "출처가 없는 운영자의 하루 데이터" },
		.is_unverified = true,
		.factor = FACTOR_LIFECYCLE,
		.licence = LICENCE };
	snprintf(profile->zone, sizeof(profile->zone), "%s", zone);
	snprintf(profile->source, sizeof(profile->source), "user_config:%s", reading->file);
	snprintf(profile->sha256, sizeof(profile->sha256), "%s", reading->sha256);
	memcpy(profile->hours, hours, sizeof(profile->hours));
	data->profile_count++;
	return 0;
}

/* Its region: a code, or the code of a grid zone, which stands for all regions in it. */
static int put_grid(struct reading *reading, const struct json_place *place, const char *where, double value,
	const char **ret_zone)
{
	struct data *data = reading->data;
	int r = 0;

	*ret_zone = NULL;
	for (size_t i = 0; i < data->region_count && r == 0; i++) {
		const struct region *region = &data->regions[i];
		if (strcmp(region->code, where) != 0 && strcmp(region->zone, where) != 0)
			continue;
		*ret_zone = region->zone;
		r = put_value(reading, place, region, value);
	}
	if (r == 0 && *ret_zone == NULL)
		r = place_refuse(place, "region", "is neither a region nor a zone of the data files");
	return r;
}

static int read_grid(struct reading *reading, struct json_object *root)
{
	const struct json_place place = place_at(reading, root, "");
	struct json_object *list = member_of(root, "hourly_profile", json_type_array);
	double value, hours[HOURS];
	const char *zone;
	char where[64];
	int r;

	if ((r = place_text(&place, "region", where, sizeof(where))) < 0 ||
		(r = place_number(&place, "average_gCO2eq_kWh", 0.001, 1500, &value)) < 0 ||
		(r = put_grid(reading, &place, where, value, &zone)) < 0)
		return r;
	if (list == NULL && place_has(&place, "hourly_profile"))
		return place_refuse(&place, "hourly_profile", "must be an array");
	if (list == NULL || (r = read_day(reading, list, hours)) < 0) {
		say(reading->data, "%s: %.6g gCO2eq/kWh for %s", reading->file, value, where);
		return r;
	}
	say(reading->data, "%s: %.6g gCO2eq/kWh for %s, its day is %s", reading->file, value, where,
		reading->accepts_profile ? "the profile " DEMO_PROFILE
					 : "ignored (accept_unverified_profile = no)");
	return reading->accepts_profile ? add_day(reading, &place, zone, hours) : 0;
}

/* Targets */

static void disclaim(struct standard *standard, const char *file)
{
	const char *kind = standard->is_pue ? "PUE " : "", *unit = standard->is_pue ? "" : " gCO2eq/kWh";

	snprintf(standard->disclaimer[0], sizeof(standard->disclaimer[0]),
		"%s%.6g%s is a value of the operator's file %s, which states no source: whether any rule "
		"asks for "
		"it is not known.",
		kind, standard->target, unit, file);
	snprintf(standard->disclaimer[1], sizeof(standard->disclaimer[1]),
		"%s%.6g%s: 운영자 파일 %s의 값이며 출처가 없습니다. 어떤 규정에 근거하는지 알 수 "
		"없습니다.",
		kind, standard->target, unit, file);
	snprintf(standard->legal_status, sizeof(standard->legal_status), LEGAL_STATUS);
}

static int find_standard(const struct reading *reading, const struct json_place *place, const char *code,
	bool is_pue, struct standard *ret_standard)
{
	const struct standard *known = data_standard(reading->data, code);
	struct standard *s = ret_standard;
	int r;

	*s = (struct standard) { .is_pue = is_pue, .pue_ref = PUE_REF_DEFAULT, .factor = FACTOR_LIFECYCLE };
	if (!is_code(code))
		return place_refuse(place, "code", "is no code of letters, digits and _ . -");
	if (known != NULL && known->is_pue != is_pue)
		return place_refuse(place, "code", "is a standard of the other kind");
	if (known == NULL && reading->data->standard_count == STANDARDS_MAX)
		return place_refuse(place, "code", "is one standard too many");
	if (known != NULL)
		*s = *known;
	snprintf(s->code, sizeof(s->code), "%s", code);
	if (known != NULL)
		return 0;
	r = place_text(place, "name", s->name[0], sizeof(s->name[0]));
	return r < 0 ? r : place_text(place, "name_local", s->name[1], sizeof(s->name[1]));
}

/* A target that is also the shipped one keeps what is known of it. */
static int read_target(struct reading *reading, struct json_object *row, const char *path, bool is_pue)
{
	const struct json_place place = place_at(reading, row, path);
	struct data *data = reading->data;
	struct standard standard, *known;
	char code[sizeof(standard.code)];
	double target;
	int r;

	if ((r = place_text(&place, "code", code, sizeof(code))) < 0 ||
		(r = is_pue ? place_number(&place, "target_pue", 1, 10, &target)
			    : place_number(&place, "grid_carbon_intensity_gco2_kwh", 1, 1500, &target)) < 0 ||
		(r = find_standard(reading, &place, code, is_pue, &standard)) < 0)
		return r;
	say(data, "%s: %s = %.6g", reading->file, code, target);
	if (fabs(standard.target - target) <= target * SAME)
		return 0;
	standard.target = target;
	disclaim(&standard, reading->file);
	known = (struct standard *)(uintptr_t)data_standard(data, code);
	*(known != NULL ? known : &data->standards[data->standard_count++]) = standard;
	return 0;
}

int demo_read(struct data *data, const char *file, const char *text, size_t size, bool accepts_profile,
	struct data_error *error)
{
	struct reading reading = {
		.data = data, .file = file, .accepts_profile = accepts_profile, .error = error
	};
	size_t offset = 0;
	struct json_object *root = json_parse_strict(text, size, &offset), *regions, *carbon, *pue;
	int r = sha256_hex(text, size, reading.sha256);
	const struct json_place place = place_at(&reading, root, "");

	regions = member_of(root, "regions", json_type_object);
	carbon = member_of(root, "korea_carbon_neutrality", json_type_object);
	pue = member_of(root, "korea_pue_standard", json_type_object);
	if (root == NULL) {
		snprintf(error->text, sizeof(error->text), "%s: not valid JSON at byte %zu", file, offset);
		r = -EINVAL;
	} else if (r == 0 && regions != NULL)
		r = read_regions(&reading, regions);
	else if (r == 0 && json_object_is_type(root, json_type_object) &&
		 place_has(&place, "average_gCO2eq_kWh"))
		r = read_grid(&reading, root);
	else if (r == 0 && (carbon != NULL || pue != NULL)) {
		r = carbon != NULL ? read_target(&reading, carbon, "korea_carbon_neutrality", false) : 0;
		if (r == 0 && pue != NULL)
			r = read_target(&reading, pue, "korea_pue_standard", true);
	} else if (r == 0)
		r = place_refuse(&place, "",
			"none of the earlier demo's files: neither regions{}, average_gCO2eq_kWh, "
			"korea_carbon_neutrality{} nor korea_pue_standard{} is in it");
	json_object_put(root);
	return r;
}

static int read_file(struct data *data, const char *folder, const char *file, bool accepts_profile,
	struct data_error *error)
{
	CLEANUP(freep) char *text = NULL;
	char path[CONFIG_TEXT_MAX + 64], digests[2 * 64 + 1];
	size_t size;
	int r;

	snprintf(path, sizeof(path), "%s/%s", folder, file);
	r = data_read_file(path, DATA_FILE_BYTES_MAX, &text, &size);
	if (r < 0 && r != -ENOENT)
		snprintf(error->text, sizeof(error->text), "%.300s: %s", path, strerror(-r));
	if (r < 0 || (r = demo_read(data, file, text, size, accepts_profile, error)) < 0 ||
		(r = sha256_hex(text, size, digests + 64)) < 0)
		return r;
	memcpy(digests, data->sha256, 64);
	return sha256_hex(digests, 128, data->sha256);
}

int demo_lay_over(struct data *data, const char *folder, bool accepts_profile, struct data_error *error)
{
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(demo_files); i++) {
		int r = read_file(data, folder, demo_files[i], accepts_profile, error);
		if (r < 0 && r != -ENOENT)
			return r;
		count += r == 0;
	}
	if (count > 0)
		return 0;
	snprintf(error->text, sizeof(error->text),
		"%s: holds none of regions.json, carbon-intensity.json, regulations.json", folder);
	return -ENOENT;
}
