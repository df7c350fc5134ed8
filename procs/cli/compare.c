/* `tanso compare`: what changing the hour, the request, the region or the PUE would bring. */
#include <stdio.h>

#include "cli/language.h"
#include "cli/question.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/verbs.h"

static void print_pair(struct json_object *root, const char *name, const char *before, const char *after,
	int digits, const char *unit)
{
	if (member_of(root, before) == NULL)
		return;
	put_text(name, 24);
	put_number(member_of(root, before), 12, digits);
	put_number(member_of(root, after), 12, digits);
	printf(" %s\n", unit);
}

static void print_statuses(struct json_object *root, bool is_korean)
{
	put_text(is_korean ? "판정" : "status", 25);
	put_status(text_of_member(root, "current_status"), is_korean, 16);
	fputs(" → ", stdout);
	put_status(text_of_member(root, "optimized_status"), is_korean, 0);
	putchar('\n');
	if (member_of(root, "service_intensity_after") == NULL)
		return;
	put_text(is_korean ? "절감분을 반영하면" : "counting what is saved", 25);
	put_number(member_of(root, "service_intensity_after"), 7, 1);
	fputs(is_korean ? " g/kWh, 탄소: " : " g/kWh, carbon: ", stdout);
	put_status(text_of_member(root, "service_status_after"), is_korean, 0);
	putchar('\n');
}

static void print_step(struct json_object *step, size_t rank, bool is_korean)
{
	bool is_applied = json_object_get_boolean(member_of(step, "applied"));

	printf("\n%zu. ", rank);
	put_text(text_of_member(step, "type"), 0);
	fputs(": ", stdout);
	put_text(text_of_member(step, "description"), 0);
	if (!is_applied) {
		printf(" [%s]\n", text_of_member(step, "reason_code"));
		return;
	}
	printf("\n   -%.1f %%", json_object_get_double(member_of(step, "estimated_reduction_percent")));
	if (member_of(step, "realizable_saving_percent") != NULL)
		printf(is_korean ? " (배분 기준, 실제 %.1f %%)" : " (as attributed; %.1f %% goes in fact)",
			json_object_get_double(member_of(step, "realizable_saving_percent")));
	if (member_of(step, "estimated_kg_month") != NULL)
		printf(is_korean ? ", 월 %.2f kg" : ", %.2f kg/month",
			json_object_get_double(member_of(step, "estimated_kg_month")));
	if (member_of(step, "estimated_krw_month") != NULL)
		printf(is_korean ? ", 월 %.0f원" : ", %.0f KRW/month",
			json_object_get_double(member_of(step, "estimated_krw_month")));
	if (member_of(step, "realizable_krw_month") != NULL)
		printf(is_korean ? " (실제 %.0f원)" : " (%.0f in fact)",
			json_object_get_double(member_of(step, "realizable_krw_month")));
	printf(is_korean ? " (난이도 %s, 신뢰도 %s)\n   " : " (complexity %s, confidence %s)\n   ",
		code_word(text_of_member(step, "implementation_complexity"), is_korean),
		code_word(text_of_member(step, "confidence"), is_korean));
	put_text(text_of_member(step, "evidence"), 0);
	putchar('\n');
	if (member_of(step, "action") == NULL)
		return;
	fputs("   $ ", stdout);
	put_text(text_of_member(step, "action"), 0);
	putchar('\n');
}

static void print_compare(struct json_object *root, bool is_korean)
{
	struct json_object *step;

	print_pair(root, is_korean ? "실행 중 평균 전력" : "power while present", "mean_power_watts",
		"optimized_power_watts", 2, "W");
	print_pair(root, is_korean ? "탄소집약도" : "carbon intensity", "current_intensity",
		"intensity_after", 1, "gCO2/kWh");
	print_pair(root, is_korean ? "월간 배출량" : "emissions", "current_monthly_emissions_kg",
		"optimized_monthly_emissions_kg", 2, is_korean ? "kg/월" : "kg/month");
	print_statuses(root, is_korean);
	for (size_t i = 0; (step = element_of(root, "steps", i)) != NULL; i++)
		print_step(step, i + 1, is_korean);
	put_words(root, "recommendation");
}

int verb_compare(int argc, char **argv)
{
	return question_run(
		"compare", "compare_optimization_impact", "workload_name", NULL, print_compare, argc, argv);
}
