/* get_regional_comparison */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyst/answers/answer.h"
#include "analyst/workloads/assessment.h"
#include "analyst/carbon/carbon.h"
#include "analyst/answers/recommend.h"

const char *const regions_usual[REGIONS_USUAL] = { "us-east-1", "eu-north-1", "ap-northeast-1" };

#define TRANSFER_KWH_PER_GB 0.001 /* Cloud Carbon Footprint's coefficient for networking */

struct place {
	const struct region *region;
	const struct annual *annual;                              /* NULL for the operator's own value */
	double intensity, marginal;                               /* g/kWh; marginal 0 = not known */
	struct pue pue;                                           /* source PUE_ASSUMED = not known */
	double reduction, reduction_with_pue, marginal_reduction; /* %, against the current place */
	bool is_current, is_allowed, does_disagree;
};

struct comparison {
	struct question *question;
	bool has_workload;
	struct assessment workload;
	enum grid_factor factor;
	bool by_average, by_marginal;
	double data_gb;
	size_t count;
	struct place places[TOOL_LIST_MAX + 1]; /* the current one first, until they are sorted */
	struct place current;
	size_t skipped_count;
	const char *skipped[TOOL_LIST_MAX];
};

static struct json_object *list_of(const struct question *question, const char *name)
{
	struct json_object *list = NULL;

	json_object_object_get_ex(question->arguments, name, &list);
	return list;
}

/* No residency given: everywhere. A zone's country stands before its first dash: JP-TK. */
static bool is_allowed(const struct question *question, const struct region *region)
{
	struct json_object *countries = list_of(question, "residency");
	size_t length = strcspn(region->zone, "-");

	if (countries == NULL || json_object_array_length(countries) == 0)
		return true;
	for (size_t i = 0; i < json_object_array_length(countries); i++) {
		const char *country = json_object_get_string(json_object_array_get_idx(countries, i));
		if (strlen(country) == length && strncasecmp(country, region->zone, length) == 0)
			return true;
	}
	return false;
}

/* The annual mean, not what the file says of today: the other regions have no better. */
static void describe_place(const struct comparison *c, const struct region *region, struct place *place)
{
	const struct knowledge *k = c->question->knowledge;
	bool is_set = k->config->korea_carbon_intensity > 0 && strcmp(region->zone, "KR") == 0;

	*place = (struct place) {
		.region = region, .marginal = region->marginal, .is_allowed = is_allowed(c->question, region)
	};
	place->annual = is_set ? NULL : data_region_annual(k->data, region, c->factor);
	place->intensity = is_set ? k->config->korea_carbon_intensity : place->annual->value;
	place->pue = pue_choose(0, 0, 0, 0, region);
}

static int find_current(struct comparison *c, struct error_object *error)
{
	const struct question *q = c->question;
	const struct region *region;
	int r = question_find_region(
		q, "current_region", question_text(q, "current_region", q->region->code), &region, error);

	if (r < 0)
		return r;
	describe_place(c, region, &c->current);
	/* What the operator declared, or gave as an argument, is the PUE of where it runs. */
	if (q->pue.source != PUE_ASSUMED && q->pue.source != PUE_REGION_TABLE)
		c->current.pue = q->pue;
	c->current.is_current = c->current.is_allowed = true;
	c->places[c->count++] = c->current;
	return 0;
}

static bool is_listed(const struct comparison *c, const struct region *region)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->places[i].region == region)
			return true;
	return false;
}

static void add_region(struct comparison *c, const char *code)
{
	const struct region *region = data_region(c->question->knowledge->data, code);

	if (region == NULL)
		c->skipped[c->skipped_count++] = code;
	else if (!is_listed(c, region))
		describe_place(c, region, &c->places[c->count++]);
}

static void add_regions(struct comparison *c)
{
	struct json_object *list = list_of(c->question, "comparison_regions");

	for (size_t i = 0; list == NULL && i < REGIONS_USUAL; i++)
		add_region(c, regions_usual[i]);
	for (size_t i = 0; list != NULL && i < json_object_array_length(list); i++)
		add_region(c, json_object_get_string(json_object_array_get_idx(list, i)));
}

/* A factor that one of the regions lacks is replaced by lifecycle for all: kinds are not mixed in a comparison. */
static void choose_factor(struct comparison *c)
{
	const struct data *data = c->question->knowledge->data;

	c->factor = c->question->standard->factor;
	for (size_t i = 0; i < data->region_count; i++)
		if (data_region_annual(data, &data->regions[i], c->factor) == NULL)
			c->factor = FACTOR_LIFECYCLE;
}

static void compare(struct comparison *c)
{
	const struct place *now = &c->current;
	bool *is_set = c->question->reasons.is_set;

	for (size_t i = 0; i < c->count; i++) {
		struct place *place = &c->places[i];
		place->reduction = (1 - place->intensity / now->intensity) * 100;
		place->reduction_with_pue =
			(1 - place->intensity * place->pue.value / (now->intensity * now->pue.value)) * 100;
		if (place->marginal > 0 && now->marginal > 0)
			place->marginal_reduction = (1 - place->marginal / now->marginal) * 100;
		place->does_disagree = place->reduction * place->marginal_reduction < 0;
		is_set[REASON_SIGNALS_DISAGREE] |= place->does_disagree;
		is_set[REASON_RESIDENCY_VIOLATION] |= !place->is_allowed;
	}
}

static int by_reduction(const void *left, const void *right)
{
	const struct place *a = left, *b = right;

	if (a->reduction < b->reduction || a->reduction > b->reduction)
		return a->reduction < b->reduction ? 1 : -1;
	return strcmp(a->region->code, b->region->code);
}

static bool is_pue_known(const struct place *place)
{
	return place->pue.source != PUE_ASSUMED;
}

static void write_flags(struct json_writer *w, const struct place *place)
{
	json_open_array(w, "flags");
	if (!place->is_allowed)
		json_write_text(w, NULL, "residency_violation");
	if (!place->is_current)
		json_write_text(w, NULL, "latency_unknown");
	if (!is_pue_known(place))
		json_write_text(w, NULL, "pue_unknown");
	if (place->does_disagree)
		json_write_text(w, NULL, "signals_disagree");
	json_close_array(w);
}

static void write_emissions(struct json_writer *w, const struct comparison *c, const struct place *place)
{
	const struct verdict *v = &c->workload.verdict;

	if (c->data_gb > 0 && !place->is_current)
		json_write_number(w, "transfer_gCO2eq",
			c->data_gb * TRANSFER_KWH_PER_GB * (c->current.intensity + place->intensity) / 2);
	if (!c->has_workload || !v->is_power_usable)
		return;
	json_write_number(w, "hourly_emissions_gCO2eq",
		carbon_grams_per_hour(v->mean_watts, place->pue.value, place->intensity));
	json_write_number(w, "emissions_kg_month",
		carbon_grams(v->kwh_month, place->pue.value, place->intensity) / 1000);
}

/* What assess would say of the carbon side there; an unknown PUE is compared at PUE_ref and stays borderline. */
static enum status status_at(const struct comparison *c, const struct place *place)
{
	const struct question *q = c->question;
	struct compliance_input input = { .standard = q->standard,
		.pue_target = q->pue_target,
		.pue = place->pue,
		.basis = q->basis,
		.is_intensity_known = true,
		.is_basis_mismatch = c->factor != q->standard->factor,
		.grid_intensity = place->intensity,
		.grid_uncertainty = U_GRID_ANNUAL };

	return compliance_assess(&input).carbon_status;
}

static void write_marginal(struct json_writer *w, const struct comparison *c, const struct place *place)
{
	char year[16];

	if (!c->by_marginal || place->marginal <= 0)
		return;
	json_write_number(w, "marginal_intensity_gCO2eq_kWh", place->marginal);
	snprintf(year, sizeof(year), "%d", place->region->marginal_year);
	json_write_text(w, "marginal_vintage", year);
	if (c->current.marginal > 0)
		json_write_number(w, "marginal_reduction_grid_percent", place->marginal_reduction);
}

static void write_place(struct json_writer *w, const struct comparison *c, const struct place *place)
{
	char year[16] = "unknown";

	if (place->annual != NULL)
		annual_vintage(place->annual, year);
	json_open_object(w, NULL);
	json_write_text(w, "region", place->region->code);
	json_write_text(w, "region_name", place->region->name[c->question->is_korean]);
	json_write_boolean(w, "is_current", place->is_current);
	json_write_number(w, "carbon_intensity_gCO2eq_kWh", place->intensity);
	json_write_text(w, "vintage", year);
	write_marginal(w, c, place);
	json_write_number(w, "pue", place->pue.value); /* assumed or not, emissions_kg_month counts it */
	json_write_text(w, "pue_source", pue_source_name(place->pue.source));
	if (place->pue.source == PUE_REGION_TABLE)
		write_pue_vintage(w, "pue_vintage", place->region);
	json_write_number(w, "reduction_grid_percent", place->reduction);
	if (is_pue_known(place) && is_pue_known(&c->current))
		json_write_number(w, "reduction_with_pue_percent", place->reduction_with_pue);
	write_emissions(w, c, place);
	json_write_text(w, "status", status_name(status_at(c, place)));
	write_flags(w, place);
	json_close_object(w);
}

/* %, by the signal that was asked for. */
static double saving_of(const struct place *place, bool is_marginal)
{
	return is_marginal ? place->marginal_reduction : place->reduction;
}

/* The cleanest that is allowed; the current one where none is cleaner. */
static const struct place *best_place(const struct comparison *c, bool is_marginal)
{
	const struct place *best = &c->current;
	double most = 0;

	for (size_t i = 0; i < c->count; i++) {
		const struct place *place = &c->places[i];
		double reduction = saving_of(place, is_marginal);
		if (place->is_allowed && reduction > most) {
			best = place;
			most = reduction;
		}
	}
	return best;
}

static void write_comparison(struct json_writer *w, const struct comparison *c)
{
	bool is_marginal = !c->by_average;
	const struct place *best = best_place(c, is_marginal), *marginal = best_place(c, true);
	char text[RECOMMENDATION_MAX];
	bool ko = c->question->is_korean;

	if (c->has_workload) {
		json_write_text(w, "workload", c->workload.subject.name);
		json_write_text(w, "namespace", c->workload.subject.namespace);
	}
	json_write_text(w, "current_region", c->current.region->code);
	json_open_array(w, "comparisons");
	for (size_t i = 0; i < c->count; i++)
		write_place(w, c, &c->places[i]);
	json_close_array(w);
	json_write_text(w, "best_region", best->region->code);
	json_write_number(
		w, "best_region_savings_percent", best->is_current ? 0 : saving_of(best, is_marginal));
	if (c->by_marginal && c->current.marginal > 0)
		json_write_text(w, "best_region_marginal", marginal->region->code);
	json_write_boolean(w, "signals_disagree", c->question->reasons.is_set[REASON_SIGNALS_DISAGREE]);
	json_open_array(w, "skipped");
	for (size_t i = 0; i < c->skipped_count; i++)
		json_write_text(w, NULL, c->skipped[i]);
	json_close_array(w);
	recommend_region(c->question,
		&(struct region_words) { .current = c->current.region->name[ko],
			.best = best->is_current ? NULL : best->region->name[ko],
			.percent = saving_of(best, is_marginal),
			.other_here = is_marginal ? c->current.intensity : c->current.marginal,
			.other_there = is_marginal ? best->intensity : best->marginal,
			.is_marginal = is_marginal,
			.does_disagree = best->does_disagree },
		text);
	json_write_text(w, "migration_recommendation", text);
}

static void read_signal(struct comparison *c)
{
	const char *signal = question_text(c->question, "signal", "both");

	c->by_average = strcmp(signal, "marginal") != 0;
	c->by_marginal = strcmp(signal, "average") != 0;
	c->data_gb = question_number(c->question, "data_gb", 0);
}

static int compare_all(struct comparison *c, struct json_writer *writer, struct error_object *error)
{
	struct question *question = c->question;
	int r = c->has_workload ? assessment_gather(question, &c->workload, error) : 0;

	read_signal(c);
	choose_factor(c);
	if (r < 0 || (r = find_current(c, error)) < 0)
		return r;
	add_regions(c);
	if (c->count == 1 && c->skipped_count > 0) /* "none is cleaner" would be said of none */
		return question_find_region(question, "comparison_regions", c->skipped[0],
			&(const struct region *) { NULL }, error);
	compare(c);
	qsort(c->places, c->count, sizeof(c->places[0]), by_reduction);
	question->reasons.is_set[REASON_GRID_ANNUAL] = true;
	question->reasons.is_set[REASON_PUE_DEGRADED] |=
		question->facility > FACILITY_USABLE && question->pue.source != PUE_ARGUMENT;
	write_comparison(writer, c);
	write_reasons(writer, &question->reasons);
	write_timestamp(writer, question);
	question_use_annual(question); /* nothing better was used, by choice and not for want of it */
	question->grid.is_degraded = false;
	write_provenance(writer, question, 1, c->has_workload ? c->workload.verdict.observed_ns : 0);
	return 0;
}

int region_answer(struct question *question, struct json_writer *writer, struct error_object *error)
{
	struct comparison c = { .question = question, .has_workload = question->workload_name[0] != '\0' };
	int r = compare_all(&c, writer, error);

	assessment_done(&c.workload);
	return r;
}
