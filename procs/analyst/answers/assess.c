/* assess_workload_compliance */
#include <string.h>

#include "analyst/answers/answer.h"
#include "analyst/workloads/assessment.h"
#include "analyst/carbon/carbon.h"
#include "analyst/improvement/improvement.h"
#include "analyst/answers/recommend.h"
#include "base/cleanup.h"

static const char *confidence(bool is_clear)
{
	return is_clear ? "clear" : "borderline";
}

static void write_statuses(struct json_writer *w, const struct question *q, const struct assessment *a)
{
	const struct compliance *c = &a->verdict.compliance;

	json_write_text(w, "workload", a->subject.name);
	json_write_text(w, "namespace", a->subject.namespace);
	json_write_text(w, "kind", a->subject.kind);
	json_write_text(w, "standard", q->standard->code);
	json_write_text(w, "region", q->region->code);
	json_write_text(w, "status", status_name(c->status));
	json_write_text(w, "carbon_status", status_name(c->carbon_status));
	json_write_text(w, "pue_status", status_name(c->pue_status));
	json_write_text(w, "confidence", confidence(c->is_clear));
	json_write_text(w, "carbon_confidence", confidence(c->is_carbon_clear));
	json_write_text(w, "pue_confidence", confidence(c->is_pue_clear));
}

static void write_intensities(struct json_writer *w, const struct question *q, const struct assessment *a)
{
	const struct verdict *v = &a->verdict;
	const struct compliance *c = &v->compliance;
	bool has_target = !q->standard->is_pue;

	if (v->is_power_usable)
		json_write_number(w, "current_carbon_intensity_gCO2eq_kWh", c->intensity);
	if (has_target)
		json_write_number(w, "target_carbon_intensity_gCO2eq_kWh", q->standard->target);
	if (v->is_power_usable && has_target) {
		json_write_number(w, "gap_percent", carbon_round_percent(c->gap_percent));
		json_write_number(w, "required_reduction_percent", c->required_reduction_percent);
	}
	if (v->is_power_usable) {
		json_write_number(w, "uncertainty_gCO2eq_kWh", c->uncertainty);
		json_write_number(w, "grid_carbon_intensity_gCO2eq_kWh", v->grid_intensity);
		if (q->pue.source != PUE_ASSUMED)
			json_write_number(w, "facility_intensity_gCO2eq_kWh", c->facility_intensity);
	}
	json_write_text(w, "basis", basis_name(q->basis));
	json_write_number(w, "pue_ref", q->standard->pue_ref);
	if (q->pue.source != PUE_ASSUMED)
		json_write_number(w, "current_pue", q->pue.value);
	json_write_number(w, "target_pue", q->pue_target);
	if (q->pue.source != PUE_ASSUMED)
		json_write_number(w, "pue_gap_percent", carbon_round_percent(c->pue_gap_percent));
	json_write_text(w, "pue_source", pue_source_name(q->pue.source));
}

static void write_watts(struct json_writer *w, const struct question *q, const struct assessment *a)
{
	bool has_gpu = (q->knowledge->book->last.zone_mask & 1u << ZONE_GPU) != 0;

	if (a->has_watts)
		json_write_number(w, "current_power_watts", assessment_watts(a));
	json_write_number(w, "mean_power_watts", a->verdict.mean_watts);
	if (!a->has_watts)
		return;
	json_open_object(w, "power_breakdown_watts");
	json_write_number(w, "cpu", a->watts[PART_CPU]);
	json_write_number(w, "memory", a->watts[PART_MEMORY]);
	if (has_gpu)
		json_write_number(w, "gpu", a->watts[PART_GPU]);
	if (strcmp(q->knowledge->config->share_idle, "none") != 0)
		json_write_number(w, "idle_share", a->watts[PART_IDLE]);
	json_close_object(w);
}

static void write_amounts(struct json_writer *w, struct question *q, const struct assessment *a)
{
	const struct verdict *v = &a->verdict;

	if (v->is_power_usable)
		write_watts(w, q, a);
	if (v->observed_ns > 0)
		json_write_number(w, "duty_percent", 100 * v->present_ns / v->observed_ns);
	if (!v->is_power_usable)
		return;
	json_write_number(w, "energy_kWh_month", v->kwh_month);
	json_write_number(w, "energy_facility_kWh_month", v->kwh_month * q->pue.value);
	json_write_number(w, "hourly_emissions_gCO2eq", v->grams_per_hour);
	json_write_number(w, "monthly_emissions_kg", v->kg_month);
	json_write_number(w, "monthly_emissions_uncertainty_kg", v->kg_month_uncertainty);
	write_cost(w, q, v->kwh_month);
}

/* What was asked of this answer holds for the next one, too. */
static void write_same_arguments(struct json_writer *w, const struct question *q)
{
	static const char *const same[] = { "standard", "region", "window" };

	for (size_t i = 0; i < ARRAY_SIZE(same); i++) {
		const char *text = question_text(q, same[i], "");
		if (text[0] != '\0')
			json_write_text(w, same[i], text);
	}
}

/* First what would lower it, all together; then whom it stands beside. */
static void write_next_steps(
	struct json_writer *w, const struct question *q, const struct assessment *a, unsigned types)
{
	json_open_array(w, "next_steps");
	if (types != 0) {
		json_open_object(w, NULL);
		json_write_text(w, "tool", "compare_optimization_impact");
		json_open_object(w, "arguments");
		json_write_text(w, "workload_name", a->subject.handle);
		json_write_text(w, "namespace", a->subject.namespace);
		json_open_array(w, "optimizations");
		for (int type = 0; type < IMPROVEMENT_COUNT; type++)
			if ((types & 1u << type) != 0)
				json_write_text(w, NULL, improvement_name((enum improvement_type)type));
		json_close_array(w);
		write_same_arguments(w, q);
		json_close_object(w);
		json_close_object(w);
	}
	json_open_object(w, NULL);
	json_write_text(w, "tool", "list_top_power_consumers");
	json_open_object(w, "arguments");
	json_write_text(w, "namespace", a->subject.namespace);
	write_same_arguments(w, q);
	json_close_object(w);
	json_close_object(w);
	json_close_array(w);
}

/* Per kWh used today, so that saved energy counts. */
static void write_service(
	struct json_writer *w, const struct question *q, const struct assessment *a, double left)
{
	const struct compliance_input input = { .standard = q->standard,
		.pue = q->pue,
		.is_intensity_known = true,
		.is_basis_mismatch = q->grid.is_mismatch };
	double intensity = a->verdict.compliance.intensity * left;

	if (q->standard->is_pue)
		return;
	json_write_number(w, "service_intensity_gCO2eq_kWh", intensity);
	json_write_text(w, "service_status", status_name(compliance_compare(intensity, q->standard->target)));
	json_write_text(w, "service_confidence",
		confidence(compliance_is_share_clear(&input, &a->verdict.compliance, left)));
}

/* All but the migration: who moves has no use for the night here. */
static void write_together(struct json_writer *w, const struct question *q, const struct assessment *a,
	const struct optimizations *found)
{
	const struct verdict *v = &a->verdict;

	if ((found->types & ~(1u << IMPROVE_REGION)) == 0 || !v->is_power_usable)
		return;
	json_open_object(w, "combined_effect");
	json_write_number(w, "reduction_percent", 100 * (1 - found->left));
	json_write_number(w, "saving_kg_month", v->kg_month * (1 - found->left));
	if (found->left_in_fact > found->left)
		json_write_number(w, "realizable_saving_kg_month", v->kg_month * (1 - found->left_in_fact));
	write_service(w, q, a, found->left);
	json_close_object(w);
}

static int write_words(struct json_writer *w, const struct question *q, const struct assessment *a)
{
	struct optimizations found;
	int r;
	char text[RECOMMENDATION_MAX];

	recommend_workload(q, a->subject.name, &a->verdict, a->has_watts ? assessment_watts(a) : -1, text);
	json_write_text(w, "recommendation", text);
	r = write_optimizations(w, q, a, IMPROVEMENT_COUNT, &found);
	write_together(w, q, a, &found);
	write_next_steps(w, q, a, found.types & ~(1u << IMPROVE_REGION));
	write_reasons(w, &q->reasons);
	json_write_text(w, "legal_status", q->standard->legal_status);
	json_write_text(w, "pue_legal_status", q->pue_standard->legal_status);
	json_write_text(w, "disclaimer", q->standard->disclaimer[q->is_korean]);
	return r;
}

int assess_answer(struct question *question, struct json_writer *writer, struct error_object *error)
{
	struct assessment a;
	int r = assessment_gather(question, &a, error);

	if (r == 0) {
		write_statuses(writer, question, &a);
		write_intensities(writer, question, &a);
		write_amounts(writer, question, &a);
		r = write_words(writer, question, &a);
		write_timestamp(writer, question);
		write_provenance(writer, question, a.verdict.coverage, a.verdict.observed_ns);
	}
	assessment_done(&a);
	return r;
}
