/*
 * tools.def as data: the tools, their arguments and results, and what is derived from them. Uses json-c (parsing and
 * checking of arguments); answers themselves are written by the analyst.
 */
#pragma once

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "ipc/reasons.h"

#define TOOL_LIST_MAX 32 /* elements of an argument of type strings */

struct tool_argument {
	const char *name, *type;
	bool required;
	const char *default_text, *min, *max, *choices;
	const char *text_en, *text_ko;
};

struct tool_result {
	const char *name, *type;
	bool always;
	const char *text_en;
};

struct tool {
	const char *name, *title_en, *title_ko, *text_en, *text_ko;
	const struct tool_argument *arguments;
	size_t argument_count;
	const struct tool_result *results;
	size_t result_count;
};

extern const struct tool tools[];
extern const size_t tool_count;
/* Questions that are no tools: rows of numbers for pictures (views.def). */
extern const struct tool views[];
extern const size_t view_count;

/* NULL if there is none. */
const struct tool *tool_find(const char *name, size_t size);
const struct tool *view_find(const char *name, size_t size);

/* Parses bytes as one strict JSON value (depth <= 32, valid UTF-8, no trailing bytes, no single quotes, no NaN, no
 * duplicate keys). NULL on failure, with *ret_offset where it failed. The caller puts it. */
struct json_object *json_parse_strict(const char *bytes, size_t size, size_t *ret_offset);

/* Checks an argument object against the table: unknown names (INVALID_ARGUMENT with the nearest name), types with
 * coercion of number strings, ranges, choices; null = absent. Defaults are not filled in. On success *ret_arguments is
 * a new canonical object (keys in table order), owned by the caller. arguments NULL = none given; lang "en" or "ko"
 * is that of the error's texts. 0, or -EINVAL with `error` filled. */
int tool_check_arguments(const struct tool *tool, struct json_object *arguments, const char *lang,
	struct json_object **ret_arguments, struct error_object *error);

/* JSON Schema 2020-12 of arguments and results, lang "en" or "ko". New objects, owned by the caller. */
struct json_object *tool_input_schema(const struct tool *tool, const char *lang);
struct json_object *tool_output_schema(const struct tool *tool, const char *lang);
/* {"name","title","description","inputSchema","outputSchema","annotations"} as MCP tools/list and GET /tools show it. */
struct json_object *tool_describe(const struct tool *tool, const char *lang);

/* docs/tools.md */
void tools_describe_markdown(FILE *out);
