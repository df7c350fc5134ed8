#include "models/formula.h"

#include <math.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/wide.h"

#define PPM UINT64_C(1000000)

static const struct {
	const char *name;
	uint32_t counters;
} features[] = {
#define FEATURE(name, counters, value) { #name, counters },
#include "models/features.def"
};

int feature_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(features); i++)
		if (strcmp(features[i].name, name) == 0)
			return (int)i;
	return -1;
}

const char *feature_name(uint32_t feature)
{
	return feature < FEATURE_COUNT ? features[feature].name : "";
}

static uint64_t busy_ppm(const struct model_input *input)
{
	if (input->capacity_ns == 0)
		return 0;
	return input->busy_ns >= input->capacity_ns ? PPM
						    : mul_div_u64(input->busy_ns, PPM, input->capacity_ns);
}

void rates_make(
	const struct model_input *input, uint32_t cpus, uint32_t host_threads, struct rates *ret_rates)
{
	const uint64_t grown[FEATURE_COUNT] = {
#define FEATURE(name, counters, value) (value),
#include "models/features.def"
	};

	memset(ret_rates, 0, sizeof(*ret_rates));
	for (size_t i = 0; input->dt_ns > 0 && cpus > 0 && i < FEATURE_COUNT; i++) {
		uint64_t here = mul_div_u64(grown[i], NS_PER_SECOND, input->dt_ns);
		ret_rates->whole[i] = mul_div_u64(here, host_threads, cpus);
		ret_rates->exact[i] =
			(double)grown[i] * 1e9 / (double)input->dt_ns * (double)host_threads / (double)cpus;
	}
	ret_rates->whole[FEATURE_busy_ppm] = busy_ppm(input);
	ret_rates->exact[FEATURE_busy_ppm] = (double)busy_ppm(input);
}

uint32_t formula_counters(const struct formula *formula)
{
	uint32_t counters = 0;

	for (uint32_t i = 0; i < formula->curves; i++)
		counters |= features[formula->curve[i].feature].counters;
	for (uint32_t i = 0; i < formula->terms; i++)
		counters |= features[formula->term[i].feature].counters;
	return counters;
}

uint64_t curve_mw(const struct curve *curve, uint64_t x)
{
	if (x <= curve->x[0])
		return curve->mw[0];
	for (uint32_t i = 1; i < curve->knots; i++)
		if (x <= curve->x[i])
			return curve->mw[i - 1] + mul_div_u64(curve->mw[i] - curve->mw[i - 1],
							  x - curve->x[i - 1], curve->x[i] - curve->x[i - 1]);
	return curve->mw[curve->knots - 1];
}

static uint64_t curves_mw(const struct formula *formula, const struct rates *rates)
{
	uint64_t mw = formula->base_mw;

	for (uint32_t i = 0; i < formula->curves; i++)
		mw += curve_mw(&formula->curve[i], rates->whole[formula->curve[i].feature]);
	return mw;
}

static double scaled(const struct term *term, const struct rates *rates)
{
	return rates->exact[term->feature] / term->scale;
}

static double linear_watts(const struct formula *formula, const struct rates *rates)
{
	double watts = formula->bias;

	for (uint32_t i = 0; i < formula->terms; i++)
		watts += formula->term[i].weight * scaled(&formula->term[i], rates);
	return watts;
}

double formula_watts(const struct formula *formula, const struct rates *rates)
{
	const double *fit = formula->fit;

	switch ((enum formula_kind)formula->kind) {
	case FORMULA_NONE: return NAN;
	case FORMULA_CURVES: return (double)curves_mw(formula, rates) / 1000;
	case FORMULA_LINEAR: return linear_watts(formula, rates);
	case FORMULA_LOGARITHMIC: return fit[0] * log(fit[1] * scaled(&formula->term[0], rates) + 1) + fit[2];
	case FORMULA_EXPONENTIAL: return fit[0] * exp(fit[1] * scaled(&formula->term[0], rates)) + fit[2];
	case FORMULA_LOGISTIC:
		return fit[0] / (1 + exp(-fit[2] * (scaled(&formula->term[0], rates) - fit[1]))) + fit[3];
	}
	return NAN;
}

static uint64_t rounded_mw(double watts, const struct formula *formula)
{
	double mw = watts * 1000;

	if (!(mw > (double)formula->idle_mw)) /* NaN, too: a formula that does not know says idle */
		return formula->idle_mw;
	return mw < (double)formula->max_mw ? (uint64_t)llround(mw) : formula->max_mw;
}

uint64_t formula_mw(const struct formula *formula, const struct rates *rates)
{
	uint64_t mw;

	if (formula->kind != FORMULA_CURVES)
		return rounded_mw(formula_watts(formula, rates), formula) + formula->added_mw;
	mw = curves_mw(formula, rates);
	if (mw < formula->idle_mw)
		mw = formula->idle_mw;
	return (mw < formula->max_mw ? mw : formula->max_mw) + formula->added_mw;
}
