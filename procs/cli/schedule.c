/* `tanso schedule`: when to run a job, for carbon and for cost. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/kst.h"
#include "cli/language.h"
#include "cli/client/question.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/verbs.h"

static void print_text(struct json_object *value)
{
	const char *text = json_object_get_string(value);

	terminal_put(stdout, text != NULL ? text : "");
}

/* "2026-11-24T11:00:00+09:00" -> "11-24 11:00" */
static void print_time(struct json_object *value)
{
	const char *text = json_object_get_string(value);

	if (text != NULL && strlen(text) >= 16)
		printf("%.5s %.5s", text + 5, text + 11);
}

static void print_option(struct json_object *options, const char *key, const char *name_en,
	const char *name_ko, bool is_korean)
{
	struct json_object *option = member_of(options, key);

	if (option == NULL)
		return;
	terminal_pad(stdout, is_korean ? name_ko : name_en, 10);
	print_time(member_of(option, "start"));
	fputs(" - ", stdout);
	print_time(member_of(option, "end"));
	put_number(member_of(option, "intensity"), 8, 1);
	put_number(member_of(option, "gCO2eq"), 10, 1);
	put_number(member_of(option, "krw"), 10, 1);
	putchar('\n');
}

static void print_night(struct json_object *root, bool is_korean)
{
	struct json_object *check = member_of(root, "night_window_check");
	double percent = json_object_get_double(member_of(check, "vs_mean_percent"));

	if (check == NULL)
		return;
	printf(is_korean ? "밤 시간대(02:00-06:00): %.1f g/kWh, 하루 평균 대비 %+.1f %%\n"
			 : "Night (02:00-06:00): %.1f g/kWh, %+.1f %% against the day\n",
		json_object_get_double(member_of(check, "intensity")), percent);
}

static void print_spread(struct json_object *root, bool is_korean)
{
	if (member_of(root, "worst_intensity") == NULL)
		return;
	printf(is_korean ? "가능한 모든 시작 시각: 평균 %.1f g/kWh, 최악 %.1f g/kWh("
			 : "All possible starts: mean %.1f g/kWh, worst %.1f g/kWh (",
		json_object_get_double(member_of(root, "mean_intensity")),
		json_object_get_double(member_of(root, "worst_intensity")));
	print_time(member_of(root, "worst_start"));
	puts(")");
}

/* For who runs it every day; found for one day, whose tariff or grid another may not have. */
static void print_cron(struct json_object *root, bool is_korean)
{
	const char *start = text_of_member(root, "optimal_start");

	if (member_of(root, "cron") == NULL)
		return;
	fputs(is_korean ? "매일 실행하는 cron(한국 시각): " : "cron, daily, in Korean time: ", stdout);
	print_text(member_of(root, "cron"));
	printf(is_korean ? "\n  이 작업을 %.5s에 실행할 때의 결과입니다(그날의 요금%s). 다른 날에는 다를 수 "
			   "있습니다.\n"
			 : "\n  worked out for this one job on %.5s (that day's tariff%s); another day's "
			   "best hour may "
			   "differ\n",
		strlen(start) > 5 ? start + 5 : start,
		has_reason(root, REASON_GRID_SAMPLE_DAY)
			? (is_korean ? ", 전력망은 예시일" : ", the grid of a sample day")
			: "");
}

/* What the grams and won rest on, most of it by default. */
static void print_assumptions(struct json_object *root, bool is_korean)
{
	const char *source = text_of_member(member_of(member_of(root, "provenance"), "pue"), "source");

	if (member_of(root, "duration_hours") != NULL)
		printf(is_korean ? "작업 시간 %.15g시간(--duration-hours)"
				 : "A job of %.15g h (--duration-hours)",
			json_object_get_double(member_of(root, "duration_hours")));
	if (member_of(root, "power_watts") != NULL)
		printf(is_korean ? ", 전력 %.15g W" : " at %.15g W",
			rounded(json_object_get_double(member_of(root, "power_watts")), 2));
	if (strcmp(source, "assumed") == 0)
		fputs(is_korean ? ". PUE 1.40을 가정함(시설의 값이 아님, --pue)"
				: ", with an assumed PUE of 1.40, not your site's (--pue)",
			stdout);
	else if (source[0] != '\0')
		printf(is_korean ? ". PUE 출처: %s(--pue)" : "; PUE: %s (--pue)",
			code_word(source, is_korean));
	putchar('\n');
}

/* Without --earliest, or with a time that is about now. */
static bool starts_now(struct json_object *root)
{
	const char *start = text_of_member(member_of(member_of(root, "options"), "now"), "start");
	int64_t at, now;

	return !kst_parse_time(start, &at) || !kst_parse_time(text_of_member(root, "timestamp"), &now) ||
	       llabs(at - now) <= MINUTE_SECONDS;
}

static void print_schedule(struct json_object *root, bool is_korean)
{
	struct json_object *options = member_of(root, "options");

	print_text(member_of(root, "recommendation"));
	putchar('\n');
	putchar('\n');
	terminal_pad(stdout, "", 10);
	terminal_pad(stdout, is_korean ? "시작 - 끝 (KST)" : "start - end (KST)", 25);
	printf(" %8s %10s ", "g/kWh", "gCO2eq");
	terminal_pad_left(stdout, code_word("KRW", is_korean), 10);
	putchar('\n');
	print_option(options, "carbon", "carbon", "탄소", is_korean);
	print_option(options, "cost", "cost", "요금", is_korean);
	print_option(options, "now", starts_now(root) ? "now" : "earliest",
		starts_now(root) ? "지금" : "첫 시각", is_korean);
	print_spread(root, is_korean);
	print_cron(root, is_korean);
	print_assumptions(root, is_korean);
	print_night(root, is_korean);
}

int verb_schedule(int argc, char **argv)
{
	return question_run(
		"schedule", "calculate_optimal_schedule", "workload_name", NULL, print_schedule, argc, argv);
}
