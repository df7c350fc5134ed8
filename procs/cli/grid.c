/* `tanso grid`: the grid's carbon intensity now and in the next 24 hours, and where it comes from. */
#include <stdio.h>
#include <string.h>

#include "cli/language.h"
#include "cli/client/question.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/verbs.h"

/* "2026-11-24T11:00:00+09:00" -> "11-24 11:00" */
static void print_time(const char *text)
{
	if (strlen(text) >= 16)
		printf("%.5s %.5s", text + 5, text + 11);
}

/* More than the times alone. */
static bool has_hours(struct json_object *root)
{
	struct json_object *hour;

	for (size_t i = 0; (hour = element_of(root, "hours", i)) != NULL; i++)
		if (member_of(hour, "intensity_gCO2eq_kWh") != NULL || member_of(hour, "krw_per_kWh") != NULL)
			return true;
	return false;
}

static void print_hours(struct json_object *root, bool is_korean)
{
	struct json_object *hour;

	putchar('\n');
	terminal_pad(stdout, is_korean ? "시각 (KST)" : "hour (KST)", 12);
	terminal_pad_left(stdout, "g/kWh", 8);
	terminal_pad_left(stdout, code_word("KRW/kWh", is_korean), 10);
	putchar('\n');
	for (size_t i = 0; (hour = element_of(root, "hours", i)) != NULL; i++) {
		print_time(text_of_member(hour, "start"));
		putchar(' ');
		put_number(member_of(hour, "intensity_gCO2eq_kWh"), 7, 1);
		put_number(member_of(hour, "krw_per_kWh"), 9, 1);
		if (member_of(hour, "quality") != NULL)
			printf("  %s", code_word(text_of_member(hour, "quality"), is_korean));
		putchar('\n');
	}
}

static void print_provider(struct json_object *provider, bool is_korean)
{
	const char *failure = text_of_member(provider, "failure");

	put_text(text_of_member(provider, "name"), 18);
	put_text(code_word(text_of_member(provider, "state"), is_korean), 8);
	put_text(code_word(text_of_member(provider, "signal"), is_korean), 10);
	put_number(member_of(provider, "intensity_gCO2eq_kWh"), 7, 1);
	fputs("  ", stdout);
	print_time(text_of_member(provider, "retrieved_at"));
	if (json_object_get_boolean(member_of(provider, "is_experimental")))
		fputs(is_korean ? "  실험적" : "  experimental", stdout);
	if (failure[0] != '\0') {
		fputs("  ", stdout);
		terminal_put(stdout, failure);
	}
	putchar('\n');
}

static void print_grid(struct json_object *root, bool is_korean)
{
	struct json_object *grid = member_of(member_of(root, "provenance"), "grid"), *provider;

	printf("%.1f gCO2eq/kWh · %s · ", json_object_get_double(member_of(root, "intensity_gCO2eq_kWh")),
		code_word(text_of_member(root, "quality"), is_korean));
	terminal_put(stdout, text_of_member(grid, "source"));
	printf(" (%s, %s)\n", text_of_member(grid, "vintage"),
		code_word(text_of_member(grid, "factor"), is_korean));
	if (member_of(root, "demand_MW") != NULL)
		printf(is_korean ? "수요 %.0f MW, 공급 예비율 %.1f %%\n"
				 : "demand %.0f MW, reserve %.1f %%\n",
			json_object_get_double(member_of(root, "demand_MW")),
			json_object_get_double(member_of(root, "reserve_percent")));
	if (has_hours(root))
		print_hours(root, is_korean);
	else
		puts(is_korean ? "\n시간별 데이터가 없습니다. tanso.conf의 grid_file이나 grid_providers로 "
				 "설정합니다"
			       : "\nThere is no hourly data: set grid_file or grid_providers in tanso.conf");
	if (element_of(root, "providers", 0) == NULL) {
		puts(is_korean ? "\n설정된 제공자가 없습니다: tanso.conf의 grid_providers"
			       : "\nNo provider is configured: grid_providers in tanso.conf");
		return;
	}
	putchar('\n');
	for (size_t i = 0; (provider = element_of(root, "providers", i)) != NULL; i++)
		print_provider(provider, is_korean);
}

int verb_grid(int argc, char **argv)
{
	return question_run("grid", "grid_data", NULL, NULL, print_grid, argc, argv);
}
