/*
 * What providers of grid data tell, in one shape, and the parsers of their answers: bytes of strangers, bounded and
 * checked. Times are s since 1970, intensities gCO2eq/kWh within (0, INTENSITY_MAX), everything else is dropped.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc/vocabulary.h"
#include "korea/data.h"

#define GRID_ROWS_MAX    20000 /* 69 days of five minutes; the oldest go first */
#define GRID_PRICE_SHARE 10    /* prices, an hour each, are at most this part of them: 83 days */

struct grid_row {
	int64_t start; /* s since 1970 */
	uint32_t seconds;
	double value;
	uint8_t flags;
};

struct grid_told {
	struct grid_row *rows; /* rising by (price?, start), one a start */
	size_t count, room;
	double demand_mw, reserve_percent; /* 0 = not told */
	uint64_t dropped;                  /* values out of range, times that cannot be read */
};

/* What turns a mix into an intensity. */
struct grid_mix_rules {
	double factors[FUEL_COUNT]; /* gCO2eq/kWh */
	bool with_estimated_solar;  /* contracted and behind-the-meter solar, as KPX estimates them */
};

void grid_told_done(struct grid_told *told);
/* Adds or replaces the row of that start. 0 or -ENOMEM; what is out of range is counted and dropped. */
int grid_told_add(struct grid_told *told, const struct grid_row *row);
/* How many of the rows are intensities: they come first, prices behind them. */
size_t grid_told_intensities(const struct grid_told *told);
/* Leaves the prices. How many are gone. */
size_t grid_told_forget_intensities(struct grid_told *told);
/* Leaves the newest `most`, of which one in GRID_PRICE_SHARE may be a price. */
void grid_told_trim(struct grid_told *told, size_t most);

/* "2026-01-01T00:00:00.000Z" or with an offset; a fraction is cut. */
bool grid_parse_time(const char *text, int64_t *ret_seconds);

/* Parsers: 0, -EBADMSG: no such answer, -EACCES: the key is refused, -EDQUOT: too many calls, -ENODATA: an empty one. */
typedef int grid_parse_fn(
	const struct grid_mix_rules *rules, const char *body, size_t size, struct grid_told *told);
grid_parse_fn parse_electricitymaps, parse_watttime, parse_casdk, parse_kpx_history, parse_kpx_now,
	parse_kpx_demand, parse_kpx_price;
/* {"token": "…"} of WattTime's login. 0, -EBADMSG or -E2BIG. */
int parse_watttime_token(const char *body, size_t size, char *token, size_t token_size);
