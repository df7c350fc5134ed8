/*
 * The Korean time-of-use electricity tariff: energy charge by hour of Korean time, KRW/kWh. Without climate and fuel
 * surcharges, VAT and fund levy. The rows come from deploy/config/korea/tariffs.json. Pure.
 */
#pragma once

#include "korea/data.h"
#include "analyst/grid/signal.h"

#define TARIFF_DEFAULT    "industrial_b"
#define TARIFF_WEEK_HOURS (7 * 24)

struct tariff_rate {
	enum tariff_season season;
	enum tariff_band band;
	double krw_per_kwh;
	bool is_discounted;
};

/* The energy charge at an instant. False: there is no class of that code. Outside the periods the class is known for, the
 * nearest one counts. */
bool tariff_at(const struct data *data, const char *code, int64_t seconds, struct tariff_rate *ret_rate);
/* Is it known for all the days from the one instant to the other, rather than taken from the nearest period? */
bool tariff_covers(const struct data *data, const char *code, int64_t from, int64_t to);
/* The same as a signal over [from, to), sealed. 0, -ENOENT, -E2BIG or -ENOMEM. */
int tariff_signal(
	const struct data *data, const char *code, int64_t from, int64_t to, struct signal *ret_signal);
/* Do the years of the holidays known reach from the one instant to the other? */
bool tariff_knows_holidays(const struct data *data, int64_t from, int64_t to);
/* Prices of the first week that begins at or after `seconds`, Monday to Sunday, without a holiday, in the same season, by hour
 * from Monday 00:00 on. False: no such class. */
bool tariff_week(const struct data *data, const char *code, int64_t seconds,
	double krw_per_kwh[static TARIFF_WEEK_HOURS]);
/* Mean of these: what a steady load pays over the month. -1: no such class. */
double tariff_week_mean(const struct data *data, const char *code, int64_t seconds);
/* The same, kept: by the data it is one all day (Korean time). Zeroed it is empty, and is to be when the data change. */
struct tariff_kept {
	int64_t midnight;
	char code[64];
	double mean;
};
double tariff_kept_mean(struct tariff_kept *kept, const struct data *data, const char *code, int64_t seconds);
/* Mean of these over a run of that length [s] that starts on each day of the week that long after midnight [s]. */
double tariff_week_window(
	const double krw_per_kwh[static TARIFF_WEEK_HOURS], int64_t after_midnight, int64_t length);

/* "verified" or "derived": how the rates of that instant are known. NULL: no such class. */
const char *tariff_status(const struct data *data, const char *code, int64_t seconds);

const char *tariff_season_name(enum tariff_season season);
const char *tariff_band_name(enum tariff_band band);
