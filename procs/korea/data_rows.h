/* Readers of one row of each data file; data.c says which file is read by which. context = struct data. */
#pragma once

#include "korea/data.h"
#include "korea/data_json.h"

place_row_fn read_region, read_annual, read_region_pue, read_marginal, read_profile;
place_row_fn read_tariff, read_holiday, read_price, read_fuel;
/* Name of a fuel without a row; NULL: every one has its own. */
const char *data_missing_fuel(const struct data *data);
