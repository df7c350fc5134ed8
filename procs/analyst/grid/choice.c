/* Which grid data an answer rests on, and how sure that is. */
#include <stdio.h>
#include <string.h>

#include "analyst/answers/question.h"
#include "base/clock.h"
#include "korea/uncertainty.h"

#define LICENCE_OF_USER   "user supplied"
#define QUALITY_METERED   "metered"
#define QUALITY_ESTIMATED "estimated"

/* The annual value: the operator's where one is set, else the newest of the wanted factor, else of lifecycle. */
static void choose_annual(struct question *question, enum grid_factor wanted)
{
	const struct knowledge *k = question->knowledge;
	struct grid_choice *choice = &question->grid;
	const struct annual *annual = data_region_annual(k->data, question->region, wanted);

	choice->grid.now = question_now(question);
	choice->u_annual = U_GRID_ANNUAL;
	if (k->config->korea_carbon_intensity > 0 && question_is_in_korea(question)) {
		choice->grid.annual = k->config->korea_carbon_intensity;
		choice->factor = (enum grid_factor)grid_factor_from_name(k->config->grid_factor);
		choice->quality = "user";
		snprintf(choice->source, sizeof(choice->source), "user_config:korea_carbon_intensity");
		snprintf(choice->vintage, sizeof(choice->vintage), "unknown");
		choice->licence = LICENCE_OF_USER;
		choice->quality_annual = choice->quality;
		return;
	}
	if (annual == NULL)
		annual = data_region_annual(
			k->data, question->region, FACTOR_LIFECYCLE); /* there for every region */
	choice->grid.annual = annual->value;
	choice->factor = annual->factor;
	choice->quality = choice->quality_annual = annual->region[0] != '\0' ? GRID_UNVERIFIED : "annual";
	snprintf(choice->source, sizeof(choice->source), "%s", annual->source[0]);
	annual_vintage(annual, choice->vintage);
	choice->licence = annual->licence;
	choice->sha256 = annual->sha256;
}

static void file_vintage(const struct grid_file *file, char *text, size_t size)
{
	char time[32];

	if (file->is_daily) {
		snprintf(text, size, "repeated day");
		return;
	}
	clock_format_kst((uint64_t)file->points[file->count - 1].start * NS_PER_SECOND, time);
	snprintf(text, size, "%.10s", time);
}

static void choose_file(struct question *question, const struct grid_file *file)
{
	const struct config *config = question->knowledge->config;
	struct grid_choice *choice = &question->grid;

	choice->grid.file = file;
	choice->factor = (enum grid_factor)grid_factor_from_name(config->grid_factor);
	choice->quality = config->grid_quality;
	choice->u_file =
		strcmp(config->grid_quality, QUALITY_METERED) == 0 ? U_GRID_METERED : U_GRID_ESTIMATED;
	snprintf(choice->source, sizeof(choice->source), "user_config:%s", file->name);
	file_vintage(file, choice->vintage, sizeof(choice->vintage));
	choice->licence = LICENCE_OF_USER;
	choice->sha256 = file->sha256;
}

/* What a provider told, measured and forecast; holes are filled with the annual value, and said. */
static void choose_live(struct question *question, const struct live_provider *provider)
{
	struct grid_choice *choice = &question->grid;
	char time[32];

	choice->grid.file = provider->file;
	choice->factor = provider->factor;
	choice->quality = live_is_estimated(provider) ? QUALITY_ESTIMATED : QUALITY_METERED;
	choice->u_file = U_GRID_METERED; /* what is not, the points say themselves */
	choice->live = provider;
	choice->is_cached = live_is_cached(provider, question_now(question));
	snprintf(choice->source, sizeof(choice->source), "%s", provider->name);
	clock_format_kst((uint64_t)provider->measured_until_s * NS_PER_SECOND, time);
	snprintf(choice->vintage, sizeof(choice->vintage), "%.10s", time);
	choice->licence = provider->licence;
	choice->sha256 = provider->file->sha256;
}

/* -1 = none was asked for by name. */
static int asked_factor(const struct question *question)
{
	const char *name = question_text(question, "factor", NULL);

	return name != NULL ? grid_factor_from_name(name) : -1;
}

static void fall_back_to_annual(struct question *question)
{
	int asked = asked_factor(question);

	question->grid = (struct grid_choice) { 0 };
	choose_annual(question, asked >= 0 ? (enum grid_factor)asked : question->standard->factor);
}

static void note_mismatch(struct question *question)
{
	question->grid.is_mismatch =
		!question->standard->is_pue && question->grid.factor != question->standard->factor;
}

/* A file of the operator's goes before annual values, unless another kind of factor was asked for by name. */
void question_choose_grid(struct question *question)
{
	const struct knowledge *k = question->knowledge;
	const char *providers = k->config->grid_providers;
	int asked = asked_factor(question);
	bool is_own_region = strcmp(question->region->code, k->config->region) == 0;

	fall_back_to_annual(question);
	if (k->grid_file != NULL && is_own_region &&
		(asked < 0 || asked == grid_factor_from_name(k->config->grid_factor)))
		choose_file(question, k->grid_file);
	else if (k->grid_file == NULL && question_is_in_korea(question)) {
		const struct live_provider *provider = live_choose(k->live, providers, asked);
		if (provider != NULL)
			choose_live(question, provider);
		else
			question->grid.is_degraded = live_is_awaited(k->live, providers);
	}
	note_mismatch(question);
}

void question_use_annual(struct question *question)
{
	bool is_degraded = question->grid.is_degraded || question->grid.grid.file != NULL;

	fall_back_to_annual(question);
	question->grid.is_degraded = is_degraded;
	note_mismatch(question);
}

static bool is_measured_kind(const char *quality)
{
	return strcmp(quality, QUALITY_METERED) == 0 || strcmp(quality, QUALITY_ESTIMATED) == 0;
}

const char *grid_choice_quality(const struct grid_choice *choice, const struct grid_stretch *stretch)
{
	double measured = stretch->covered - stretch->forecast;

	if (stretch->covered <= 0)
		return choice->quality_annual;
	if (!is_measured_kind(choice->quality))
		return choice->quality; /* a sample, the operator's word: that holds of every hour of it */
	if (stretch->forecast > measured)
		return choice->grid.file->is_daily ? "typical_day" : "forecast";
	if (choice->live == NULL)
		return choice->quality;
	return stretch->estimated * 2 > measured ? QUALITY_ESTIMATED : QUALITY_METERED;
}

double grid_choice_uncertainty(const struct grid_choice *choice, double covered, double unsure)
{
	double u_unsure = choice->u_file > U_GRID_ESTIMATED ? choice->u_file : U_GRID_ESTIMATED;

	return (covered - unsure) * choice->u_file + unsure * u_unsure + (1 - covered) * choice->u_annual;
}
