/* The answer in sentences, English or Korean. Foreign names are quoted where they are not plain. */
#pragma once

#include "analyst/verdict.h"

#define RECOMMENDATION_MAX 4096

void recommend_workload(const struct question *question, const char *name, const struct verdict *verdict,
	double current_watts, char text[static RECOMMENDATION_MAX]);
/* "기준 초과" or "NON-COMPLIANT" */
const char *status_word(enum status status, bool is_korean);
/* advice as the tool's recommendation_code counts: SHIFT, RUN_NOW, NO_BENEFIT, NO_HOURLY_DATA; percent against the mean
 * start. */
void recommend_schedule(const struct question *question, int advice, bool is_by_cost, const char *window,
	double percent, char text[static RECOMMENDATION_MAX]);
/* best NULL = stay. percent: reduction of the grid intensity there. */
void recommend_region(const struct question *question, const char *current, const char *best, double percent,
	bool does_disagree, char text[static RECOMMENDATION_MAX]);
/* One sentence for the PUE improvement. */
void recommend_pue(const struct question *question, char *text, size_t size);
