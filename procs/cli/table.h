/* Members of an answer, and columns of them for people. */
#pragma once

#include <json-c/json.h>
#include <stdbool.h>
#include <stdio.h>

#include "ipc/reasons.h"

/* NULL where absent, or `object` is none. */
struct json_object *member_of(struct json_object *object, const char *key);
/* "" where absent or no string. */
const char *text_of_member(struct json_object *object, const char *key);
/* Element of an array member; NULL beyond its end, or where there is none. */
struct json_object *element_of(struct json_object *object, const char *key, size_t index);

/* Is that code among the object's reason_codes? */
bool has_reason(struct json_object *object, enum reason_code reason);
/* A row of a list whose energy of the window is told, but no power of now. */
bool row_has_ended(struct json_object *row);

/* To stdout. Text without control characters, padded to `columns` of a terminal. */
void put_text(const char *text, int columns);
/* A blank and the number, right-aligned; "-" where value is NULL. */
void put_number(struct json_object *value, int width, int digits);
/* "기준 초과" or "NON-COMPLIANT (borderline)", padded, of members of these names. */
void put_status(
	struct json_object *object, const char *status, const char *confidence, bool is_korean, int columns);
/* What shaped or limits an answer: a line a code, in the table's order. */
void put_reasons(FILE *out, struct json_object *root, const char *indent, bool is_korean);
/* " ±2.40 (k = 2)", of what is never below 0; " (0 to 4.40, k = 2)" where it would be. */
void put_interval(FILE *out, double value, double uncertainty, bool is_korean);
/* On what the watts of the answer rest, and their error: one line. */
void put_power_note(struct json_object *root, bool is_korean);
/* "namespace/workload"; a name that is a path of a cgroup has the slash itself. */
void put_workload(struct json_object *row);
/* A blank line, and the answer's words on a line of their own. */
void put_words(struct json_object *root, const char *key);
