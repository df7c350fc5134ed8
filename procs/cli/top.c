/* `tanso top`: who draws most, once. */
#include <stdio.h>

#include "cli/question.h"
#include "cli/terminal.h"
#include "cli/verbs.h"

static struct json_object *at(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	json_object_object_get_ex(object, key, &value);
	return value;
}

static void print_watts(struct json_object *value)
{
	if (value != NULL)
		printf("%10.2f W  ", json_object_get_double(value));
	else
		printf("%10s    ", "?");
}

static void print_rest(struct json_object *root, const char *key, const char *name)
{
	if (at(root, key) == NULL)
		return;
	print_watts(at(root, key));
	puts(name);
}

static void print_list(struct json_object *root, bool is_korean)
{
	struct json_object *list = at(root, "consumers");
	size_t count = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;

	for (size_t i = 0; i < count; i++) {
		struct json_object *row = json_object_array_get_idx(list, i);
		const char *space = json_object_get_string(at(row, "namespace"));
		const char *name = json_object_get_string(at(row, "workload"));
		print_watts(at(row, "power_watts"));
		terminal_put(stdout, space != NULL ? space : "");
		putchar('/');
		terminal_put(stdout, name != NULL ? name : "");
		putchar('\n');
	}
	print_rest(root, "other_power_watts", is_korean ? "(기타)" : "(other)");
	print_rest(root, "idle_power_watts", is_korean ? "(유휴)" : "(idle)");
	print_rest(root, "node_power_watts", is_korean ? "노드" : "node");
}

int verb_top(int argc, char **argv)
{
	return question_run("top", "list_top_power_consumers", NULL, "", print_list, argc, argv);
}
