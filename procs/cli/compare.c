/* `tanso compare`: what changing the hour, the request, the region or the PUE would bring. */
#include <stdio.h>

#include "base/cleanup.h"
#include "cli/language.h"
#include "cli/client/question.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "korea/mass.h"

static void print_pair(struct json_object *root, const char *name, const char *before, const char *after,
	double scale, int digits, const char *unit)
{
	const char *const keys[] = { before, after };

	put_text(name, 24);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (member_of(root, keys[i]) != NULL)
			printf(" %12.*f", digits,
				rounded(json_object_get_double(member_of(root, keys[i])) * scale, digits));
		else
			printf(" %12s", "-");
	printf(" %s", unit);
}

/* Of today's value and of that afterwards. */
static void put_intervals(struct json_object *root, const char *before, const char *after)
{
	if (member_of(root, before) == NULL)
		return;
	printf(", ±%.0f", json_object_get_double(member_of(root, before)));
	if (member_of(root, after) != NULL)
		printf(" → ±%.0f", json_object_get_double(member_of(root, after)));
	fputs(" (k = 2)", stdout);
}

/* Both in the unit of today's. */
static void print_emissions(struct json_object *root, bool is_korean)
{
	static const char *const units[2][2] = { { "kg/month", "g/month" }, { "kg/월", "g/월" } };
	double kilograms = json_object_get_double(member_of(root, "current_monthly_emissions_kg"));
	struct json_object *uncertainty = member_of(root, "current_monthly_emissions_uncertainty_kg");
	bool is_in_grams = mass_is_in_grams(kilograms);
	double unit = is_in_grams ? 1000 : 1;

	print_pair(root, is_korean ? "월간 배출량" : "emissions", "current_monthly_emissions_kg",
		"optimized_monthly_emissions_kg", unit, 2, units[is_korean][is_in_grams]);
	if (uncertainty != NULL) {
		fputs(is_korean ? ", 지금" : ", now", stdout);
		put_interval(stdout, kilograms * unit, json_object_get_double(uncertainty) * unit, is_korean);
	}
	putchar('\n');
}

static void print_amounts(struct json_object *root, bool is_korean)
{
	if (member_of(root, "current_intensity") == NULL)
		return;
	print_pair(root, is_korean ? "실행 중 평균 전력" : "power while present", "mean_power_watts",
		"optimized_power_watts", 1, 2, "W\n");
	print_pair(root, is_korean ? "탄소집약도" : "carbon intensity", "current_intensity",
		"intensity_after", 1, 1, "gCO2/kWh");
	put_intervals(root, "current_intensity_uncertainty", "intensity_uncertainty_after");
	putchar('\n');
	print_emissions(root, is_korean);
}

static void print_statuses(struct json_object *root, bool is_korean)
{
	put_text(is_korean ? "판정" : "status", 25);
	put_status(root, "current_status", "current_confidence", is_korean, 0);
	fputs(" → ", stdout);
	put_status(root, "optimized_status", "optimized_confidence", is_korean, 0);
	putchar('\n');
	if (member_of(root, "service_intensity_after") == NULL)
		return;
	put_text(is_korean ? "현재 사용량 기준" : "per kWh used today", 25);
	put_number(member_of(root, "service_intensity_after"), 7, 1);
	fputs(is_korean ? " g/kWh, 탄소: " : " g/kWh, carbon: ", stdout);
	put_status(root, "service_status_after", "service_confidence_after", is_korean, 0);
	putchar('\n');
}

static void put_saving(struct json_object *step, bool is_korean)
{
	struct json_object *kilograms = member_of(step, "estimated_kg_month");
	char mass[MASS_TEXT_MAX];

	if (kilograms != NULL)
		printf(is_korean ? ", 월 %s" : ", %s/month",
			mass_text(json_object_get_double(kilograms), mass));
}

/* The code, which --optimizations takes, beside the word. */
static void put_type(const char *type, bool is_korean)
{
	const char *word = code_word(type, is_korean);

	put_text(word, 0);
	if (word != type)
		printf("(%s)", type);
}

/* What its memory should be, beside its cores: "   memory 2048 → 1150 MiB: ..." */
static void print_memory(struct json_object *step, bool is_korean)
{
	if (member_of(step, "memory_from") == NULL)
		return;
	fputs(is_korean ? "   메모리 " : "   memory ", stdout);
	put_text(text_of_member(step, "memory_from"), 0);
	fputs(" → ", stdout);
	put_text(text_of_member(step, "memory_to"), 0);
	putchar(' ');
	put_text(text_of_member(step, "memory_unit"), 0);
	fputs(": ", stdout);
	put_text(text_of_member(step, "memory_note"), 0);
	putchar('\n');
}

static void print_line(struct json_object *step, const char *member, const char *before)
{
	if (member_of(step, member) == NULL)
		return;
	fputs(before, stdout);
	put_text(text_of_member(step, member), 0);
	putchar('\n');
}

static void print_step(struct json_object *step, size_t rank, bool is_korean)
{
	bool is_applied = json_object_get_boolean(member_of(step, "applied"));

	printf("\n%zu. ", rank);
	put_type(text_of_member(step, "type"), is_korean);
	fputs(": ", stdout);
	put_text(text_of_member(step, "description"), 0);
	if (!is_applied) {
		printf(" [%s]\n", text_of_member(step, "reason_code"));
		print_memory(step, is_korean);
		return;
	}
	printf("\n   -%.1f %%", json_object_get_double(member_of(step, "estimated_reduction_percent")));
	if (member_of(step, "realizable_saving_percent") != NULL)
		printf(is_korean ? " (배분 기준, 실제 %.1f %%)" : " (as attributed; %.1f %% goes in fact)",
			json_object_get_double(member_of(step, "realizable_saving_percent")));
	put_saving(step, is_korean);
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
	print_memory(step, is_korean);
	print_line(step, "action", "   $ ");
	print_line(step, "action_note", "   ");
}

static void print_compare(struct json_object *root, bool is_korean)
{
	struct json_object *step;

	print_amounts(root, is_korean);
	print_statuses(root, is_korean);
	for (size_t i = 0; (step = element_of(root, "steps", i)) != NULL; i++)
		print_step(step, i + 1, is_korean);
	put_words(root, "recommendation");
	put_power_note(root, is_korean);
	putchar('\n');
	put_reasons(stdout, root, "", is_korean);
}

int verb_compare(int argc, char **argv)
{
	return question_run(
		"compare", "compare_optimization_impact", "workload_name", NULL, print_compare, argc, argv);
}
