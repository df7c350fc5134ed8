#include "tests/unit/unit.h"

#include "base/cleanup.h"
#include "cli/client/hint.h"
#include "cli/table.h"

static char *told(const char *tool, const char *positional, const char *field, const char *text)
{
	const struct question question = { .tool = tool_find(tool, strlen(tool)), .positional = positional };
	char *memory = NULL;
	size_t size;
	FILE *out = open_memstream(&memory, &size);

	hint_put(out, &question, field, text);
	fclose(out);
	return memory;
}

static void a_refusal_names_what_is_typed(void **state)
{
	static const struct {
		const char *positional, *field, *text, *told;
	} cases[] = {
		{ "workload_name", "allowed_window",
			"allowed_window must be HH:MM-HH:MM, such as 22:00-06:00.",
			"--allowed-window must be HH:MM-HH:MM, such as 22:00-06:00." },
		{ "workload_name", "workload_name",
			"Give workload_name, or power_watts, such as power_watts 500.",
			"Give NAME, or --power-watts, such as --power-watts 500." },
		{ NULL, "workload_name", "workload_name 값이 비어 있습니다.",
			"--workload-name 값이 비어 있습니다." },
		{ NULL, "window", "window must be an ISO 8601 duration.",
			"--window must be an ISO 8601 duration." },
		/* but not in the middle of a sentence */
		{ NULL, "tariff", "There is no such tariff class in the data files.",
			"There is no such tariff class in the data files." },
		{ NULL, "", "Ask calculate_optimal_schedule.", "Ask tanso schedule." },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *text = told(
			"calculate_optimal_schedule", cases[i].positional, cases[i].field, cases[i].text);
		assert_string_equal(text, cases[i].told);
		free(text);
	}
}

/* A workload may be called power_watts. */
static void prose_names_options_in_backquotes_alone(void **state)
{
	static const char tool[] = "calculate_optimal_schedule",
			  answer[] = "{\"recommendation\":\"power_watts: ask with `objective cost`; write "
				     "`pue = 1.45`, or give `pue`.\",\"other\":\"`pue`\"}";
	const struct question question = { .tool = tool_find(tool, strlen(tool)) };
	size_t offset;
	struct json_object *root = json_parse_strict(answer, strlen(answer), &offset);

	(void)state;
	hint_rewrite(&question, root);
	assert_string_equal(text_of_member(root, "recommendation"),
		"power_watts: ask with `--objective cost`; write `pue = 1.45`, or give `--pue`.");
	assert_string_equal(text_of_member(root, "other"), "`pue`");
	json_object_put(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_refusal_names_what_is_typed),
		cmocka_unit_test(prose_names_options_in_backquotes_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
