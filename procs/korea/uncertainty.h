/* How wrong the figures are that no meter measured, as engineering defaults: docs/methodology.md. Relative, k = 1. */
#pragma once

#define U_GRID_METERED   0.05
#define U_GRID_ESTIMATED 0.10
#define U_GRID_ANNUAL    0.15
#define U_PUE_MEASURED   0.02
#define U_PUE_DECLARED   0.05
#define U_PUE_REGION     0.10
#define U_PUE_ASSUMED    0.15
#define U_POWER_METER    0.05
#define U_POWER_MODEL    0.20
#define COVERAGE_FACTOR  2.0

/* Of the mean of a time of which `covered` (0 … 1) came from data of that quality, the rest from an annual mean. */
double uncertainty_of_grid(const char *quality, double covered);
/* By its source: argument, measured, declared, region_table, assumed. */
double uncertainty_of_pue(const char *source);
/* Of independent factors together, k = 2. */
double uncertainty_expanded(double u_a, double u_b, double u_c);
