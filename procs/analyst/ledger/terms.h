/* Under which terms an hour's energy counts, as the analyst knows them when the hour is sealed: the grid intensity of the
 * configured region, the PUE in force, the meter. */
#pragma once

#include "analyst/answers/question.h"

void terms_of_hour(const struct knowledge *knowledge, int64_t hour, struct terms *ret_terms);
