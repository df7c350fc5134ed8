/*
 * The Korean time-of-use electricity tariff: energy charge by hour of Korean time, KRW/kWh. Without climate and fuel
 * surcharges, VAT and fund levy. The rows come from deploy/config/korea/tariffs.json. Pure.
 */
#pragma once

#include "korea/data.h"
#include "analyst/signal.h"

#define TARIFF_DEFAULT "industrial_b"

struct tariff_rate {
	enum tariff_season season;
	enum tariff_band band;
	double krw_per_kwh;
	bool is_discounted;
};

/* The energy charge at an instant. False: there is no class of that code. Outside the periods the class is known for, the
 * nearest one counts. */
bool tariff_at(const struct data *data, const char *code, int64_t seconds, struct tariff_rate *ret_rate);
/* The same as a signal over [from, to), sealed. 0, -ENOENT, -E2BIG or -ENOMEM. */
int tariff_signal(
	const struct data *data, const char *code, int64_t from, int64_t to, struct signal *ret_signal);
/* Mean price of the first week that begins at or after `seconds`, Monday to Sunday, without a holiday, in the same season: what
 * a steady load pays over the month. -1: no such class. */
double tariff_week_mean(const struct data *data, const char *code, int64_t seconds);

/* "verified" or "derived": how the rates of that instant are known. NULL: no such class. */
const char *tariff_status(const struct data *data, const char *code, int64_t seconds);

const char *tariff_season_name(enum tariff_season season);
const char *tariff_band_name(enum tariff_band band);
