#include "models/fit.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define COLUMNS_MAX (1 + FIT_FEATURES_MAX * (FORMULA_KNOTS_MAX - 1))
#define REWEIGHTS   12
#define SWEEPS_MAX  1000
#define SWEEP_WATTS 1e-4 /* a sweep that moves nothing by more than this is the last */
#define FLOOR_ERROR 0.02 /* below it the error counts by its square, so that no sample pulls without limit */

/* min ½ uᵀGu − gᵀu, u >= 0: u[0] is the base, the others what each ramp adds. */
struct problem {
	uint32_t columns;
	double gram[COLUMNS_MAX][COLUMNS_MAX], target[COLUMNS_MAX], u[COLUMNS_MAX];
};

int fit_data_init(struct fit_data *data, uint32_t count)
{
	*data = (struct fit_data) { .watts = malloc(count * sizeof(double)) };
	for (size_t i = 0; i < FIT_FEATURES_MAX; i++)
		data->x[i] = malloc(count * sizeof(double));
	for (size_t i = 0; i < FIT_FEATURES_MAX; i++)
		if (data->x[i] == NULL || data->watts == NULL) {
			fit_data_done(data);
			return -ENOMEM;
		}
	return 0;
}

void fit_data_done(struct fit_data *data)
{
	for (size_t i = 0; i < FIT_FEATURES_MAX; i++)
		free(data->x[i]);
	free(data->watts);
	*data = (struct fit_data) { 0 };
}

static int by_number(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Knots at quantiles, so that each ramp rests on about as many samples. */
static int place_knots(const struct fit_data *data, uint32_t feature, uint32_t knots, struct curve *curve)
{
	CLEANUP(freep) double *sorted = malloc(data->count * sizeof(*sorted));

	if (sorted == NULL)
		return -ENOMEM;
	memcpy(sorted, data->x[feature], data->count * sizeof(*sorted));
	qsort(sorted, data->count, sizeof(*sorted), by_number);
	curve->feature = data->feature[feature];
	curve->knots = 0;
	for (uint32_t i = 0; i < knots; i++) {
		double at = (double)i * (data->count - 1) / (knots - 1);
		uint32_t low = (uint32_t)at, high = low + 1 < data->count ? low + 1 : low;
		double x = sorted[low] + (sorted[high] - sorted[low]) * (at - low);
		uint64_t knot = (uint64_t)llround(x);
		if (curve->knots == 0 || knot > curve->x[curve->knots - 1])
			curve->x[curve->knots++] = knot;
	}
	if (curve->knots == 1) /* it never changed: a ramp that is never climbed */
		curve->x[curve->knots++] = curve->x[0] + 1;
	return 0;
}

/* The row of one sample: 1, then how far each ramp is climbed. */
static void climb(const struct fit_data *data, const struct formula *formula, uint32_t sample, double *row)
{
	uint32_t column = 0;

	row[column++] = 1;
	for (uint32_t f = 0; f < formula->curves; f++)
		for (uint32_t k = 1; k < formula->curve[f].knots; k++) {
			double low = (double)formula->curve[f].x[k - 1],
			       high = (double)formula->curve[f].x[k];
			double part = (data->x[f][sample] - low) / (high - low);
			row[column++] = part < 0 ? 0 : part > 1 ? 1 : part;
		}
}

static double predict(const struct problem *problem, const double *row)
{
	double watts = 0;

	for (uint32_t i = 0; i < problem->columns; i++)
		watts += row[i] * problem->u[i];
	return watts;
}

static void weigh(
	const struct fit_data *data, const struct formula *formula, bool is_first, struct problem *problem)
{
	double row[COLUMNS_MAX];

	memset(problem->gram, 0, sizeof(problem->gram));
	memset(problem->target, 0, sizeof(problem->target));
	for (uint32_t s = 0; s < data->count; s++) {
		double watts = data->watts[s], weight = 1 / (watts * watts);
		climb(data, formula, s, row);
		if (!is_first)
			weight /= fmax(fabs(predict(problem, row) - watts) / watts, FLOOR_ERROR);
		for (uint32_t i = 0; i < problem->columns; i++) {
			problem->target[i] += weight * row[i] * watts;
			for (uint32_t j = 0; j <= i; j++)
				problem->gram[i][j] += weight * row[i] * row[j];
		}
	}
	for (uint32_t i = 0; i < problem->columns; i++)
		for (uint32_t j = i + 1; j < problem->columns; j++)
			problem->gram[i][j] = problem->gram[j][i];
}

/* One coordinate after the other, each at its best value not below 0. */
static void descend(struct problem *problem)
{
	for (uint32_t sweep = 0; sweep < SWEEPS_MAX; sweep++) {
		double moved = 0;
		for (uint32_t i = 0; i < problem->columns; i++) {
			double slope = problem->target[i], old = problem->u[i];
			if (!(problem->gram[i][i] > 0))
				continue;
			for (uint32_t j = 0; j < problem->columns; j++)
				slope -= problem->gram[i][j] * problem->u[j];
			problem->u[i] = fmax(0, old + slope / problem->gram[i][i]);
			moved = fmax(moved, fabs(problem->u[i] - old));
		}
		if (moved < SWEEP_WATTS)
			return;
	}
}

static void write_back(const struct problem *problem, struct formula *formula)
{
	uint32_t column = 1;

	formula->base_mw = (uint64_t)llround(problem->u[0] * 1000);
	formula->idle_mw = formula->max_mw = formula->base_mw;
	for (uint32_t f = 0; f < formula->curves; f++) {
		struct curve *curve = &formula->curve[f];
		double sum = 0;
		for (uint32_t k = 1; k < curve->knots; k++) {
			sum += problem->u[column++];
			curve->mw[k] = (uint64_t)llround(sum * 1000);
		}
		formula->max_mw += curve->mw[curve->knots - 1];
	}
}

/* One fit with this many knots a feature. */
static int fit_once(const struct fit_data *data, uint32_t knots, struct formula *ret_formula)
{
	struct formula formula;
	int r = 0;

	CLEANUP(freep) struct problem *problem = calloc(1, sizeof(*problem));
	if (problem == NULL)
		return -ENOMEM;
	memset(&formula, 0, sizeof(formula));
	formula.kind = FORMULA_CURVES;
	formula.curves = data->features;
	problem->columns = 1;
	for (uint32_t f = 0; r == 0 && f < data->features; f++) {
		r = place_knots(data, f, knots, &formula.curve[f]);
		problem->columns += formula.curve[f].knots - 1;
	}
	for (uint32_t i = 0; r == 0 && i < REWEIGHTS; i++) {
		weigh(data, &formula, i == 0, problem);
		descend(problem);
	}
	if (r < 0)
		return r;
	write_back(problem, &formula);
	*ret_formula = formula;
	return 0;
}

/* What all fits say at the knots of the mean; each is monotone, so is their mean. */
static void average(const struct formula *fits, uint32_t count, struct formula *mean)
{
	uint64_t base_mw = 0;

	for (uint32_t i = 0; i < count; i++)
		base_mw += fits[i].base_mw;
	mean->base_mw = mean->idle_mw = mean->max_mw = (base_mw + count / 2) / count;
	for (uint32_t f = 0; f < mean->curves; f++) {
		struct curve *curve = &mean->curve[f];
		for (uint32_t k = 0; k < curve->knots; k++) {
			uint64_t sum = 0;
			for (uint32_t i = 0; i < count; i++)
				sum += curve_mw(&fits[i].curve[f], curve->x[k]);
			curve->mw[k] = (sum + count / 2) / count;
		}
		mean->max_mw += curve->mw[curve->knots - 1];
	}
}

int fit_formula(const struct fit_data *data, struct formula *ret_formula)
{
	/* Few knots miss the shape, many follow the noise: their mean is better than each of them on rows not seen. */
	static const uint32_t knots[] = { 6, 8, 10, 12, 16, 20 };
	struct formula fits[ARRAY_SIZE(knots)];
	struct formula mean;
	int r = 0;

	if (data->count == 0)
		return -EINVAL;
	memset(&mean, 0, sizeof(mean));
	mean.kind = FORMULA_CURVES;
	mean.curves = data->features;
	for (uint32_t f = 0; r == 0 && f < data->features; f++)
		r = place_knots(data, f, FORMULA_KNOTS_MAX, &mean.curve[f]);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(knots); i++)
		r = fit_once(data, knots[i], &fits[i]);
	if (r < 0)
		return r;
	average(fits, ARRAY_SIZE(knots), &mean);
	*ret_formula = mean;
	return 0;
}
