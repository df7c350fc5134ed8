#include "analyst/carbon/compliance.h"

#include <math.h>
#include <string.h>

#include "analyst/carbon/carbon.h"
#include "base/cleanup.h"

/* Division and multiplication may leave the last bit off: (P x 1.4) / P > 1.4 at P = 3.9. */
#define TARGET_SLACK 1e-9

#define X(id, name) name,
static const char *const status_names[] = { STATUSES(X) };
static const char *const basis_names[] = { BASES(X) };
#undef X

const char *status_name(enum status status)
{
	return (unsigned)status < ARRAY_SIZE(status_names) ? status_names[status] : "?";
}

int status_from_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(status_names); i++)
		if (strcmp(status_names[i], name) == 0)
			return (int)i;
	return -1;
}

const char *basis_name(enum basis basis)
{
	return (unsigned)basis < ARRAY_SIZE(basis_names) ? basis_names[basis] : "?";
}

int basis_from_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(basis_names); i++)
		if (strcmp(basis_names[i], name) == 0)
			return (int)i;
	return -1;
}

enum status compliance_compare(double value, double target)
{
	return value <= target * (1 + TARGET_SLACK) ? STATUS_COMPLIANT : STATUS_NON_COMPLIANT;
}

bool compliance_is_share_clear(
	const struct compliance_input *input, const struct compliance *assessed, double share)
{
	const struct standard *standard = input->standard;

	return input->is_intensity_known && !standard->is_pue && !input->is_basis_mismatch &&
	       input->pue.source != PUE_ASSUMED &&
	       fabs(assessed->intensity * share - standard->target) > assessed->uncertainty * share;
}

static double intensity_of(const struct compliance_input *input, double pue)
{
	switch (input->basis) {
	case BASIS_GRID: return input->grid_intensity;
	case BASIS_FACILITY: return input->grid_intensity * pue;
	case BASIS_PUE_NORMALISED: break;
	}
	return carbon_reported_intensity(input->grid_intensity, pue, input->standard->pue_ref);
}

static void assess_carbon(const struct compliance_input *input, struct compliance *c)
{
	const struct standard *standard = input->standard;
	bool is_assumed = input->pue.source == PUE_ASSUMED;
	/* An assumed PUE must not decide: the target is compared at its own reference. */
	double pue = is_assumed ? standard->pue_ref : input->pue.value;
	double u_pue = input->basis == BASIS_GRID ? 0 : pue_uncertainty(input->pue.source);

	c->carbon_status = standard->is_pue ? STATUS_NOT_ASSESSED : STATUS_UNKNOWN;
	if (!input->is_intensity_known)
		return;
	c->intensity = input->is_zero_energy ? 0 : intensity_of(input, pue);
	c->uncertainty = carbon_uncertainty(c->intensity, input->grid_uncertainty, u_pue, 0);
	c->facility_intensity = input->is_zero_energy ? 0 : input->grid_intensity * input->pue.value;
	if (standard->is_pue)
		return;
	c->carbon_status = compliance_compare(c->intensity, standard->target);
	c->gap_percent = carbon_gap_percent(c->intensity, standard->target);
	c->required_reduction_percent = carbon_required_reduction_percent(c->intensity, standard->target);
	c->is_carbon_clear = compliance_is_share_clear(input, c, 1);
}

static void assess_pue(const struct compliance_input *input, struct compliance *c)
{
	double value = input->pue.value, target = input->pue_target;

	c->pue_status = STATUS_UNKNOWN;
	if (input->pue.source == PUE_ASSUMED)
		return;
	c->pue_status = compliance_compare(value, target);
	c->pue_gap_percent = carbon_gap_percent(value, target);
	c->is_pue_clear =
		fabs(value - target) > carbon_uncertainty(value, pue_uncertainty(input->pue.source), 0, 0);
}

static bool fails_clearly(enum status status, bool is_clear)
{
	return status == STATUS_NON_COMPLIANT && is_clear;
}

static void combine(struct compliance *c)
{
	bool has_carbon = c->carbon_status != STATUS_NOT_ASSESSED;

	if (c->carbon_status == STATUS_NON_COMPLIANT || c->pue_status == STATUS_NON_COMPLIANT) {
		c->status = STATUS_NON_COMPLIANT;
		c->is_clear = fails_clearly(c->carbon_status, c->is_carbon_clear) ||
			      fails_clearly(c->pue_status, c->is_pue_clear);
	} else if (c->carbon_status == STATUS_UNKNOWN || c->pue_status == STATUS_UNKNOWN) {
		c->status = STATUS_UNKNOWN;
	} else {
		c->status = STATUS_COMPLIANT;
		c->is_clear = c->is_pue_clear && (!has_carbon || c->is_carbon_clear);
	}
}

struct compliance compliance_assess(const struct compliance_input *input)
{
	struct compliance c = { 0 };

	assess_carbon(input, &c);
	assess_pue(input, &c);
	combine(&c);
	return c;
}
