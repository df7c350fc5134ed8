/*
 * Energy, emissions, intensities: the formulas of docs/methodology.md, as pure functions.
 * Units: W, kWh, g = gCO2eq, g/kWh = gCO2eq/kWh, ratios without unit.
 */
#pragma once

#include "korea/uncertainty.h"

#define HOURS_PER_MONTH     730.0 /* 8760 / 12 */
#define MICROJOULES_PER_KWH 3.6e12
#define GRAMS_PER_TON       1e6
#define NS_PER_HOUR         3.6e12

/* E [kWh] of a constant power */
double carbon_kwh(double watts, double hours);
/* Energy per month [kWh] of what used `energy_uj` in `observed_ns`; 0 when nothing was observed. */
double carbon_kwh_month(double energy_uj, double observed_ns);
/* C [g] = E x PUE x I */
double carbon_grams(double it_kwh, double pue, double intensity);
/* What emissions cost at a carbon price, e.g. KRW at KRW per tCO2eq */
double carbon_cost(double grams, double price_per_ton);
/* g per hour at a mean power */
double carbon_grams_per_hour(double watts, double pue, double intensity);
/* I_rep = I_w x PUE / PUE_ref [g/kWh] */
double carbon_reported_intensity(double grid_intensity, double pue, double pue_ref);
/* (x / target - 1) x 100 */
double carbon_gap_percent(double value, double target);
/* max(0, 1 - target / x) x 100; 0 for x = 0 */
double carbon_required_reduction_percent(double value, double target);
/* U = k x value x sqrt(u_a^2 + u_b^2 + u_c^2) */
double carbon_uncertainty(double value, double u_a, double u_b, double u_c);
/* Software carbon intensity (SCI 1.1.0, ISO/IEC 21031), in no answer yet: of a device's grams what some hours of its lifespan and a
 * share of its resources are; and operational and embodied grams by functional unit. */
double carbon_embodied_grams(
	double device_grams, double hours, double lifespan_hours, double resources, double all_resources);
double carbon_sci(double operational_grams, double embodied_grams, double units);
/* To one decimal, as gap_percent is shown. */
double carbon_round_percent(double percent);
