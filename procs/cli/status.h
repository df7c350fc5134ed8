/* The words of a judgement, the same wherever one is shown. */
#pragma once

#include <stdbool.h>

#define STATUS_WORDS_MAX 64

/* Is it one that the uncertainty may turn over? `confidence` as the answers write it; UNKNOWN and NOT_ASSESSED never are. */
bool status_is_borderline(const char *status, const char *confidence);
/* "NON-COMPLIANT (borderline)" where it is. Returns `text`. */
const char *status_words(
	const char *status, const char *confidence, bool is_korean, char text[static STATUS_WORDS_MAX]);
