/*
 * Fits base + Σ curve(x), each curve piecewise linear and never falling, to watts: non-negative least squares over ramps
 * between quantiles, reweighted so that the mean relative error is made small instead of the squares; the mean of six such fits
 * from 6 to 20 knots. Same input, same result, to the last mW: no threads, no random start, and no fused multiply-add.
 */
#pragma once

#include "models/formula.h"

#define FIT_FEATURES_MAX 2

struct fit_data {
	uint32_t count, features;
	uint32_t feature[FIT_FEATURES_MAX]; /* enum feature */
	double *x[FIT_FEATURES_MAX];
	double *watts; /* > 0 */
};

/* Room for `count` rows; count is set to 0. 0 or -ENOMEM. */
int fit_data_init(struct fit_data *data, uint32_t count);
void fit_data_done(struct fit_data *data);
/* 0; -EINVAL: no rows; -ENOMEM. */
int fit_formula(const struct fit_data *data, struct formula *ret_formula);
