#include "analyst/carbon/pue.h"

#include "base/cleanup.h"
#include "korea/uncertainty.h"

#define X(id, name) name,
static const char *const names[] = { PUE_SOURCES(X) };
#undef X

struct pue pue_choose(
	double argument, double measured, double declared, double overhead_ratio, const struct region *region)
{
	if (argument > 0)
		return (struct pue) { argument, PUE_ARGUMENT };
	if (measured > 0)
		return (struct pue) { measured, PUE_MEASURED };
	if (declared > 0)
		return (struct pue) { declared, PUE_DECLARED };
	if (overhead_ratio > 0)
		return (struct pue) { 1 + overhead_ratio, PUE_DECLARED };
	if (region != NULL && region->pue > 0)
		return (struct pue) { region->pue, PUE_REGION_TABLE };
	return (struct pue) { PUE_ASSUMED_VALUE, PUE_ASSUMED };
}

double pue_uncertainty(enum pue_source source)
{
	return uncertainty_of_pue(pue_source_name(source));
}

const char *pue_source_name(enum pue_source source)
{
	return (unsigned)source < ARRAY_SIZE(names) ? names[source] : "?";
}
