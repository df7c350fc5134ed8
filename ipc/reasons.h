/*
 * Codes and their texts (reasons.def), and the error object every failing answer is:
 * {"error":{"code","message","hint","field"?,"candidates"?,"retry_after_s"?}} (docs/api.md).
 */
#pragma once

#include <stddef.h>

#define ERROR_CANDIDATES_MAX 5

enum error_code {
#define ERROR(code, ...) ERROR_##code,
#include "ipc/reasons.def"
	ERROR_CODE_COUNT
};

enum reason_code {
#define REASON(code, ...) REASON_##code,
#include "ipc/reasons.def"
	REASON_CODE_COUNT
};

struct error_object {
	enum error_code code;
	char value[256];   /* what was asked for, "" = nothing to name; the message begins with it */
	char message[512]; /* "" = the table's text */
	char hint[512];
	char field[128];
	char candidates[ERROR_CANDIDATES_MAX][640]; /* "namespace/name (kind)", whole */
	size_t candidate_count;
	int retry_after_s; /* 0 = absent */
};

const char *error_name(enum error_code code);
int error_status(enum error_code code);
const char *error_text(enum error_code code, const char *lang);
const char *reason_name(enum reason_code code);
const char *reason_text(enum reason_code code, const char *lang);
const char *reason_label(enum reason_code code, const char *lang); /* two or three words */

/* The object as compact JSON (UTF-8, no \u escapes), malloc'ed, owned by the caller; NULL when out of memory. */
char *error_json(const struct error_object *error, const char *lang, size_t *ret_size);
