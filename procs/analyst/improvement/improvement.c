#include "analyst/improvement/private.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyst/answers/answer.h"
#include "analyst/carbon/carbon.h"
#include "analyst/improvement/text.h"
#include "analyst/grid/tariff.h"
#include "base/cleanup.h"

#define SAVING_SLACK 1e-9

static const struct {
	const char *name;
	double complexity;
	improvement_fn *find;
} kinds[IMPROVEMENT_COUNT] = {
	[IMPROVE_REGION] = { "regional_migration", 4, improve_region },
	[IMPROVE_TEMPORAL] = { "temporal_shift", 1, improve_temporal },
	[IMPROVE_PUE] = { "pue_improvement", 4, improve_pue },
	[IMPROVE_RIGHTSIZING] = { "resource_rightsizing", 2, improve_rightsizing },
};

const char *improvement_name(enum improvement_type type)
{
	return kinds[type].name;
}

int improvement_from_name(const char *name)
{
	for (int type = 0; type < IMPROVEMENT_COUNT; type++)
		if (strcmp(kinds[type].name, name) == 0)
			return type;
	return -1;
}

double outlook_kg_month(const struct outlook *outlook)
{
	return carbon_grams(outlook->kwh_month, outlook->pue.value, outlook->intensity) / 1000;
}

void outlook_today(const struct question *question, const struct assessment *assessment, const char *tariff,
	struct outlook *ret_outlook)
{
	const struct verdict *v = &assessment->verdict;
	double price = cost_krw_per_kwh(question, tariff);

	*ret_outlook = (struct outlook) { .region = question->region,
		.intensity = v->grid_intensity,
		.u_intensity = v->grid_uncertainty,
		.factor = question->grid.factor,
		.pue = question->pue,
		.site_pue = question->pue,
		.kwh_month = v->kwh_month,
		.watts = v->mean_watts,
		.krw_month = price < 0 ? -1 : v->kwh_month * question->pue.value * price };
}

int improvement_refuse(struct improvement *improvement, enum reason_code reason)
{
	improvement->is_applied = false;
	improvement->reason = reason;
	return 0;
}

/* Applied, if it lowers anything; its reduction is told from before and after. */
static void improvement_apply(struct improvement *improvement, const struct outlook *before)
{
	double kg = outlook_kg_month(before);

	improvement->is_applied = true;
	if (kg > 0)
		improvement->reduction = 1 - outlook_kg_month(&improvement->after) / kg;
	if (improvement->reduction < SAVING_SLACK) {
		improvement->reduction = 0;
		improvement->after = *before;
		improvement->description[0] = '\0';
		improvement_refuse(improvement, REASON_NO_BENEFIT);
	}
}

/* A saving is a part of what is there to be saved: kilograms and won alike. */
static void tell_amounts(struct improvement *improvement, const struct outlook *before)
{
	improvement->kg_month = outlook_kg_month(before) * improvement->reduction;
	improvement->has_krw = before->krw_month >= 0 && improvement->after.krw_month >= 0;
	if (improvement->has_krw)
		improvement->krw_month = before->krw_month - improvement->after.krw_month;
	assert(!improvement->has_krw || improvement->krw_month <= before->krw_month);
	assert(improvement->reduction <= 1);
}

static void name_object(
	const struct question *question, const struct assessment *assessment, struct improvement *improvement)
{
	char owner[254], kind[64];

	if (improvement->type == IMPROVE_PUE) {
		snprintf(improvement->object, sizeof(improvement->object), "facility %s",
			improvement->after.region->code);
		return;
	}
	improvement_owner(question, &assessment->subject, owner, kind);
	snprintf(improvement->object, sizeof(improvement->object), "%s %s/%s",
		owner[0] != '\0' ? kind : assessment->subject.kind, assessment->subject.namespace,
		owner[0] != '\0' ? owner : assessment->subject.name);
}

/* Its kind is none that kubectl, systemctl, docker, podman or virsh changes. */
static void tell_by_hand(
	const struct question *question, const struct assessment *assessment, struct improvement *improvement)
{
	char name[PROSE_NAME_MAX];

	improvement_say(question, improvement->action_note, sizeof(improvement->action_note),
		improvement->type == IMPROVE_TEMPORAL ? WORDS_START_NO_COMMAND : WORDS_SIZE_NO_COMMAND,
		prose_name(assessment->subject.name, name), improvement->to, improvement->from);
}

int improvement_find(const struct question *question, const struct assessment *assessment,
	enum improvement_type type, const struct improvement_wish *wish, const struct outlook *before,
	struct improvement *ret_improvement)
{
	struct improvement *improvement = ret_improvement;
	int r;

	*improvement = (struct improvement) {
		.type = type, .reason = REASON_NO_BENEFIT, .after = *before, .confidence = CONFIDENCE_MEDIUM
	};
	r = kinds[type].find(question, assessment, wish, improvement);
	if (r < 0)
		return r;
	if (improvement->is_applied)
		improvement_apply(improvement, before);
	else
		improvement->after = *before;
	tell_amounts(improvement, before);
	name_object(question, assessment, improvement);
	if (improvement->is_applied && improvement->action[0] == '\0' && improvement->action_note[0] == '\0')
		tell_by_hand(question, assessment, improvement);
	if (!improvement->is_applied && improvement->description[0] == '\0')
		snprintf(improvement->description, sizeof(improvement->description), "%s",
			reason_text(improvement->reason, question_lang(question)));
	return 0;
}

static double worth(const struct improvement *improvement)
{
	return improvement->kg_month * improvement->confidence / kinds[improvement->type].complexity;
}

static bool comes_before(
	const struct question *question, const struct improvement *a, const struct improvement *b)
{
	bool is_region_last = question->knowledge->config->allowed_regions[0] == '\0';
	double of_a = worth(a), of_b = worth(b);

	if (is_region_last && (a->type == IMPROVE_REGION) != (b->type == IMPROVE_REGION))
		return b->type == IMPROVE_REGION;
	return of_a > of_b;
}

void improvements_sort(const struct question *question, struct improvement *improvements, size_t count)
{
	for (size_t i = 1; i < count; i++)
		for (size_t j = i; j > 0 && comes_before(question, &improvements[j], &improvements[j - 1]);
			j--) {
			struct improvement swapped = improvements[j];
			improvements[j] = improvements[j - 1];
			improvements[j - 1] = swapped;
		}
}

/* What cannot be applied, whatever the workload's history says, is not worked out: that history may be thousands of rows. */
static bool is_proposable(
	const struct question *question, const struct assessment *assessment, enum improvement_type type)
{
	switch (type) {
	/* what is the host's own (kernel threads, the root cgroup) runs wherever the host does */
	case IMPROVE_REGION: return strcmp(assessment->subject.kind, "system") != 0;
	case IMPROVE_TEMPORAL: return question->grid.grid.file != NULL;
	case IMPROVE_PUE: return question->pue.source != PUE_ASSUMED;
	case IMPROVE_RIGHTSIZING: return improvement_is_idle_shared(question);
	case IMPROVEMENT_COUNT: break;
	}
	return false;
}

/* All that are worth it, each upon today's outlook, the most worth first: kg x confidence / complexity; moving abroad
 * last, unless the configuration allows regions. Returns how many, or -errno. */
static int improvements_find(const struct question *question, const struct assessment *assessment,
	struct improvement improvements[static IMPROVEMENT_COUNT])
{
	const struct improvement_wish wish = { .tariff = TARIFF_DEFAULT };
	struct outlook today;
	int count = 0;

	if (!assessment->verdict.is_power_usable)
		return 0;
	outlook_today(question, assessment, wish.tariff, &today);
	for (int type = 0; type < IMPROVEMENT_COUNT; type++) {
		struct improvement *improvement = &improvements[count];
		if (!is_proposable(question, assessment, (enum improvement_type)type))
			continue;
		int r = improvement_find(
			question, assessment, (enum improvement_type)type, &wish, &today, improvement);
		if (r < 0)
			return r;
		count += improvement->is_applied && improvement->reduction >= IMPROVEMENT_LEAST;
	}
	improvements_sort(question, improvements, (size_t)count);
	return count;
}

double improvement_realizable_krw(const struct improvement *improvement)
{
	if (improvement->type != IMPROVE_RIGHTSIZING || improvement->reduction <= 0)
		return improvement->krw_month;
	return improvement->krw_month * improvement->realizable / improvement->reduction;
}

static const char *complexity_word(double complexity)
{
	return complexity > 2 ? "high" : complexity > 1 ? "medium" : "low";
}

static const char *confidence_word(double confidence)
{
	return confidence >= CONFIDENCE_HIGH ? "high" : confidence >= CONFIDENCE_MEDIUM ? "medium" : "low";
}

void write_improvement(struct json_writer *w, const struct improvement *improvement, bool has_amounts)
{
	json_write_text(w, "type", improvement_name(improvement->type));
	json_write_text(w, "description", improvement->description);
	json_write_number(w, "estimated_reduction_percent", improvement->reduction * 100);
	if (has_amounts)
		json_write_number(w, "estimated_kg_month", improvement->kg_month);
	if (has_amounts && improvement->has_krw)
		json_write_number(w, "estimated_krw_month", improvement->krw_month);
	json_write_text(w, "implementation_complexity", complexity_word(kinds[improvement->type].complexity));
	json_write_text(w, "confidence", confidence_word(improvement->confidence));
	json_write_text(w, "evidence", improvement->evidence);
	json_write_text(w, "object", improvement->object);
	if (improvement->from[0] != '\0') {
		json_write_text(w, "from", improvement->from);
		json_write_text(w, "to", improvement->to);
		json_write_text(w, "unit", improvement->unit);
	}
	if (improvement->memory_from[0] != '\0') {
		json_write_text(w, "memory_from", improvement->memory_from);
		json_write_text(w, "memory_to", improvement->memory_to);
		json_write_text(w, "memory_unit", "MiB");
		json_write_text(w, "memory_note", improvement->memory_note);
	}
	if (improvement->is_applied && improvement->action[0] != '\0')
		json_write_text(w, "action", improvement->action);
	if (improvement->is_applied && improvement->action_note[0] != '\0')
		json_write_text(w, "action_note", improvement->action_note);
	if (improvement->type == IMPROVE_RIGHTSIZING) {
		json_write_number(w, "attributed_saving_percent", improvement->reduction * 100);
		json_write_number(w, "realizable_saving_percent", improvement->realizable * 100);
		if (has_amounts && improvement->has_krw)
			json_write_number(w, "realizable_krw_month", improvement_realizable_krw(improvement));
	}
}

static void add_up(struct optimizations *all, const struct improvement *one)
{
	all->types |= 1u << one->type;
	if (one->type == IMPROVE_REGION)
		return;
	all->left *= 1 - one->reduction;
	all->left_in_fact *= 1 - (one->type == IMPROVE_RIGHTSIZING ? one->realizable : one->reduction);
}

int write_optimizations(struct json_writer *w, const struct question *question,
	const struct assessment *assessment, size_t limit, struct optimizations *ret_optimizations)
{
	CLEANUP(freep) struct improvement *improvements = malloc(IMPROVEMENT_COUNT * sizeof(*improvements));
	int count = improvements != NULL ? improvements_find(question, assessment, improvements) : -ENOMEM;

	*ret_optimizations = (struct optimizations) { .left = 1, .left_in_fact = 1 };
	json_open_array(w, "optimizations");
	for (int i = 0; i < count && (size_t)i < limit; i++) {
		json_open_object(w, NULL);
		write_improvement(w, &improvements[i], true);
		json_close_object(w);
		add_up(ret_optimizations, &improvements[i]);
	}
	json_close_array(w);
	return count < 0 ? count : 0;
}

double improvement_pue_kg_month(const struct question *question, enum status pue_status, double kg_month)
{
	return pue_status == STATUS_NON_COMPLIANT
		       ? kg_month * (1 - question->pue_target / question->pue.value)
		       : 0;
}

void improvement_owner(const struct question *question, const struct subject *subject, char owner[static 254],
	char kind[static 64])
{
	owner[0] = kind[0] = '\0';
	if (strcmp(subject->kind, "pod") == 0 && subject->count > 0) {
		ledger_owner(question->knowledge->ledger, subject->workloads[0], owner, kind);
	} else {
		snprintf(owner, 254, "%s", subject->name);
		snprintf(kind, 64, "%s", subject->kind);
	}
	for (char *c = kind; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
}
