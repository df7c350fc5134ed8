/* completion/complete: arguments of prompts and variables of resource templates, from what the analyst knows */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "frontend/mcp/mcp.h"
#include "frontend/mcp/prompts.h"
#include "frontend/mcp/uri.h"
#include "ipc/tools.h"

#define VALUES_MAX 100 /* as the protocol allows */

static void write_completion(struct mcp_call *call, struct json_object *values, int64_t total)
{
	struct json_writer *writer = mcp_open_result(call);
	size_t count = values != NULL ? json_object_array_length(values) : 0;

	json_open_object(writer, "completion");
	json_open_array(writer, "values");
	for (size_t i = 0; i < count && i < VALUES_MAX; i++)
		json_write_text(writer, NULL, json_object_get_string(json_object_array_get_idx(values, i)));
	json_close_array(writer);
	json_write_integer(writer, "total", total);
	json_write_boolean(writer, "hasMore", total > (int64_t)count);
	json_close_object(writer);
	mcp_close_result(call);
}

/* Where the analyst has no answer there is nothing to suggest. */
static void answer_names(struct mcp_call *call, int code, const char *body, size_t size)
{
	size_t offset;
	struct json_object *root = code == 200 ? json_parse_strict(body, size, &offset) : NULL;
	struct json_object *total = object_member(root, "total", json_type_int);

	write_completion(call, object_member(root, "values", json_type_array),
		total != NULL ? json_object_get_int64(total) : 0);
	json_object_put(root);
}

/* What completes it: a kind of the view `names`, "" = nothing; NULL = no such reference. */
static const char *kind_of(struct json_object *ref, const char *argument)
{
	const char *type = text_member(ref, "type"), *name = text_member(ref, "name"),
		   *uri = text_member(ref, "uri");

	if (type != NULL && strcmp(type, "ref/prompt") == 0 && name != NULL) {
		const struct prompt *prompt = prompt_find(name);
		for (size_t i = 0; prompt != NULL && i < prompt->argument_count; i++)
			if (strcmp(prompt->arguments[i].name, argument) == 0)
				return prompt->arguments[i].completes;
		return NULL;
	}
	if (type == NULL || strcmp(type, "ref/resource") != 0 || uri == NULL)
		return NULL;
	for (size_t i = 0; i < uri_kind_count; i++) {
		if (strcmp(uri_kinds[i].template, uri) != 0)
			continue;
		if (strcmp(argument, "namespace") == 0)
			return strcmp(uri_kinds[i].names, "workload") == 0 ? "namespace" : NULL;
		char variable[64];
		snprintf(variable, sizeof(variable), "{%.60s}", argument);
		return strstr(uri, variable) != NULL ? uri_kinds[i].names : NULL;
	}
	return NULL;
}

static struct json_object *question(const char *kind, const char *prefix, const char *namespace)
{
	struct json_object *arguments = json_object_new_object();

	json_object_object_add(arguments, "kind", json_object_new_string(kind));
	if (prefix[0] != '\0')
		json_object_object_add(arguments, "prefix", json_object_new_string(prefix));
	if (strcmp(kind, "workload") == 0 && namespace != NULL)
		json_object_object_add(arguments, "namespace", json_object_new_string(namespace));
	return arguments;
}

static void ask_names(struct mcp_call *call, const char *kind, const char *prefix, const char *namespace)
{
	struct json_object *arguments = question(kind, prefix, namespace), *checked = NULL;
	const struct tool *view = view_find("names", strlen("names"));
	struct error_object error;

	if (tool_check_arguments(view, arguments, call->lang, &checked, &error) < 0)
		write_completion(call, NULL, 0);
	else
		mcp_ask(call, "names",
			json_object_to_json_string_ext(
				checked, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE),
			answer_names);
	json_object_put(arguments);
	json_object_put(checked);
}

void mcp_complete(struct mcp_call *call)
{
	struct json_object *params = call->message.params;
	struct json_object *argument = object_member(params, "argument", json_type_object);
	struct json_object *given = object_member(
		object_member(params, "context", json_type_object), "arguments", json_type_object);
	const char *name = text_member(argument, "name"), *value = text_member(argument, "value");
	const char *kind =
		name != NULL ? kind_of(object_member(params, "ref", json_type_object), name) : NULL;

	if (kind == NULL || value == NULL)
		mcp_fail(call, 200, RPC_INVALID_PARAMS,
			"ref must be a prompt or a resource template of this server, and argument one of its "
			"own",
			NULL);
	else if (kind[0] == '\0')
		write_completion(call, NULL, 0);
	else
		ask_names(call, kind, value, text_member(given, "namespace"));
}
