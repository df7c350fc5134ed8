#include "analyst/carbon/carbon.h"

#include <math.h>

double carbon_kwh(double watts, double hours)
{
	return watts * hours / 1000;
}

double carbon_kwh_month(double energy_uj, double observed_ns)
{
	if (!(observed_ns > 0))
		return 0;
	return energy_uj / MICROJOULES_PER_KWH / (observed_ns / NS_PER_HOUR) * HOURS_PER_MONTH;
}

double carbon_grams(double it_kwh, double pue, double intensity)
{
	return it_kwh * pue * intensity;
}

double carbon_cost(double grams, double price_per_ton)
{
	return grams / GRAMS_PER_TON * price_per_ton;
}

double carbon_grams_per_hour(double watts, double pue, double intensity)
{
	return carbon_grams(carbon_kwh(watts, 1), pue, intensity);
}

double carbon_reported_intensity(double grid_intensity, double pue, double pue_ref)
{
	return grid_intensity * pue / pue_ref;
}

double carbon_gap_percent(double value, double target)
{
	return (value / target - 1) * 100;
}

double carbon_required_reduction_percent(double value, double target)
{
	return value > target ? (1 - target / value) * 100 : 0;
}

double carbon_uncertainty(double value, double u_a, double u_b, double u_c)
{
	return value * uncertainty_expanded(u_a, u_b, u_c);
}

double carbon_embodied_grams(
	double device_grams, double hours, double lifespan_hours, double resources, double all_resources)
{
	return device_grams * (hours / lifespan_hours) * (resources / all_resources);
}

double carbon_sci(double operational_grams, double embodied_grams, double units)
{
	return (operational_grams + embodied_grams) / units;
}

double carbon_round_percent(double percent)
{
	return round(percent * 10) / 10;
}
