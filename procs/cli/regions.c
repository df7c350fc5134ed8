/* `tanso regions`: how clean other cloud regions are beside this one. */
#include <stdio.h>
#include <string.h>

#include "cli/client/question.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/verbs.h"

static void print_column(struct json_object *value, int width, const char *format)
{
	char text[32] = "-";

	if (value != NULL)
		snprintf(text, sizeof(text), format, json_object_get_double(value));
	printf(" %*s", width, text);
}

static bool is_pue_assumed(struct json_object *place)
{
	return strcmp(text_of_member(place, "pue_source"), "assumed") == 0;
}

static void print_place(struct json_object *place, bool is_korean)
{
	const char *code = json_object_get_string(member_of(place, "region"));
	const char *name = json_object_get_string(member_of(place, "region_name"));

	putchar(json_object_get_boolean(member_of(place, "is_current")) ? '*' : ' ');
	terminal_pad(stdout, code != NULL ? code : "", 18);
	terminal_pad(stdout, name != NULL ? name : "", 22);
	print_column(member_of(place, "carbon_intensity_gCO2eq_kWh"), 8, "%.0f");
	print_column(member_of(place, "marginal_intensity_gCO2eq_kWh"), 13, "%.0f");
	print_column(member_of(place, "pue"), 6, "%.2f");
	terminal_pad(stdout, is_pue_assumed(place) ? (is_korean ? "(가정)" : "(assumed)") : "", 9);
	print_column(member_of(place, "reduction_grid_percent"), 12, "%.1f");
	print_column(member_of(place, "reduction_with_pue_percent"), 10, "%.1f");
	print_column(member_of(place, "emissions_kg_month"), 10, "%.2f");
	putchar('\n');
}

static void print_skipped(struct json_object *root, bool is_korean)
{
	struct json_object *code;

	for (size_t i = 0; (code = element_of(root, "skipped", i)) != NULL; i++) {
		fputs(i > 0         ? ", "
			: is_korean ? "tanso regions: 데이터 파일에 없는 리전: "
				    : "tanso regions: not in the data files: ",
			stderr);
		terminal_put(stderr, json_object_get_string(code));
	}
	if (element_of(root, "skipped", 0) != NULL)
		fputc('\n', stderr);
}

static void print_regions(struct json_object *root, bool is_korean)
{
	struct json_object *list = member_of(root, "comparisons");
	const char *words = json_object_get_string(member_of(root, "migration_recommendation"));
	bool is_assumed = false;

	putchar(' ');
	terminal_pad(stdout, is_korean ? "리전" : "region", 40);
	printf(" %8s ", "g/kWh");
	terminal_pad_left(stdout, is_korean ? "한계 배출계수" : "marginal", 13);
	printf(" %6s%9s ", "PUE", "");
	terminal_pad_left(stdout, is_korean ? "전력망 절감%" : "grid saves %", 12);
	putchar(' ');
	terminal_pad_left(stdout, is_korean ? "PUE 반영%" : "with PUE %", 10);
	putchar(' ');
	terminal_pad_left(stdout, is_korean ? "kg/월" : "kg/month", 10);
	putchar('\n');
	for (size_t i = 0; list != NULL && i < json_object_array_length(list); i++) {
		print_place(json_object_array_get_idx(list, i), is_korean);
		is_assumed = is_assumed || is_pue_assumed(json_object_array_get_idx(list, i));
	}
	if (is_assumed)
		puts(is_korean ? "kg/월에는 가정한 PUE도 들어 있습니다. PUE를 반영한 절감률은 두 곳의 "
				 "PUE를 모두 알 때만 "
				 "표시합니다."
			       : "kg/month counts an assumed PUE too; a saving with PUE is stated only where "
				 "both PUEs are "
				 "known.");
	putchar('\n');
	terminal_put(stdout, words != NULL ? words : "");
	putchar('\n');
	fflush(stdout); /* the table comes first on a terminal and in a file of both */
	print_skipped(root, is_korean);
}

int verb_regions(int argc, char **argv)
{
	return question_run(
		"regions", "get_regional_comparison", "workload_name", NULL, print_regions, argc, argv);
}
