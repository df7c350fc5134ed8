/* compare_optimization_impact */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analyst/answers/answer.h"
#include "analyst/carbon/carbon.h"
#include "analyst/improvement/improvement.h"
#include "analyst/improvement/text.h"
#include "analyst/answers/recommend.h"
#include "analyst/grid/tariff.h"
#include "korea/mass.h"

#define PUE_TARGET_DEFAULT 1.4
#define COST_SLACK         1e-9

struct impact {
	struct question *question;
	struct assessment assessment;
	struct improvement_wish wish;
	bool is_wished[IMPROVEMENT_COUNT];
	bool is_default; /* nobody said which */
	struct outlook before, after;
	size_t count;
	struct improvement steps[IMPROVEMENT_COUNT];
	struct compliance then; /* what assess would say afterwards */
	double service_intensity;
	enum status service_status;
	bool is_service_clear;
};

/* A step that gains nothing where the workload moves to may gain where it is: then that is said, not that it is not worth it. */
static int tell_used_up(const struct impact *m, struct improvement *step)
{
	struct improvement alone;
	int r;

	if (step->is_applied || step->reason != REASON_NO_BENEFIT || m->after.region == m->before.region)
		return 0;
	r = improvement_find(m->question, &m->assessment, step->type, &m->wish, &m->before, &alone);
	if (r < 0 || !alone.is_applied)
		return r;
	step->description[0] = '\0';
	improvement_say(m->question, step->description, sizeof(step->description), WORDS_USED_UP,
		m->after.region->code, alone.reduction * 100);
	return 0;
}

/* Each step upon what the ones before it left, so that what they save adds up to the whole. */
static int combine(struct impact *m)
{
	int r = 0;

	m->after = m->before;
	for (int type = 0; type < IMPROVEMENT_COUNT && r == 0; type++) {
		struct improvement *step = &m->steps[m->count];
		if (!m->is_wished[type])
			continue;
		r = improvement_find(
			m->question, &m->assessment, (enum improvement_type)type, &m->wish, &m->after, step);
		if (r == 0)
			r = tell_used_up(m, step);
		m->after = step->after;
		m->count++;
	}
	return r;
}

static void look_ahead(struct impact *m)
{
	const struct question *q = m->question;
	const struct verdict *v = &m->assessment.verdict;
	const struct compliance_input input = { .standard = q->standard,
		.pue_target = q->pue_target,
		.pue = m->after.site_pue,
		.basis = q->basis,
		.is_intensity_known = v->is_power_usable,
		.is_zero_energy = m->assessment.usage.energy_uj <= 0,
		.is_basis_mismatch = !q->standard->is_pue && m->after.factor != q->standard->factor,
		.grid_intensity = m->after.intensity,
		.grid_uncertainty = m->after.u_intensity };

	double share = m->before.kwh_month > 0 ? m->after.kwh_month / m->before.kwh_month : 1;

	m->then = compliance_assess(&input);
	m->service_intensity = m->then.intensity * share;
	m->is_service_clear = compliance_is_share_clear(&input, &m->then, share);
	m->service_status = m->then.carbon_status;
	if (v->is_power_usable && !q->standard->is_pue)
		m->service_status = compliance_compare(m->service_intensity, q->standard->target);
}

static double saving_krw(const struct impact *m)
{
	return m->before.krw_month - m->after.krw_month;
}

static bool has_money(const struct impact *m)
{
	return m->assessment.verdict.is_power_usable && m->before.krw_month >= 0 && m->after.krw_month >= 0;
}

static double reduction(const struct impact *m)
{
	double kg = outlook_kg_month(&m->before);

	return kg > 0 ? 1 - outlook_kg_month(&m->after) / kg : 0;
}

/* The step whose saving is bookkeeping as long as no node can be switched off; NULL = all that is saved goes in fact. */
static const struct improvement *attributed_step(const struct impact *m)
{
	for (size_t i = 0; i < m->count; i++)
		if (m->steps[i].type == IMPROVE_RIGHTSIZING && m->steps[i].is_applied &&
			m->steps[i].realizable < m->steps[i].reduction)
			return &m->steps[i];
	return NULL;
}

static double realizable_reduction(const struct impact *m)
{
	const struct improvement *step = attributed_step(m);

	if (step == NULL || step->reduction >= 1)
		return step == NULL ? reduction(m) : 0;
	return 1 - (1 - reduction(m)) * (1 - step->realizable) / (1 - step->reduction);
}

/* What the bill is smaller by in fact; a rounding error is not a saving. */
static double realizable_krw(const struct impact *m)
{
	const struct improvement *step = attributed_step(m);
	double krw = saving_krw(m);

	if (step != NULL && step->has_krw)
		krw -= step->krw_month - improvement_realizable_krw(step);
	return fabs(krw) <= m->before.krw_month * COST_SLACK ? 0 : krw;
}

/* Of the change, as the question states it; < 0 = it does not. */
static double change_krw(const struct impact *m)
{
	return question_number(m->question, "implementation_cost_krw", -1);
}

static void note_reasons(struct impact *m)
{
	bool *is_set = m->question->reasons.is_set;

	for (size_t i = 0; i < m->count; i++) {
		if (!m->steps[i].is_applied)
			is_set[m->steps[i].reason] = true;
		if (m->steps[i].type == IMPROVE_REGION && m->steps[i].is_applied)
			is_set[REASON_PUE_UNKNOWN] |= m->after.region->pue <= 0;
	}
	is_set[REASON_COST_UNKNOWN] |= m->assessment.verdict.is_power_usable && !has_money(m);
	is_set[REASON_COST_INCREASES] |= has_money(m) && realizable_krw(m) < 0;
	is_set[REASON_NO_PAYBACK] |= has_money(m) && change_krw(m) >= 0 && realizable_krw(m) <= 0;
}

static void write_confidence(struct json_writer *w, const char *key, bool is_clear)
{
	json_write_text(w, key, is_clear ? "clear" : "borderline");
}

static void write_before(struct json_writer *w, const struct impact *m)
{
	const struct question *q = m->question;
	const struct assessment *a = &m->assessment;

	json_write_text(w, "workload", a->subject.name);
	json_write_text(w, "namespace", a->subject.namespace);
	json_write_text(w, "standard", q->standard->code);
	json_write_text(w, "region", q->region->code);
	json_write_text(w, "current_status", status_name(a->verdict.compliance.status));
	write_confidence(w, "current_confidence", a->verdict.compliance.is_clear);
	if (!a->verdict.is_power_usable)
		return;
	if (a->has_watts)
		json_write_number(w, "current_power_watts", assessment_watts(a));
	json_write_number(w, "mean_power_watts", m->before.watts);
	json_write_number(w, "current_intensity", a->verdict.compliance.intensity);
	json_write_number(w, "current_emissions_gCO2eq_hour", a->verdict.grams_per_hour);
	json_write_number(w, "current_monthly_emissions_kg", outlook_kg_month(&m->before));
	json_write_number(w, "current_intensity_uncertainty", a->verdict.compliance.uncertainty);
	json_write_number(w, "current_monthly_emissions_uncertainty_kg", a->verdict.kg_month_uncertainty);
}

static void write_gap(struct json_writer *w, const struct impact *m, const char *key, double intensity)
{
	const struct standard *standard = m->question->standard;

	if (!standard->is_pue)
		json_write_number(
			w, key, carbon_round_percent(carbon_gap_percent(intensity, standard->target)));
}

static void write_after(struct json_writer *w, const struct impact *m)
{
	bool is_usable = m->assessment.verdict.is_power_usable;

	json_write_text(w, "optimized_status", status_name(m->then.status));
	write_confidence(w, "optimized_confidence", m->then.is_clear);
	json_write_text(w, "intensity_status_after", status_name(m->then.carbon_status));
	write_confidence(w, "intensity_confidence_after", m->then.is_carbon_clear);
	json_write_text(w, "service_status_after", status_name(m->service_status));
	write_confidence(w, "service_confidence_after", m->is_service_clear);
	if (!is_usable)
		return;
	json_write_number(w, "optimized_power_watts", m->after.watts);
	json_write_number(w, "optimized_emissions_gCO2eq_hour",
		carbon_grams_per_hour(m->after.watts, m->after.pue.value, m->after.intensity));
	json_write_number(w, "optimized_monthly_emissions_kg", outlook_kg_month(&m->after));
	json_write_number(w, "intensity_after", m->then.intensity);
	json_write_number(w, "intensity_uncertainty_after", m->then.uncertainty);
	write_gap(w, m, "intensity_gap_after_percent", m->then.intensity);
	json_write_number(w, "service_intensity_after", m->service_intensity);
	write_gap(w, m, "service_gap_after_percent", m->service_intensity);
	json_write_number(w, "reduction_percent", reduction(m) * 100);
	json_write_number(w, "power_reduction_watts", m->before.watts - m->after.watts);
	json_write_number(w, "emissions_reduction_kg_month",
		outlook_kg_month(&m->before) - outlook_kg_month(&m->after));
}

static void write_money(struct json_writer *w, const struct impact *m)
{
	const struct price *usd = data_price(m->question->knowledge->data, "usd_per_kwh");
	double cost = change_krw(m), realizable = realizable_krw(m);
	double kwh = m->before.kwh_month * m->before.pue.value - m->after.kwh_month * m->after.pue.value;

	if (!has_money(m))
		return;
	json_write_number(w, "estimated_cost_savings_krw_month", saving_krw(m));
	json_write_number(w, "realizable_cost_savings_krw_month", realizable);
	if (usd != NULL)
		json_write_number(w, "estimated_cost_savings_usd_month", kwh * usd->value);
	write_cost_basis(w, m->question, m->wish.tariff, usd);
	if (cost >= 0 && realizable > 0)
		json_write_number(w, "payback_months", cost / realizable);
}

static void write_steps(struct json_writer *w, struct impact *m)
{
	improvements_sort(m->question, m->steps, m->count);
	json_open_array(w, "steps");
	for (size_t i = 0; i < m->count; i++) {
		const struct improvement *step = &m->steps[i];
		json_open_object(w, NULL);
		json_write_boolean(w, "applied", step->is_applied);
		if (!step->is_applied)
			json_write_text(w, "reason_code", reason_name(step->reason));
		write_improvement(w, step, m->assessment.verdict.is_power_usable);
		json_close_object(w);
	}
	json_close_array(w);
}

static void say_after(const struct impact *m, char *text, size_t size)
{
	const struct question *q = m->question;
	char edge[32] = "";

	if (q->standard->is_pue)
		return;
	if (!m->then.is_carbon_clear)
		improvement_say(q, edge, sizeof(edge), WORDS_BORDERLINE);
	improvement_say(q, text, size, WORDS_CARBON_AFTER, m->then.intensity, q->standard->target,
		status_word(m->then.carbon_status, q->is_korean), edge);
	edge[0] = '\0';
	if (!m->is_service_clear)
		improvement_say(q, edge, sizeof(edge), WORDS_BORDERLINE);
	if (m->after.kwh_month < m->before.kwh_month)
		improvement_say(q, text, size, WORDS_SERVICE_AFTER, m->service_intensity,
			status_word(m->service_status, q->is_korean), edge);
}

/* Who named none learns which there are beside the default ones: assess may well have proposed one of them. */
static void say_untried(const struct impact *m, char *text, size_t size)
{
	char names[128] = "";

	for (int type = 0; type < IMPROVEMENT_COUNT; type++) {
		size_t used = strlen(names);
		if (!m->is_wished[type])
			snprintf(names + used, sizeof(names) - used, "%s%s", used > 0 ? ", " : "",
				improvement_name((enum improvement_type)type));
	}
	improvement_say(m->question, text, size, WORDS_UNTRIED, names);
}

static void say_money(const struct impact *m, char *text, size_t size)
{
	const struct question *q = m->question;
	double realizable = realizable_krw(m), cost = change_krw(m);

	if (!has_money(m))
		return;
	if (realizable < 0)
		improvement_say(q, text, size, WORDS_DEARER, -realizable);
	else
		improvement_say(q, text, size, WORDS_MONEY, realizable, m->before.krw_month);
	if (cost >= 0 && realizable > 0)
		improvement_say(q, text, size, WORDS_PAYBACK, cost, cost / realizable);
	else if (cost >= 0)
		improvement_say(q, text, size, WORDS_NO_PAYBACK, cost);
}

static void write_words(struct json_writer *w, const struct impact *m)
{
	const struct question *q = m->question;
	char text[RECOMMENDATION_MAX] = "", name[PROSE_NAME_MAX], mass[2][MASS_TEXT_MAX];

	prose_name(m->assessment.subject.name, name);
	if (reduction(m) > 0) {
		improvement_say(q, text, sizeof(text), WORDS_TOGETHER, reduction(m) * 100, name,
			mass_text(outlook_kg_month(&m->before), mass[0]),
			mass_text(outlook_kg_month(&m->after), mass[1]));
		if (attributed_step(m) != NULL)
			improvement_say(
				q, text, sizeof(text), WORDS_ATTRIBUTED, realizable_reduction(m) * 100);
		say_after(m, text, sizeof(text));
		say_money(m, text, sizeof(text));
	} else {
		improvement_say(q, text, sizeof(text), WORDS_NOTHING, name);
	}
	for (size_t i = 0; i < m->count; i++)
		if (!m->steps[i].is_applied)
			improvement_say(q, text, sizeof(text), WORDS_SKIPPED,
				improvement_name(m->steps[i].type), m->steps[i].description);
	for (size_t i = 0; i < m->count; i++)
		if (m->steps[i].is_memory_short)
			improvement_say(q, text, sizeof(text), WORDS_NOTE, m->steps[i].memory_note);
	if (q->pue.source == PUE_ASSUMED)
		improvement_say(q, text, sizeof(text), WORDS_PUE_ASSUMED, q->pue.value);
	if (m->is_default)
		say_untried(m, text, sizeof(text));
	json_write_text(w, "recommendation", text);
}

static int read_wishes(struct impact *m, struct error_object *error)
{
	struct question *q = m->question;
	struct json_object *list = NULL;
	const struct region *region;

	m->wish = (struct improvement_wish) { .duration_hours = question_number(q, "duration_hours", 0),
		.target_pue = question_number(q, "target_pue", PUE_TARGET_DEFAULT),
		.target_region = question_text(q, "target_region", NULL),
		.tariff = question_text(q, "tariff", TARIFF_DEFAULT) };
	m->is_default = !json_object_object_get_ex(q->arguments, "optimizations", &list);
	if (m->is_default)
		m->is_wished[IMPROVE_TEMPORAL] = m->is_wished[IMPROVE_RIGHTSIZING] = true;
	for (size_t i = 0; list != NULL && i < json_object_array_length(list); i++)
		m->is_wished[improvement_from_name(
			json_object_get_string(json_object_array_get_idx(list, i)))] = true;
	if (tariff_status(q->knowledge->data, m->wish.tariff, 0) == NULL)
		return question_refuse_tariff(q, m->wish.tariff, error);
	if (m->wish.target_region != NULL)
		return question_find_region(q, "target_region", m->wish.target_region, &region, error);
	return 0;
}

int compare_answer(struct question *question, struct json_writer *writer, struct error_object *error)
{
	struct impact m = { .question = question };
	int r = read_wishes(&m, error);

	if (r == 0)
		r = assessment_gather(question, &m.assessment, error);
	if (r == 0) {
		outlook_today(question, &m.assessment, m.wish.tariff, &m.before);
		r = combine(&m);
	}
	if (r == 0) {
		look_ahead(&m);
		note_reasons(&m);
		write_before(writer, &m);
		write_after(writer, &m);
		write_money(writer, &m);
		write_words(writer, &m);
		write_steps(writer, &m);
		write_reasons(writer, &question->reasons);
		write_timestamp(writer, question);
		write_provenance(
			writer, question, m.assessment.verdict.coverage, m.assessment.verdict.observed_ns);
	}
	assessment_done(&m.assessment);
	return r;
}
