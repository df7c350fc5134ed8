#include "analyst/improvement/rightsize.h"

#include <math.h>
#include <stdlib.h>

#define CORES_MIN        0.025
#define MIB_MIN          250 /* a pod's (pod-recommendation-min-memory-mb) */
#define STEP_SMALL       0.025
#define STEP_LARGE       0.1
#define LOWER_SCALE      0.001
#define OOM_FACTOR       1.2
#define OOM_STEP_MIB     100
#define ROUNDING_EPSILON 1e-9

static int by_amount(const void *left, const void *right)
{
	double a = ((const struct load_sample *)left)->amount,
	       b = ((const struct load_sample *)right)->amount;

	return (a > b) - (a < b);
}

void load_sort(struct load_sample *samples, size_t count)
{
	if (count > 0)
		qsort(samples, count, sizeof(*samples), by_amount);
}

double load_percentile(const struct load_sample *samples, size_t count, double share)
{
	double total = 0, sum = 0;

	if (count == 0)
		return 0;
	for (size_t i = 0; i < count; i++)
		total += samples[i].weight;
	for (size_t i = 0; i < count; i++)
		if ((sum += samples[i].weight) >= total * share * (1 - ROUNDING_EPSILON))
			return samples[i].amount;
	return samples[count - 1].amount;
}

double load_weight(double age_hours)
{
	return exp2(-age_hours / RIGHTSIZE_HALF_LIFE_HOURS);
}

double rightsize_target_cores(double p90)
{
	double cores = fmax(p90 * RIGHTSIZE_MARGIN, CORES_MIN);
	double step = cores < 1 ? STEP_SMALL : STEP_LARGE;

	return ceil(cores / step - ROUNDING_EPSILON) * step;
}

double rightsize_target_mib(double p90)
{
	return fmax(ceil(p90 * RIGHTSIZE_MARGIN - ROUNDING_EPSILON), MIB_MIN);
}

double rightsize_lower_factor(double days)
{
	return pow(1 + LOWER_SCALE / days, -2);
}

double rightsize_upper_factor(double days)
{
	return 1 + 1 / days;
}

double rightsize_after_oom_mib(double peak_mib)
{
	return fmax(peak_mib * OOM_FACTOR, peak_mib + OOM_STEP_MIB);
}

double rightsize_watts(double dynamic_watts, double idle_share_watts, double from, double to)
{
	return dynamic_watts + idle_share_watts * to / from;
}

double rightsize_nodes_freed(double freed_cores, double allocatable_cores)
{
	return allocatable_cores > 0 ? floor(freed_cores / allocatable_cores + ROUNDING_EPSILON) : 0;
}
