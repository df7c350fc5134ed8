#include "analyst/ledger/terms.h"

#include <math.h>
#include <stdio.h>

void terms_of_hour(const struct knowledge *knowledge, int64_t hour, struct terms *ret_terms)
{
	struct json_object *nothing = json_object_new_object();
	struct terms *terms = ret_terms;
	struct question question;
	struct error_object error;

	*terms = (struct terms) { .error_ppm = knowledge->book->last.error_ppm };
	snprintf(terms->meter, sizeof(terms->meter), "%s", knowledge->book->source);
	/* the configured standard and region: the start refuses those that are not in the data files */
	if (question_resolve(knowledge, nothing, "", "en", &question, &error) == 0) {
		const struct grid_choice *grid = &question.grid;
		const struct grid_stretch stretch = grid_look(&grid->grid, hour, LEDGER_HOUR_SECONDS);
		terms->intensity_mg = llround(stretch.mean * 1000);
		terms->covered_ppm = llround(stretch.covered * 1e6);
		terms->pue_ppm = llround(question.pue.value * 1e6);
		snprintf(terms->factor, sizeof(terms->factor), "%s", grid_factor_name(grid->factor));
		snprintf(
			terms->grid, sizeof(terms->grid), "%.*s", (int)sizeof(terms->grid) - 1, grid->source);
		snprintf(terms->vintage, sizeof(terms->vintage), "%s", grid->vintage);
		snprintf(terms->quality, sizeof(terms->quality), "%s", grid_choice_quality(grid, &stretch));
		snprintf(terms->pue_source, sizeof(terms->pue_source), "%s",
			pue_source_name(question.pue.source));
	}
	json_object_put(nothing);
}
