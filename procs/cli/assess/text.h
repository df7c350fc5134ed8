/* The conversational form of an assessment, in English or Korean. Works on the JSON answer alone; what the answer does
 * not say is not printed. */
#pragma once

#include <json-c/json.h>
#include <stdbool.h>
#include <stdio.h>

struct assess_style {
	const char *lang; /* "en" or "ko" */
	bool has_colour;
};

/* Prose rounds: watts and percent to one decimal, kg to two, KRW to whole numbers. */
void assess_print(FILE *out, struct json_object *answer, const struct assess_style *style);
