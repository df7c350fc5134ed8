/* Which PUE counts: argument > measured > declared (config) > region table > assumed. */
#pragma once

#include <stdbool.h>

#include "korea/data.h"

#define PUE_ASSUMED_VALUE 1.40 /* for kWh and kg only, never for a status */

#define PUE_SOURCES(X)                                                                                       \
	X(ARGUMENT, "argument")                                                                              \
	X(MEASURED, "measured")                                                                              \
	X(DECLARED, "declared")                                                                              \
	X(REGION_TABLE, "region_table")                                                                      \
	X(ASSUMED, "assumed")
enum pue_source {
#define X(id, name) PUE_##id,
	PUE_SOURCES(X)
#undef X
};

struct pue {
	double value;
	enum pue_source source;
};

/* 0 = not given: `argument` of the question, `measured` (analyst/carbon/facility.h), `declared` (config pue), `overhead_ratio` (config pue_overhead_ratio;
 * PUE = 1 + ratio counts as declared). */
struct pue pue_choose(double argument, double measured, double declared, double overhead_ratio,
	const struct region *region);
/* Relative standard uncertainty (k = 1). */
double pue_uncertainty(enum pue_source source);
const char *pue_source_name(enum pue_source source);
