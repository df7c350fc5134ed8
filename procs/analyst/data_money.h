/* Rows of tariffs.json, holidays.json and prices.json: what the money side of an answer rests on. For data.c. */
#pragma once

#include "analyst/data_json.h"

place_row_fn read_tariff, read_holiday, read_price;
