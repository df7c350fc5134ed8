/* `tanso top`: who draws most, once. */
#include <stdio.h>

#include "cli/client/question.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/verbs.h"

static void print_watts(struct json_object *value)
{
	if (value != NULL)
		printf("%10.2f W  ", json_object_get_double(value));
	else
		printf("%10s    ", "?");
}

static void print_rest(struct json_object *root, const char *key, const char *name)
{
	if (member_of(root, key) == NULL)
		return;
	print_watts(member_of(root, key));
	puts(name);
}

/* It would read as 0.00 W. */
static bool draws_nothing(struct json_object *row)
{
	struct json_object *watts = member_of(row, "power_watts");

	return watts != NULL && json_object_get_double(watts) < 0.005;
}

static void print_list(struct json_object *root, bool is_korean)
{
	struct json_object *list = member_of(root, "consumers");
	size_t count = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0,
	       quiet = 0;

	terminal_pad_left(stdout, is_korean ? "전력" : "power", 10);
	printf("    %s\n", is_korean ? "워크로드" : "workload");
	for (size_t i = 0; i < count; i++) {
		struct json_object *row = json_object_array_get_idx(list, i);
		if (draws_nothing(row)) {
			quiet++;
			continue;
		}
		print_watts(member_of(row, "power_watts"));
		put_workload(row);
		putchar('\n');
	}
	if (count == 0)
		puts(is_korean ? "지난 1분 동안 측정된 워크로드가 없습니다. 기간 전체는 `tanso list`로 볼 수 "
				 "있습니다."
			       : "No workload was measured in the last minute; `tanso list` tells of the "
				 "whole "
				 "window.");
	if (quiet > 0)
		printf(is_korean ? "%10s W  (나머지 %zu개)\n" : "%10s W  (%zu more)\n", "< 0.005", quiet);
	print_rest(root, "other_power_watts", is_korean ? "(기타)" : "(other)");
	print_rest(root, "idle_power_watts", is_korean ? "(유휴)" : "(idle)");
	print_rest(root, "node_power_watts", is_korean ? "노드" : "node");
	put_power_note(root, is_korean);
}

int verb_top(int argc, char **argv)
{
	return question_run(
		"top", "list_top_power_consumers", NULL, question_exit_of_many(), print_list, argc, argv);
}
