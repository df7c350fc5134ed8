/* The words of recommendations, English and Korean. Private to recommend.c. An argument stands in backquotes, so that the command
 * line may show its option. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum phrase {
	PHRASE_HEAD,
	PHRASE_CLEAR,
	PHRASE_BORDERLINE,
	PHRASE_BOTH,
	PHRASE_CARBON,
	PHRASE_PUE,
	PHRASE_PUE_AT,
	PHRASE_PUE_ASSUMED,
	PHRASE_POWER,
	PHRASE_AMOUNTS,
	PHRASE_IDLE_APART,
	PHRASE_MODEL,
	PHRASE_UNUSABLE,
	PHRASE_PUE_IMPROVEMENT,
	PHRASE_SHIFT,
	PHRASE_RUN_NOW,
	PHRASE_RUN_FIRST,
	PHRASE_NO_BENEFIT,
	PHRASE_NO_HOURLY_DATA,
	PHRASE_TOO_FEW_HOURS,
	PHRASE_SOME_HOURS,
	PHRASE_SAMPLE,
	PHRASE_CHEAPER,
	PHRASE_OVER,
	PHRASE_PAST,
	PHRASE_ANY_DAY,
	PHRASE_MOVE,
	PHRASE_MOVE_MARGINAL,
	PHRASE_STAY,
	PHRASE_DISAGREE,
	PHRASE_DISAGREE_AVERAGE,
	PHRASE_NO_WORKLOAD,
	PHRASE_NAMESPACE_SILENT,
	PHRASE_NAMESPACE_UNKNOWN,
	PHRASE_LIST,
	PHRASE_LIST_AMOUNTS,
	PHRASE_ONE_AMOUNTS,
	PHRASE_NODE_AMOUNTS,
	PHRASE_WIDENED,
	PHRASE_LIST_INCOMPLETE,
	PHRASE_ENDED,
	PHRASE_LEFT_OUT,
	PHRASE_HOTSPOTS,
	PHRASE_NO_HOTSPOTS,
	PHRASE_HOTSPOT_SAVING,
	PHRASE_COUNT
};

struct prose {
	char *text;
	size_t size, room;
	bool is_korean;
};

const char *phrase_text(enum phrase phrase, bool is_korean);
/* Appends the phrase, with its arguments in the order of the English text. */
void prose_say(struct prose *prose, enum phrase phrase, ...);
