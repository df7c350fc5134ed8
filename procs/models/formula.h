/*
 * Power of one zone of a whole host as a function of what it does: sums of monotone curves (ours) or upstream's weights.
 * Within [idle, max] whatever comes in, never NaN. Curves are integers all through; weights are doubles, rounded to mW.
 * A plain value: no pointers, may be copied and hashed.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "ipc/ring.h"

#define FORMULA_KNOTS_MAX  24
#define FORMULA_CURVES_MAX 3
#define FORMULA_TERMS_MAX  8
#define FORMULA_MW_MAX     UINT64_C(1000000000) /* 1 MW: no host draws more */

enum feature {
#define FEATURE(name, ...) FEATURE_##name,
#include "models/features.def"
	FEATURE_COUNT
};

/* How the node's counters grew in one tick. */
struct model_input {
	uint64_t dt_ns, busy_ns, capacity_ns;
	uint64_t counter[COUNTER_COUNT]; /* by enum counter, where counters_valid says so */
	uint64_t softirqs[SOFTIRQ_COUNT];
	uint32_t counters_valid;
	uint32_t cpus; /* online then; 0 = as many as at the start */
};

/* The features of one tick, per second of the whole host (busy_ppm: a ratio). */
struct rates {
	uint64_t whole[FEATURE_COUNT]; /* rounded down, saturating */
	double exact[FEATURE_COUNT];
};

/* Piecewise linear, flat outside its knots. x rises strictly, mw never falls. */
struct curve {
	uint32_t feature, knots;
	uint64_t x[FORMULA_KNOTS_MAX], mw[FORMULA_KNOTS_MAX];
};

enum formula_kind {
	FORMULA_NONE,
	FORMULA_CURVES,      /* base + Σ curve(x) */
	FORMULA_LINEAR,      /* bias + Σ weight x/scale [W] */
	FORMULA_LOGARITHMIC, /* a ln(b x/scale + 1) + c; these three see one feature, term[0] */
	FORMULA_EXPONENTIAL, /* a e^(b x/scale) + c */
	FORMULA_LOGISTIC     /* a / (1 + e^(-k (x/scale - x0))) + off; fit = { a, x0, k, off } */
};

struct formula {
	uint32_t kind;
	uint32_t curves, terms;
	uint64_t idle_mw, max_mw; /* the whole host's; what it gives stays between */
	uint64_t added_mw;        /* on top of everything: the idle that a dynamic-only formula leaves out */
	uint64_t base_mw;
	struct curve curve[FORMULA_CURVES_MAX];
	double bias, fit[4];
	struct term {
		uint32_t feature, unused;
		double scale, weight;
	} term[FORMULA_TERMS_MAX];
};

/* "cpu_cycles" -> FEATURE_cpu_cycles; -1 if there is no such feature. */
int feature_find(const char *name);
const char *feature_name(uint32_t feature);

/* Features of a host with host_threads, of which this system has cpus. */
void rates_make(
	const struct model_input *input, uint32_t cpus, uint32_t host_threads, struct rates *ret_rates);

/* mW of one curve, rounded down. */
uint64_t curve_mw(const struct curve *curve, uint64_t x);
/* Bits of enum counter that must be counted for it. */
uint32_t formula_counters(const struct formula *formula);
/* Watts as the formula says, before any limit; NaN is possible. */
double formula_watts(const struct formula *formula, const struct rates *rates);
/* mW of the whole host, idle included, within [idle, max] + added. */
uint64_t formula_mw(const struct formula *formula, const struct rates *rates);
