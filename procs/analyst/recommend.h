/* The answer in sentences, English or Korean. Foreign names are quoted where they are not plain. */
#pragma once

#include "analyst/verdict.h"

#define RECOMMENDATION_MAX 4096

void recommend_workload(const struct question *question, const char *name, const struct verdict *verdict,
	double current_watts, char text[static RECOMMENDATION_MAX]);
/* "기준 초과" or "NON-COMPLIANT" */
const char *status_word(enum status status, bool is_korean);
/* One sentence for the PUE improvement. */
void recommend_pue(const struct question *question, char *text, size_t size);
