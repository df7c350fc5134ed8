#include "korea/uncertainty.h"

#include <math.h>
#include <string.h>

double uncertainty_of_grid(const char *quality, double covered)
{
	double u_data = strcmp(quality, "metered") == 0 ? U_GRID_METERED : U_GRID_ESTIMATED;

	return covered * u_data + (1 - covered) * U_GRID_ANNUAL;
}

double uncertainty_of_pue(const char *source)
{
	if (strcmp(source, "measured") == 0)
		return U_PUE_MEASURED;
	if (strcmp(source, "assumed") == 0)
		return U_PUE_ASSUMED;
	return strcmp(source, "region_table") == 0 ? U_PUE_REGION : U_PUE_DECLARED;
}

double uncertainty_expanded(double u_a, double u_b, double u_c)
{
	return COVERAGE_FACTOR * sqrt(u_a * u_a + u_b * u_b + u_c * u_c);
}
