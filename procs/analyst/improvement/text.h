/* The words of improvements, English and Korean. Private to this folder and answers/compare.c. */
#pragma once

#include "analyst/answers/question.h"

enum improvement_words {
	WORDS_SHIFT,
	WORDS_SHIFT_EVIDENCE,
	WORDS_SHIFT_EVIDENCE_PART,
	WORDS_ONCE,
	WORDS_NO_START,
	WORDS_SIZE,
	WORDS_SIZE_ONE,
	WORDS_SIZE_CONTAINERS,
	WORDS_SIZE_NO_CONTAINER,
	WORDS_SIZE_EVIDENCE,
	WORDS_MOVE,
	WORDS_MOVE_GRID,
	WORDS_MOVE_YOURS,
	WORDS_MOVE_EVIDENCE,
	WORDS_MOVE_GRID_EVIDENCE,
	WORDS_MOVE_KINDS,
	WORDS_PUE_EVIDENCE,
	WORDS_PUE_WORSE,
	WORDS_PUE_ASSUMED,
	WORDS_NOTHING,
	WORDS_USED_UP,
	WORDS_TOGETHER,
	WORDS_CARBON_AFTER,
	WORDS_BORDERLINE,
	WORDS_SERVICE_AFTER,
	WORDS_ATTRIBUTED,
	WORDS_MONEY,
	WORDS_DEARER,
	WORDS_PAYBACK,
	WORDS_NO_PAYBACK,
	WORDS_SKIPPED,
	WORDS_UNTRIED,
	WORDS_COUNT
};

/* Appends the words, with their arguments in the order of the English text. */
void improvement_say(
	const struct question *question, char *text, size_t size, enum improvement_words words, ...);
