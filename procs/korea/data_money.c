/* Rows of tariffs.json, holidays.json, prices.json and reporting.json: what money and reports rest on. */
#include "korea/data_rows.h"

#include <stdio.h>
#include <string.h>

#include "korea/data.h"
#include "base/kst.h"

#define RATE_MAX 10000 /* KRW/kWh */

static int read_date(const struct json_place *place, const char *key, int *ret_date)
{
	char text[16];
	int r = place_text(place, key, text, sizeof(text));

	if (r < 0)
		return r;
	return kst_parse_date(text, ret_date) ? 0 : place_refuse(place, key, "must be a date, YYYY-MM-DD");
}

/* 24 letters: L light, M mid, P peak. */
static int read_hours(const struct json_place *place, const char *key, uint8_t hours[static 24])
{
	static const char letters[] = "LMP";
	char text[32];
	int r = place_text(place, key, text, sizeof(text));

	if (r < 0)
		return r;
	if (strlen(text) != 24 || strspn(text, letters) != 24)
		return place_refuse(place, key, "must be 24 letters L, M or P, one per hour");
	for (int i = 0; i < 24; i++)
		hours[i] = (uint8_t)(strchr(letters, text[i]) - letters);
	return 0;
}

static int read_rates(const struct json_place *place, struct tariff *tariff)
{
	static const char *const seasons[] = { "summer", "spring_autumn", "winter" };
	static const char *const bands[] = { "light", "mid", "peak" };
	char key[48];
	int r = 0;

	for (int season = 0; season < SEASON_COUNT && r == 0; season++) {
		snprintf(key, sizeof(key), "hours_%s", seasons[season]);
		r = read_hours(place, key, tariff->bands[season]);
		for (int band = 0; band < BAND_COUNT && r == 0; band++) {
			snprintf(key, sizeof(key), "%s_%s", bands[band], seasons[season]);
			r = place_number(place, key, 0, RATE_MAX, &tariff->rates[band][season]);
		}
	}
	return r;
}

static int read_discount(const struct json_place *place, struct tariff *tariff)
{
	double from, to;
	int r;

	if (!place_has(place, "discount_factor") && !place_has(place, "discount_until"))
		return 0;
	if ((r = place_number(place, "discount_factor", 0, 1, &tariff->discount_factor)) < 0 ||
		(r = place_number(place, "discount_from_hour", 0, 23, &from)) < 0 ||
		(r = place_number(place, "discount_to_hour", 1, 24, &to)) < 0)
		return r;
	tariff->discount_from_hour = (int)from;
	tariff->discount_to_hour = (int)to;
	return read_date(place, "discount_until", &tariff->discount_until);
}

int read_tariff(void *context, const struct json_place *place)
{
	struct data *data = context;
	struct tariff *tariff = &data->tariffs[data->tariff_count];
	int r;

	*tariff = (struct tariff) { 0 };
	if ((r = place_text(place, "code", tariff->code, sizeof(tariff->code))) < 0 ||
		(r = place_text(place, "name_en", tariff->name[0], sizeof(tariff->name[0]))) < 0 ||
		(r = place_text(place, "name_ko", tariff->name[1], sizeof(tariff->name[1]))) < 0 ||
		(r = place_text(place, "status", tariff->status, sizeof(tariff->status))) < 0 ||
		(r = read_date(place, "from", &tariff->from)) < 0 ||
		(r = read_date(place, "until", &tariff->until)) < 0 || (r = read_rates(place, tariff)) < 0 ||
		(r = read_discount(place, tariff)) < 0)
		return r;
	if (tariff->until < tariff->from)
		return place_refuse(place, "until", "lies before from");
	for (size_t i = 0; i < data->tariff_count; i++)
		if (strcmp(data->tariffs[i].code, tariff->code) == 0 &&
			data->tariffs[i].from <= tariff->until && tariff->from <= data->tariffs[i].until)
			return place_refuse(
				place, "from", "its days overlap those of an earlier row of this code");
	data->tariff_count++;
	return 0;
}

int read_holiday(void *context, const struct json_place *place)
{
	struct data *data = context;
	int r = read_date(place, "date", &data->holidays[data->holiday_count]);

	data->holiday_count += r == 0;
	return r;
}

int read_price(void *context, const struct json_place *place)
{
	struct data *data = context;
	struct price *price = &data->prices[data->price_count];
	int r;

	*price = (struct price) { 0 };
	if ((r = place_text(place, "code", price->code, sizeof(price->code))) < 0 ||
		(r = place_text(place, "unit", price->unit, sizeof(price->unit))) < 0 ||
		(r = place_text(place, "vintage", price->vintage, sizeof(price->vintage))) < 0 ||
		(r = place_text(place, "status", price->status, sizeof(price->status))) < 0 ||
		(r = place_text(place, "source", price->source[0], sizeof(price->source[0]))) < 0 ||
		(r = place_text_or(place, "source_ko", price->source[0], price->source[1],
			 sizeof(price->source[1]))) < 0 ||
		(r = place_number(place, "value", 0, 1e9, &price->value)) < 0)
		return r;
	if (data_price(data, price->code) != NULL)
		return place_refuse(place, "code", "is there twice");
	snprintf(price->legal_status, sizeof(price->legal_status), "%s", place->legal_status);
	data->price_count++;
	return 0;
}
