#include "cli/status.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

/* 기준 충족, not 적합: no law is kept or broken by a benchmark. */
static const struct {
	const char *status, *label[2];
	bool is_judged;
} labels[] = { { "UNKNOWN", { "UNKNOWN", "판단 보류" }, false },
	{ "COMPLIANT", { "COMPLIANT", "기준 충족" }, true },
	{ "NON_COMPLIANT", { "NON-COMPLIANT", "기준 초과" }, true },
	{ "NOT_ASSESSED", { "NOT ASSESSED", "평가 제외" }, false } };

static size_t find(const char *status)
{
	for (size_t i = 0; i < ARRAY_SIZE(labels); i++)
		if (strcmp(labels[i].status, status) == 0)
			return i;
	return 0;
}

/* "NON-COMPLIANT", "기준 초과"; what is no status is UNKNOWN. */
static const char *status_label(const char *status, bool is_korean)
{
	return labels[find(status)].label[is_korean];
}

bool status_is_borderline(const char *status, const char *confidence)
{
	return labels[find(status)].is_judged && strcmp(confidence, "borderline") == 0;
}

const char *status_words(
	const char *status, const char *confidence, bool is_korean, char text[static STATUS_WORDS_MAX])
{
	const char *edge = is_korean ? " (경계값)" : " (borderline)";

	snprintf(text, STATUS_WORDS_MAX, "%s%s", status_label(status, is_korean),
		status_is_borderline(status, confidence) ? edge : "");
	return text;
}
