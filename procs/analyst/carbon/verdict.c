#include "analyst/carbon/verdict.h"

#include <math.h>
#include <string.h>

#include "analyst/carbon/carbon.h"
#include "base/clock.h"
#include "base/origin.h"

#define STALE_MIN_NS       (15 * NS_PER_SECOND)
#define IMPLAUSIBLE_FACTOR 1.05
#define IMPLAUSIBLE_SHARE  0.05 /* of the time it was there: that much may be unknown, as the factor allows */
#define DAY_NS             (86400.0 * 1e9)
#define SLOT_NS            (LEDGER_SLOT_SECONDS * 1e9)
#define EQUAL_RELATIVE     1e-9

static bool is_stale(const struct knowledge *knowledge)
{
	uint64_t limit_ns = 3 * origin_interval_ms(knowledge->config) * NS_PER_MILLISECOND;

	return knowledge->age_ns > (limit_ns > STALE_MIN_NS ? limit_ns : STALE_MIN_NS);
}

bool snapshot_is_usable(const struct question *question, struct reasons *reasons)
{
	const struct knowledge *k = question->knowledge;
	bool is_fake = k->book->last.state == POWER_FAKE;

	reasons->is_set[REASON_FAKE_POWER] |= is_fake;
	reasons->is_set[REASON_MODEL_POWER] |= k->book->last.state == POWER_MODEL;
	reasons->is_set[REASON_STALE_METRICS] |= is_stale(k);
	reasons->is_set[REASON_PARTIAL_SOURCES] |= (k->book->last.flags & TICK_FLAG_PARTIAL) != 0;
	reasons->is_set[REASON_COUNTER_RESET] |=
		k->book->reset_real_ns != 0 &&
		k->book->reset_real_ns >= (uint64_t)question->since * NS_PER_SECOND;
	return !is_stale(k) && (!is_fake || question->allow_fake);
}

static bool is_plausible(const struct usage *usage, const struct usage *node)
{
	return !usage->is_implausible_now &&
	       (double)usage->implausible_ns <= (double)usage->present_ns * IMPLAUSIBLE_SHARE &&
	       isfinite(usage->energy_uj) && usage->energy_uj >= 0 &&
	       usage->energy_uj <= node->energy_uj * IMPLAUSIBLE_FACTOR + 1;
}

static bool judge_power(struct question *question, const struct usage *usage, const struct usage *node)
{
	struct reasons *reasons = &question->reasons;
	bool is_usable = snapshot_is_usable(question, reasons);
	bool has_fake = (usage->states & 1u << POWER_FAKE) != 0;

	reasons->is_set[REASON_MODEL_POWER] |= (usage->states & 1u << POWER_MODEL) != 0;
	/* Warm-up watts beside real ones were left out already; alone they are all there is. */
	reasons->is_set[REASON_FAKE_POWER] |= has_fake && (question->allow_fake || usage->present_ns == 0);
	if (usage->present_ns == 0)
		return false;
	if (!is_plausible(usage, node)) {
		reasons->is_set[REASON_POWER_IMPLAUSIBLE] = true;
		return false;
	}
	reasons->is_set[REASON_ZERO_ENERGY] |= usage->energy_uj <= 0;
	return is_usable;
}

static bool is_of_user(const struct grid_choice *choice)
{
	return strcmp(choice->quality, "user") == 0 || strcmp(choice->quality, GRID_UNVERIFIED) == 0;
}

static void judge_grid(struct question *question, const struct usage *usage, struct verdict *v)
{
	struct grid_choice *choice = &question->grid;
	struct reasons *reasons = &question->reasons;
	double target = question->standard->target;

	v->coverage = choice->grid.file != NULL ? usage_coverage(usage) : 0;
	v->grid_intensity = usage_intensity(usage);
	v->grid_uncertainty = grid_choice_uncertainty(choice, v->coverage, usage_unsure(usage));
	if (choice->grid.file == NULL)
		reasons->is_set[is_of_user(choice) ? REASON_GRID_USER_VALUE : REASON_GRID_ANNUAL] = true;
	else {
		reasons->is_set[REASON_GRID_DEGRADED] |= v->coverage < 1 - EQUAL_RELATIVE;
		reasons->is_set[REASON_GRID_CACHED] |= choice->is_cached;
		reasons->is_set[REASON_GRID_SAMPLE_DAY] |= strcmp(choice->quality, "sample") == 0;
		reasons->is_set[REASON_GRID_USER_VALUE] |= is_of_user(choice);
	}
	reasons->is_set[REASON_BASIS_MISMATCH] |= choice->is_mismatch;
	reasons->is_set[REASON_TARGET_EQUALS_GRID] |=
		!question->standard->is_pue && choice->grid.file == NULL &&
		fabs(choice->grid.annual - target) <= target * EQUAL_RELATIVE;
}

static double power_uncertainty(const struct question *question, const struct usage *usage)
{
	double stated = question->knowledge->book->last.error_ppm / 1e6;

	if (stated > 0)
		return stated;
	return (usage->states & 1u << POWER_MODEL) != 0 ? U_POWER_MODEL : U_POWER_METER;
}

static void compute_amounts(const struct question *question, const struct usage *usage, struct verdict *v)
{
	double pue = question->pue.value;

	v->mean_watts = v->present_ns > 0 ? usage->energy_uj * 1e3 / v->present_ns : 0; /* µJ/ns = kW */
	v->kwh_month = carbon_kwh_month(usage->energy_uj, v->observed_ns);
	v->kg_month = carbon_grams(v->kwh_month, pue, v->grid_intensity) / 1000;
	v->grams_per_hour = carbon_grams_per_hour(v->mean_watts, pue, v->grid_intensity);
	v->kg_month_uncertainty = carbon_uncertainty(v->kg_month, v->grid_uncertainty,
		pue_uncertainty(question->pue.source), power_uncertainty(question, usage));
}

void verdict_reach(struct question *question, const struct usage *usage, uint64_t present_ns,
	const struct usage *node, struct verdict *ret_verdict)
{
	struct verdict *v = ret_verdict;
	struct reasons *reasons = &question->reasons;
	struct compliance_input input = { .standard = question->standard,
		.pue_target = question->pue_target,
		.pue = question->pue,
		.basis = question->basis };

	*v = (struct verdict) { .observed_ns = (double)node->present_ns, .present_ns = (double)present_ns };
	v->is_power_usable = judge_power(question, usage, node);
	judge_grid(question, usage, v);
	input.is_intensity_known = v->is_power_usable;
	input.is_zero_energy = usage->energy_uj <= 0;
	input.is_basis_mismatch = question->grid.is_mismatch;
	input.grid_intensity = v->grid_intensity;
	input.grid_uncertainty = v->grid_uncertainty;
	v->compliance = compliance_assess(&input);
	if (v->is_power_usable)
		compute_amounts(question, usage, v);
	reasons->is_set[REASON_SHORT_HISTORY] |= v->observed_ns < DAY_NS - SLOT_NS;
	question_note_pue(question, reasons);
	reasons->is_set[REASON_CARBON_OVER_TARGET] |= v->compliance.carbon_status == STATUS_NON_COMPLIANT;
	reasons->is_set[REASON_PUE_OVER_TARGET] |= v->compliance.pue_status == STATUS_NON_COMPLIANT;
}
