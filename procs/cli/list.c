/* `tanso list`, `tanso hotspots`, `tanso summary`: many workloads at once. */
#include <stdio.h>
#include <string.h>

#include "base/language.h"
#include "cli/client/question.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "ipc/reasons.h"

#define NAME_COLUMNS   40
#define STATUS_COLUMNS 27 /* "NON-COMPLIANT (borderline)" */
#define THIRD_COLUMNS  11

static void put_total(
	struct json_object *root, const char *key, int digits, const char *unit, const char *name)
{
	if (member_of(root, key) == NULL)
		return;
	put_number(member_of(root, key), 14, digits);
	putchar(' ');
	terminal_pad(stdout, unit, 9);
	puts(name);
}

/* namespace/workload, at the end of a line: it may be as long as it likes */
static void put_name(struct json_object *row, const char *note)
{
	fputs("  ", stdout);
	put_workload(row);
	printf(" (%s)%s%s\n", text_of_member(row, "kind"), note[0] != '\0' ? " " : "", note);
}

/* The heading of a column of numbers. */
static void put_right(const char *text, int columns)
{
	printf("%*s", columns > terminal_columns(text) ? columns - terminal_columns(text) : 0, "");
	put_text(text, 0);
}

static void print_heading(const char *second, bool is_korean)
{
	put_text(is_korean ? "판정" : "status", STATUS_COLUMNS);
	printf(" %10s ", "W");
	put_right(is_korean ? "월 kg" : "kg/month", 12);
	putchar(' ');
	put_right(second, THIRD_COLUMNS);
	fputs("  ", stdout);
	puts(is_korean ? "워크로드" : "workload");
}

static void print_row(struct json_object *row, const char *third, bool is_korean)
{
	/* a gap of -100 % says little of what used nothing: the reason stands in its place */
	bool is_idle = has_reason(row, REASON_ZERO_ENERGY);
	const char *note = row_has_ended(row) ? in_language("ended", "끝남")
			   : is_idle          ? reason_label(REASON_ZERO_ENERGY, is_korean ? "ko" : "en")
					      : "";

	put_status(row, "status", "confidence", is_korean, STATUS_COLUMNS);
	put_number(member_of(row, "power_watts"), 10, 2);
	put_number(member_of(row, "emissions_kg_month"), 12, 2);
	put_number(is_idle ? NULL : member_of(row, third), THIRD_COLUMNS, 1);
	put_name(row, note);
}

/* The idle row is the node's: alone it would read as that of a namespace which is not there. */
static bool is_of_empty_namespace(struct json_object *root)
{
	const char *namespace = text_of_member(root, "namespace");
	struct json_object *total = member_of(root, "total_workloads");

	return namespace[0] != '\0' && strcmp(namespace, "*") != 0 && total != NULL &&
	       json_object_get_int64(total) == 0;
}

static void print_list(struct json_object *root, bool is_korean)
{
	struct json_object *row, *idle = member_of(root, "idle");

	if (is_of_empty_namespace(root)) {
		puts(text_of_member(root, "recommendation"));
		return;
	}
	print_heading(is_korean ? "목표 대비 %" : "gap %", is_korean);
	for (size_t i = 0; (row = element_of(root, "workloads", i)) != NULL; i++)
		print_row(row, "gap_percent", is_korean);
	if (idle != NULL) {
		put_text("", STATUS_COLUMNS);
		put_number(member_of(idle, "power_watts"), 10, 2);
		put_number(member_of(idle, "emissions_kg_month"), 12, 2);
		printf(" %*s  %s\n", THIRD_COLUMNS, "", is_korean ? "(유휴)" : "(idle)");
	}
	if (element_of(root, "workloads", 0) == NULL &&
		json_object_get_int64(member_of(root, "total_workloads")) > 0)
		puts(is_korean ? "조건에 맞는 워크로드가 없습니다. 이름은 `tanso top`으로 볼 수 있습니다."
			       : "No workload matches; `tanso top` shows what there is.");
	put_words(root, "recommendation");
	put_power_note(root, is_korean);
	if (member_of(root, "next_cursor") != NULL)
		printf("%s --cursor %s\n",
			is_korean ? "다음 페이지:" : "next page:", text_of_member(root, "next_cursor"));
}

static void print_hotspots(struct json_object *root, bool is_korean)
{
	struct json_object *row, *step;

	if (element_of(root, "hotspots", 0) != NULL)
		print_heading(is_korean ? "비중 %" : "node %", is_korean);
	for (size_t i = 0; (row = element_of(root, "hotspots", i)) != NULL; i++) {
		print_row(row, "share_of_node_percent", is_korean);
		for (size_t j = 0; (step = element_of(row, "optimizations", j)) != NULL; j++) {
			printf("%*s → ", STATUS_COLUMNS, "");
			put_text(text_of_member(step, "description"), 0);
			printf(" (%.1f %%)\n",
				json_object_get_double(member_of(step, "estimated_reduction_percent")));
		}
	}
	put_words(root, "recommendation");
	put_power_note(root, is_korean);
}

static void print_summary(struct json_object *root, bool is_korean)
{
	struct json_object *row;

	put_total(root, "node_power_watts", 2, "W", is_korean ? "노드" : "node");
	put_total(root, "workload_power_watts", 2, "W", is_korean ? "워크로드" : "workloads");
	put_total(root, "idle_power_watts", 2, "W", is_korean ? "(유휴)" : "(idle)");
	put_total(root, "energy_kWh", 4, "kWh", is_korean ? "기간 내 IT 에너지" : "IT energy in the window");
	put_total(root, "emissions_kg", 4, "kg", is_korean ? "기간 내 배출량" : "emissions in the window");
	put_total(root, "emissions_kg_month", 2, "kg", is_korean ? "월간 배출량" : "emissions a month");
	put_total(root, "estimated_cost_krw_month", 0, is_korean ? "원" : "KRW",
		is_korean ? "월간 전력량 요금" : "energy charge a month");
	putchar('\n');
	print_heading(is_korean ? "비중 %" : "node %", is_korean);
	for (size_t i = 0; (row = element_of(root, "top_consumers", i)) != NULL; i++)
		print_row(row, "share_of_node_percent", is_korean);
	putchar('\n');
	for (size_t i = 0; (row = element_of(root, "by_namespace", i)) != NULL; i++) {
		put_text(text_of_member(row, "namespace"), NAME_COLUMNS);
		put_number(member_of(row, "workload_count"), 6, 0);
		put_number(member_of(row, "power_watts"), 10, 2);
		puts(" W");
	}
	put_words(root, "recommendation");
	put_power_note(root, is_korean);
}

int verb_list(int argc, char **argv)
{
	return question_run("list", "list_workloads_by_compliance", NULL, question_exit_of_many(), print_list,
		argc, argv);
}

int verb_hotspots(int argc, char **argv)
{
	return question_run("hotspots", "identify_power_hotspots", NULL, question_exit_of_many(),
		print_hotspots, argc, argv);
}

int verb_summary(int argc, char **argv)
{
	return question_run("summary", "get_power_consumption_summary", NULL, question_exit_of_many(),
		print_summary, argc, argv);
}
