/* Rows of regions.json and of the files about them: annual factors, PUEs, marginal intensities, sample days, fuels. */
#include "korea/data_rows.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

int read_region(void *context, const struct json_place *place)
{
	struct data *data = context;
	struct region *region = &data->regions[data->region_count];
	int r;

	*region = (struct region) { 0 };
	if ((r = place_text(place, "code", region->code, sizeof(region->code))) < 0 ||
		(r = place_text(place, "name", region->name[0], sizeof(region->name[0]))) < 0 ||
		(r = place_text_or(
			 place, "name_ko", region->name[0], region->name[1], sizeof(region->name[1]))) < 0 ||
		(r = place_text(place, "zone", region->zone, sizeof(region->zone))) < 0)
		return r;
	if (data_region(data, region->code) != NULL)
		return place_refuse(place, "code", "is there twice");
	data->region_count++;
	return 0;
}

int read_annual(void *context, const struct json_place *place)
{
	struct data *data = context;
	struct annual *annual = &data->annuals[data->annual_count];
	double year = 0;
	char factor[16];
	int r, kind;

	*annual = (struct annual) { 0 };
	if ((r = place_text(place, "zone", annual->zone, sizeof(annual->zone))) < 0 ||
		(r = place_text(place, "factor", factor, sizeof(factor))) < 0 ||
		(r = place_number(place, "year", 1990, 2100, &year)) < 0 ||
		(r = place_number(place, "value", 0.001, 1500, &annual->value)) < 0 ||
		(r = place_text(place, "source", annual->source[0], sizeof(annual->source[0]))) < 0 ||
		(r = place_text_or(place, "source_ko", annual->source[0], annual->source[1],
			 sizeof(annual->source[1]))) < 0 ||
		(r = place_copy(place, "licence", place->licence, annual->licence, sizeof(annual->licence))) <
			0)
		return r;
	kind = grid_factor_from_name(factor);
	if (kind < 0)
		return place_refuse(place, "factor", "must be lifecycle, direct or official");
	annual->factor = (enum grid_factor)kind;
	annual->year = (int)year;
	snprintf(annual->legal_status, sizeof(annual->legal_status), "%s", place->legal_status);
	snprintf(annual->sha256, sizeof(annual->sha256), "%s", place->sha256);
	data->annual_count++;
	return 0;
}

/* The region a row of another file speaks of. */
static int find_region(struct data *data, const struct json_place *place, struct region **ret_region)
{
	char code[64];
	int r = place_text(place, "region", code, sizeof(code));

	if (r < 0)
		return r;
	for (size_t i = 0; i < data->region_count; i++)
		if (strcmp(data->regions[i].code, code) == 0) {
			*ret_region = &data->regions[i];
			return 0;
		}
	return place_refuse(place, "region", "is not in regions.json");
}

int read_marginal(void *context, const struct json_place *place)
{
	struct data *data = context;
	struct region *region = NULL;
	double value, year;
	int r;

	if ((r = find_region(data, place, &region)) < 0 ||
		(r = place_number(place, "value", 0.001, 3000, &value)) < 0 ||
		(r = place_number(place, "year", 1990, 2100, &year)) < 0)
		return r;
	region->marginal = value;
	region->marginal_year = (int)year;
	return 0;
}

int read_region_pue(void *context, const struct json_place *place)
{
	struct data *data = context;
	struct region *region = NULL;
	double pue, year;
	int r;

	if ((r = find_region(data, place, &region)) < 0 ||
		(r = place_number(place, "pue", 1, 10, &pue)) < 0 ||
		(r = place_number(place, "year", 1990, 2100, &year)) < 0 ||
		(r = place_copy(
			 place, "source", place->source, region->pue_source, sizeof(region->pue_source))) < 0)
		return r;
	region->pue = pue;
	region->pue_year = (int)year;
	return 0;
}

int read_profile(void *context, const struct json_place *place)
{
	struct data *data = context;
	struct profile *profile = &data->profiles[data->profile_count];
	char factor[16];
	int r, kind;

	*profile = (struct profile) { 0 };
	if ((r = place_text(place, "name", profile->name, sizeof(profile->name))) < 0 ||
		(r = place_text(place, "zone", profile->zone, sizeof(profile->zone))) < 0 ||
		(r = place_text(place, "day", profile->day, sizeof(profile->day))) < 0 ||
		(r = place_text(place, "factor", factor, sizeof(factor))) < 0 ||
		(r = place_text(place, "name_en", profile->label[0], sizeof(profile->label[0]))) < 0 ||
		(r = place_text(place, "name_ko", profile->label[1], sizeof(profile->label[1]))) < 0 ||
		(r = place_numbers(place, "hours", 0.001, 1500, profile->hours, 24)) < 0 ||
		(r = place_copy(place, "source", place->source, profile->source, sizeof(profile->source))) <
			0 ||
		(r = place_copy(
			 place, "licence", place->licence, profile->licence, sizeof(profile->licence))) < 0)
		return r;
	profile->has_solar = place_has(place, "hours_with_estimated_solar");
	if (profile->has_solar && (r = place_numbers(place, "hours_with_estimated_solar", 0.001, 1500,
					   profile->hours_with_solar, 24)) < 0)
		return r;
	kind = grid_factor_from_name(factor);
	if (kind < 0)
		return place_refuse(place, "factor", "must be lifecycle, direct or official");
	if (data_profile(data, profile->name) != NULL)
		return place_refuse(place, "name", "is there twice");
	profile->factor = (enum grid_factor)kind;
	snprintf(profile->sha256, sizeof(profile->sha256), "%s", place->sha256);
	data->profile_count++;
	return 0;
}

#define X(id, name) name,
static const char *const fuel_names[FUEL_COUNT] = { FUELS(X) };
#undef X

static bool has_fuel(const struct data *data, enum fuel fuel)
{
	return !isnan(data_fuel_factor(data, fuel, FACTOR_LIFECYCLE));
}

const char *data_missing_fuel(const struct data *data)
{
	for (int fuel = 0; fuel < FUEL_COUNT; fuel++)
		if (!has_fuel(data, (enum fuel)fuel))
			return fuel_names[fuel];
	return NULL;
}

int read_fuel(void *context, const struct json_place *place)
{
	struct data *data = context;
	struct fuel_factor *row = &data->fuels[data->fuel_count];
	char name[32];
	int fuel = 0, r = place_text(place, "fuel", name, sizeof(name));

	while (r == 0 && fuel < FUEL_COUNT && strcmp(fuel_names[fuel], name) != 0)
		fuel++;
	if (r == 0 && fuel == FUEL_COUNT)
		return place_refuse(
			place, "fuel", "must be coal, gas, oil, nuclear, hydro, wind, solar or unknown");
	if (r == 0 && has_fuel(data, (enum fuel)fuel))
		return place_refuse(place, "fuel", "is there twice");
	row->fuel = (enum fuel)fuel;
	for (int factor = 0; factor < FACTOR_OFFICIAL && r == 0; factor++)
		r = place_number(place, grid_factor_name((enum grid_factor)factor), 0, INTENSITY_MAX,
			&row->by[factor]);
	data->fuel_count += r == 0;
	return r;
}
