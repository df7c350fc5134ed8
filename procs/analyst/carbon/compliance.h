/* From an intensity and a PUE to statuses with their confidence. Pure; docs/methodology.md has the rules. */
#pragma once

#include "korea/data.h"
#include "analyst/carbon/pue.h"

#define STATUSES(X)                                                                                          \
	X(COMPLIANT, "COMPLIANT")                                                                            \
	X(NON_COMPLIANT, "NON_COMPLIANT")                                                                    \
	X(UNKNOWN, "UNKNOWN")                                                                                \
	X(NOT_ASSESSED, "NOT_ASSESSED")
enum status {
#define X(id, name) STATUS_##id,
	STATUSES(X)
#undef X
};

#define BASES(X)                                                                                             \
	X(PUE_NORMALISED, "pue_normalised")                                                                  \
	X(GRID, "grid")                                                                                      \
	X(FACILITY, "facility")
enum basis {
#define X(id, name) BASIS_##id,
	BASES(X)
#undef X
};

struct compliance_input {
	const struct standard *standard;
	double pue_target;
	struct pue pue;
	enum basis basis;
	bool is_intensity_known; /* false: the power is unusable */
	bool is_zero_energy;     /* observed, but used nothing: 0 g/kWh by convention */
	bool is_basis_mismatch;
	double grid_intensity;   /* I_w [g/kWh] */
	double grid_uncertainty; /* relative, k = 1 */
};

struct compliance {
	enum status status, carbon_status, pue_status;
	bool is_clear, is_carbon_clear, is_pue_clear; /* else borderline */
	double intensity;                             /* what is compared [g/kWh], where is_intensity_known */
	double uncertainty;                           /* of it, k = 2 */
	double facility_intensity;                    /* I_w x PUE [g/kWh IT] */
	double gap_percent, required_reduction_percent, pue_gap_percent; /* not rounded */
};

struct compliance compliance_assess(const struct compliance_input *input);

/* The same of a share of the intensity, what a service that uses less causes per kWh it uses today: is it clear of the target? Its
 * relative uncertainty is the same; what is never clear of the intensity is not of this either. */
bool compliance_is_share_clear(
	const struct compliance_input *input, const struct compliance *assessed, double share);

/* COMPLIANT up to the target, NON_COMPLIANT beyond. */
enum status compliance_compare(double value, double target);

const char *status_name(enum status status);
/* -1 if there is none of that name. */
int status_from_name(const char *name);
const char *basis_name(enum basis basis);
/* -1 if there is none of that name. */
int basis_from_name(const char *name);
