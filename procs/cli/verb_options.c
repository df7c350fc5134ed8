#include <string.h>

#include "cli/client/question.h"
#include "cli/verbs.h"

const struct verb *verb_find(const char *name)
{
	for (const struct verb *verb = verbs; verb->name != NULL; verb++)
		if (strcmp(verb->name, name) == 0)
			return verb;
	return NULL;
}

bool verb_takes(const struct verb *verb, const char *argument)
{
	size_t size = strlen(argument);

	for (const char *at = verb->without; at != NULL && *at != '\0'; at += strspn(at, " ")) {
		if (strcspn(at, " ") == size && memcmp(at, argument, size) == 0)
			return false;
		at += strcspn(at, " ");
	}
	return true;
}

const struct tool *verb_tool(const struct verb *verb)
{
	if (verb->tool == NULL)
		return NULL;
	const struct tool *tool = tool_find(verb->tool, strlen(verb->tool));
	return tool != NULL ? tool : view_find(verb->tool, strlen(verb->tool));
}

static size_t add(const struct option *options, struct verb_option *list, size_t count)
{
	for (; options != NULL && options->name != NULL && count < VERB_OPTIONS_MAX; options++) {
		snprintf(list[count].name, sizeof(list[count].name), "%s", options->name);
		list[count++].has_value = options->has_arg != no_argument;
	}
	return count;
}

size_t verb_options(const struct verb *verb, struct verb_option ret_list[static VERB_OPTIONS_MAX])
{
	const struct tool *tool = verb_tool(verb);
	size_t count = add(verb->options, ret_list, 0);

	for (size_t i = 0; tool != NULL && i < tool->argument_count && count < VERB_OPTIONS_MAX; i++) {
		if (!verb_takes(verb, tool->arguments[i].name))
			continue;
		question_option_name(&tool->arguments[i], ret_list[count].name);
		ret_list[count++].has_value = strcmp(tool->arguments[i].type, "boolean") != 0;
	}
	return add(tool != NULL ? question_options : NULL, ret_list, count);
}
