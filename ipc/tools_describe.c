/* What is derived from the table: JSON schemas for MCP and OpenAPI, and docs/tools.md. */
#include <stdlib.h>
#include <string.h>

#include "ipc/tools.h"

static void add(struct json_object *object, const char *key, struct json_object *value)
{
	json_object_object_add(object, key, value);
}

static void add_text(struct json_object *object, const char *key, const char *text)
{
	add(object, key, json_object_new_string(text));
}

static bool is_korean(const char *lang)
{
	return strncmp(lang, "ko", 2) == 0;
}

/* A number of the table, as written there: "1.45" must not become 1.4499999. */
static struct json_object *number_from_text(const char *text)
{
	char *end;
	long long integer = strtoll(text, &end, 10);

	return *end == '\0' ? json_object_new_int64(integer)
			    : json_object_new_double_s(strtod(text, NULL), text);
}

static bool is_list(const struct tool_argument *argument)
{
	return strcmp(argument->type, "strings") == 0;
}

/* Of numbers: how long a text may be helps no model to write it, is paid for in every context, and is said when it is too long. */
static void add_limits(struct json_object *schema, const struct tool_argument *argument)
{
	if (strcmp(argument->type, "number") != 0 && strcmp(argument->type, "integer") != 0)
		return;
	if (argument->min[0] != '\0')
		add(schema, "minimum", number_from_text(argument->min));
	if (argument->max[0] != '\0')
		add(schema, "maximum", number_from_text(argument->max));
}

/* "a|b" -> ["a","b"] */
static struct json_object *split(const char *text, char separator)
{
	const char separators[] = { separator, '\0' };
	struct json_object *list = json_object_new_array();

	while (*text != '\0') {
		size_t length = strcspn(text, separators);
		json_object_array_add(list, json_object_new_string_len(text, (int)length));
		text += length;
		text += *text == separator;
	}
	return list;
}

static void add_choices(struct json_object *schema, const char *choices)
{
	if (choices[0] != '\0')
		add(schema, "enum", split(choices, '|'));
}

static void add_default(struct json_object *schema, const struct tool_argument *argument)
{
	if (argument->default_text[0] == '\0')
		return;
	if (strcmp(argument->type, "string") == 0)
		add_text(schema, "default", argument->default_text);
	else if (is_list(argument))
		add(schema, "default", split(argument->default_text, ','));
	else if (strcmp(argument->type, "boolean") == 0)
		add(schema, "default", json_object_new_boolean(strcmp(argument->default_text, "true") == 0));
	else
		add(schema, "default", number_from_text(argument->default_text));
}

/* Choices of a list are those of its elements. */
static void describe_list(struct json_object *schema, const struct tool_argument *argument)
{
	struct json_object *items = json_object_new_object();

	add_text(schema, "type", "array");
	add_text(items, "type", "string");
	add_choices(items, argument->choices);
	add(schema, "items", items);
}

static struct json_object *argument_schema(const struct tool_argument *argument, const char *lang)
{
	struct json_object *schema = json_object_new_object();

	add_text(schema, "description", is_korean(lang) ? argument->text_ko : argument->text_en);
	add_default(schema, argument);
	if (is_list(argument)) {
		describe_list(schema, argument);
		return schema;
	}
	add_text(schema, "type", argument->type);
	add_choices(schema, argument->choices);
	add_limits(schema, argument);
	return schema;
}

struct json_object *tool_input_schema(const struct tool *tool, const char *lang)
{
	struct json_object *schema = json_object_new_object(), *properties = json_object_new_object();
	struct json_object *required = json_object_new_array();

	for (size_t i = 0; i < tool->argument_count; i++) {
		add(properties, tool->arguments[i].name, argument_schema(&tool->arguments[i], lang));
		if (tool->arguments[i].required)
			json_object_array_add(required, json_object_new_string(tool->arguments[i].name));
	}
	add_text(schema, "type", "object");
	add(schema, "properties", properties);
	if (json_object_array_length(required) > 0)
		add(schema, "required", required);
	else
		json_object_put(required);
	add(schema, "additionalProperties", json_object_new_boolean(0));
	return schema;
}

static struct json_object *result_schema(const struct tool_result *result)
{
	struct json_object *schema = json_object_new_object(), *items;
	bool is_array = strcmp(result->type, "strings") == 0 || strcmp(result->type, "objects") == 0;

	add_text(schema, "type", is_array ? "array" : result->type);
	if (is_array) {
		items = json_object_new_object();
		add_text(items, "type", result->type[0] == 's' ? "string" : "object");
		add(schema, "items", items);
	}
	add_text(schema, "description", result->text_en);
	return schema;
}

struct json_object *tool_output_schema(const struct tool *tool, const char *lang)
{
	struct json_object *schema = json_object_new_object(), *properties = json_object_new_object();
	struct json_object *required = json_object_new_array();

	(void)lang; /* field texts are for programs: English alone */
	for (size_t i = 0; i < tool->result_count; i++) {
		add(properties, tool->results[i].name, result_schema(&tool->results[i]));
		if (tool->results[i].always)
			json_object_array_add(required, json_object_new_string(tool->results[i].name));
	}
	add_text(schema, "type", "object");
	add(schema, "properties", properties);
	add(schema, "required", required);
	return schema;
}

struct json_object *tool_describe(const struct tool *tool, const char *lang)
{
	struct json_object *description = json_object_new_object(), *hints = json_object_new_object();

	add_text(description, "name", tool->name);
	add_text(description, "title", is_korean(lang) ? tool->title_ko : tool->title_en);
	add_text(description, "description", is_korean(lang) ? tool->text_ko : tool->text_en);
	add(description, "inputSchema", tool_input_schema(tool, lang));
	add(description, "outputSchema", tool_output_schema(tool, lang));
	/* The protocol gives destructiveHint and idempotentHint a meaning only for tools that change something. */
	add(hints, "readOnlyHint", json_object_new_boolean(1));
	add(hints, "openWorldHint", json_object_new_boolean(0));
	add(description, "annotations", hints);
	return description;
}

static void describe_range(FILE *out, const struct tool_argument *argument)
{
	if (argument->choices[0] != '\0') {
		for (const char *c = argument->choices; *c != '\0'; c++)
			*c == '|' ? (void)fputs(" / ", out) : (void)fputc(*c, out);
		return;
	}
	if (argument->min[0] != '\0' || argument->max[0] != '\0')
		fprintf(out, "%s … %s%s", argument->min, argument->max,
			strcmp(argument->type, "string") == 0 ? " bytes" : "");
}

static void describe_tool(FILE *out, const struct tool *tool)
{
	fprintf(out, "\n## %s\n\n%s · %s\n\n%s\n\n%s\n", tool->name, tool->title_en, tool->title_ko,
		tool->text_en, tool->text_ko);
	fprintf(out, "\n| argument | type | default | range | meaning |\n|---|---|---|---|---|\n");
	for (size_t i = 0; i < tool->argument_count; i++) {
		const struct tool_argument *a = &tool->arguments[i];
		fprintf(out, "| `%s`%s | %s | %s | ", a->name, a->required ? " (required)" : "", a->type,
			a->default_text);
		describe_range(out, a);
		fprintf(out, " | %s |\n", a->text_en);
	}
	fprintf(out, "\n| field | type | present | meaning |\n|---|---|---|---|\n");
	for (size_t i = 0; i < tool->result_count; i++) {
		const struct tool_result *r = &tool->results[i];
		fprintf(out, "| `%s` | %s | %s | %s |\n", r->name, r->type,
			r->always ? "always" : "where known", r->text_en);
	}
}

static void describe_codes(FILE *out)
{
	fprintf(out, "\n## Error codes\n\n| code | HTTP | meaning |\n|---|---|---|\n");
	for (int i = 0; i < ERROR_CODE_COUNT; i++)
		fprintf(out, "| `%s` | %d | %s |\n", error_name((enum error_code)i),
			error_status((enum error_code)i), error_text((enum error_code)i, "en"));
	fprintf(out, "\n## Reason codes\n\n| code | meaning |\n|---|---|\n");
	for (int i = 0; i < REASON_CODE_COUNT; i++)
		fprintf(out, "| `%s` | %s |\n", reason_name((enum reason_code)i),
			reason_text((enum reason_code)i, "en"));
}

void tools_describe_markdown(FILE *out)
{
	fprintf(out,
		"# Tools\n\nDerived from ipc/tools.def and ipc/reasons.def by the target `tools_doc`; do not "
		"edit.\n"
		"Every tool is asked by `POST /tools/<name>` with a JSON object of arguments, by MCP "
		"`tools/call`, or by\n"
		"its verb of the command line. A field that is not known is left out; there is no null.\n");
	for (size_t i = 0; i < tool_count; i++)
		describe_tool(out, &tools[i]);
	fprintf(out, "\n# Views\n\nRows of numbers for pictures, derived from ipc/views.def: asked by `POST "
		     "/views/<name>`, and no MCP tools.\n");
	for (size_t i = 0; i < view_count; i++)
		describe_tool(out, &views[i]);
	describe_codes(out);
}
