/* regional_migration and pue_improvement: a cleaner grid, a better building. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analyst/answers/answer.h"
#include "analyst/improvement/private.h"
#include "analyst/improvement/text.h"
#include "analyst/answers/recommend.h"
#include "analyst/answers/recommend_text.h"
#include "korea/uncertainty.h"

static const struct annual *annual_of(const struct question *question, const struct region *region)
{
	const struct data *data = question->knowledge->data;
	const struct annual *annual = data_region_annual(data, region, question->standard->factor);

	return annual != NULL ? annual : data_region_annual(data, region, FACTOR_LIFECYCLE);
}

/* A saving with PUE is told where both are known; else both sites count at the one of today: by the grid alone. */
static bool are_pues_known(const struct region *region, const struct pue *today)
{
	return region->pue > 0 && today->source != PUE_ASSUMED;
}

static struct pue pue_of(const struct region *region, const struct pue *today)
{
	return are_pues_known(region, today) ? (struct pue) { region->pue, PUE_REGION_TABLE } : *today;
}

static double grams_per_kwh(
	const struct question *question, const struct region *region, const struct pue *today)
{
	return annual_of(question, region)->value * pue_of(region, today).value;
}

struct candidate {
	const struct region *region;
	double grams_per_kwh;
};

static void consider(
	const struct question *question, const char *code, const struct pue *today, struct candidate *best)
{
	const struct region *region = data_region(question->knowledge->data, code);
	double grams = region != NULL ? grams_per_kwh(question, region, today) : INFINITY;

	if (grams < best->grams_per_kwh)
		*best = (struct candidate) { region, grams };
}

/* The fewest grams per kWh of IT energy of the regions allowed, else of the usual ones. */
static const struct region *cleanest(const struct question *question, const struct pue *today)
{
	const char *allowed = question->knowledge->config->allowed_regions;
	struct candidate best = { NULL, INFINITY };

	for (size_t i = 0; allowed[0] == '\0' && i < REGIONS_USUAL; i++)
		consider(question, regions_usual[i], today, &best);
	while (*allowed != '\0') {
		char code[64];
		size_t length = strcspn(allowed, ", ");
		snprintf(code, sizeof(code), "%.*s", (int)length, allowed);
		consider(question, code, today, &best);
		allowed += length;
		allowed += strspn(allowed, ", ");
	}
	return best.region;
}

static bool does_marginal_disagree(const struct region *here, const struct region *there, double reduction)
{
	return here->marginal > 0 && there->marginal > 0 &&
	       (here->marginal - there->marginal) * reduction < 0;
}

static void describe_move(const struct question *question, const struct region *there,
	const struct annual *annual, double reduction, struct improvement *imp)
{
	const struct outlook *before = &imp->after;
	bool has_pues = are_pues_known(there, &before->pue);
	char vintage[16];

	annual_vintage(annual, vintage);
	if (has_pues)
		improvement_say(question, imp->evidence, sizeof(imp->evidence), WORDS_MOVE_EVIDENCE,
			annual->value, vintage, there->pue, before->intensity, before->pue.value);
	else
		improvement_say(question, imp->evidence, sizeof(imp->evidence), WORDS_MOVE_GRID_EVIDENCE,
			annual->value, vintage, before->intensity);
	if (reduction <= 0)
		return;
	improvement_say(question, imp->description, sizeof(imp->description),
		has_pues ? WORDS_MOVE : WORDS_MOVE_GRID, there->name[question->is_korean], reduction * 100);
	if (does_marginal_disagree(before->region, there, reduction)) {
		struct prose prose = { .text = imp->description,
			.size = strlen(imp->description),
			.room = sizeof(imp->description),
			.is_korean = question->is_korean };
		prose_say(&prose, PHRASE_DISAGREE, there->name[question->is_korean], there->marginal,
			before->region->marginal, before->region->name[question->is_korean]);
		imp->confidence = CONFIDENCE_LOW;
	}
	improvement_say(question, imp->description, sizeof(imp->description), WORDS_MOVE_YOURS);
	if (annual->factor != before->factor) {
		improvement_say(question, imp->evidence, sizeof(imp->evidence), WORDS_MOVE_KINDS,
			grid_factor_name(annual->factor), grid_factor_name(before->factor));
		imp->confidence = CONFIDENCE_LOW;
	}
}

static void tell_move(const struct question *question, const struct subject *subject, struct improvement *imp)
{
	char owner[254], kind[64], name[PROSE_NAME_MAX];

	improvement_owner(question, subject, owner, kind);
	command_move(subject, owner, kind, imp->to, imp->action, sizeof(imp->action));
	improvement_say(question, imp->action_note, sizeof(imp->action_note),
		imp->action[0] != '\0' ? WORDS_MOVE_NODES : WORDS_MOVE_NO_COMMAND,
		prose_name(subject->name, name), imp->to, imp->from);
}

int improve_region(const struct question *question, const struct assessment *assessment,
	const struct improvement_wish *wish, struct improvement *imp)
{
	struct outlook *after = &imp->after;
	const struct region *here = after->region, *there = NULL;
	double before = after->intensity * after->pue.value, reduction;

	if (wish->target_region != NULL)
		there = data_region(question->knowledge->data, wish->target_region);
	else
		there = cleanest(question, &after->pue);
	if (there == NULL || there == here || before <= 0)
		return 0;
	const struct annual *annual = annual_of(question, there);
	struct pue pue = pue_of(there, &after->pue);
	reduction = 1 - annual->value * pue.value / before;
	describe_move(question, there, annual, reduction, imp);
	if (reduction <= 0)
		return 0;
	snprintf(imp->from, sizeof(imp->from), "%s", here->code);
	snprintf(imp->to, sizeof(imp->to), "%s", there->code);
	snprintf(imp->unit, sizeof(imp->unit), "region");
	tell_move(question, &assessment->subject, imp);
	if (strcmp(here->zone, there->zone) != 0)
		after->krw_month = -1; /* another country's prices are not known here */
	else if (after->krw_month >= 0)
		after->krw_month *= pue.value / after->pue.value;
	after->region = there;
	after->intensity = annual->value;
	after->u_intensity = U_GRID_ANNUAL;
	after->factor = annual->factor;
	after->pue = pue;
	if (there->pue > 0)
		after->site_pue = (struct pue) { there->pue, PUE_REGION_TABLE };
	imp->is_applied = true;
	return 0;
}

int improve_pue(const struct question *question, const struct assessment *assessment,
	const struct improvement_wish *wish, struct improvement *imp)
{
	struct outlook *after = &imp->after;
	double target = wish->target_pue > 0 ? wish->target_pue : question->pue_target;
	struct question own = *question;

	(void)assessment;
	if (after->pue.source == PUE_ASSUMED)
		return improvement_refuse(imp, REASON_PUE_ASSUMED);
	improvement_say(
		question, imp->evidence, sizeof(imp->evidence), WORDS_PUE_EVIDENCE, after->pue.value, target);
	imp->confidence = after->pue.source == PUE_REGION_TABLE ? CONFIDENCE_LOW : CONFIDENCE_MEDIUM;
	if (target > after->pue.value)
		improvement_say(question, imp->description, sizeof(imp->description), WORDS_PUE_WORSE, target,
			after->pue.value, (target / after->pue.value - 1) * 100);
	if (target >= after->pue.value)
		return 0;
	own.pue = after->pue;
	own.pue_target = target;
	recommend_pue(&own, imp->description, sizeof(imp->description));
	json_format_number(after->pue.value, imp->from);
	json_format_number(target, imp->to);
	snprintf(imp->unit, sizeof(imp->unit), "PUE");
	improvement_say(question, imp->action_note, sizeof(imp->action_note), WORDS_PUE_NO_COMMAND,
		after->region->code, imp->from, imp->to);
	if (after->krw_month >= 0)
		after->krw_month *= target / after->pue.value;
	after->pue.value = after->site_pue.value = target;
	imp->is_applied = true;
	return 0;
}
