#include "cli/assess/text.h"

#include <string.h>

#include "cli/assess/page.h"
#include "cli/language.h"
#include "cli/status.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "korea/mass.h"

static void print_title(const struct page *page)
{
	terminal_put(page->out, page_text(page, "workload"));
	if (page_text(page, "namespace")[0] != '\0') {
		fputs(" (", page->out);
		terminal_put(page->out, page_text(page, "namespace"));
		if (page_text(page, "kind")[0] != '\0')
			fprintf(page->out, ", %s", page_text(page, "kind"));
		fputc(')', page->out);
	}
	fputs(page_word(page, " is ", ": "), page->out);
	page_put_status(page, page_text(page, "status"), "");
	if (status_is_borderline(page_text(page, "status"), page_text(page, "confidence")))
		fputs(page_word(page, " (borderline: within the uncertainty)", " (경계값: 불확도 범위 이내)"),
			page->out);
	fprintf(page->out, " · %s\n\n", page_text(page, "standard"));
}

/* "20.3 % over 424 target", "5.7 % under 424 target", "at the target of 1.4" */
static void put_gap(const struct page *page, const char *of_value, const char *of_gap, const char *of_target)
{
	double gap = page_number(page, of_gap), target = page_number(page, of_target),
	       size = gap < 0 ? -gap : gap;
	bool is_over =
		page_number(page, of_value) > target; /* the gap is rounded, and may be 0 on either side */

	if (page_number(page, of_value) == target) {
		fputs(page_word(page, "(at the target of ", "(목표 "), page->out);
		page_put_plain(page, target, 0.001);
		fputs(page_word(page, ")", "와 같음)"), page->out);
	} else if (page->is_korean) {
		fputs("(목표 ", page->out);
		page_put_plain(page, target, 0.001);
		fprintf(page->out, is_over ? " 대비 %.1f %% 초과)" : "보다 %.1f %% 낮음)", size);
	} else {
		fprintf(page->out, "(%.1f %% %s ", size, is_over ? "over" : "under");
		page_put_plain(page, target, 0.001);
		fputs(" target)", page->out);
	}
}

static void print_carbon(const struct page *page)
{
	bool is_idle = has_reason(page->answer, REASON_ZERO_ENERGY);

	fprintf(page->out, "  %s: ", page_word(page, "Carbon", "탄소"));
	if (is_idle)
		fputs(page_word(page, "no energy used · ", "사용한 에너지 없음 · "), page->out);
	else if (page_has(page, "current_carbon_intensity_gCO2eq_kWh")) {
		page_put_plain(page, page_number(page, "current_carbon_intensity_gCO2eq_kWh"), 0.1);
		fputs(" gCO2/kWh ", page->out);
		if (page_has(page, "gap_percent") && page_has(page, "target_carbon_intensity_gCO2eq_kWh"))
			put_gap(page, "current_carbon_intensity_gCO2eq_kWh", "gap_percent",
				"target_carbon_intensity_gCO2eq_kWh");
		fputs(" · ", page->out);
	}
	page_put_status(page, page_text(page, "carbon_status"), page_text(page, "carbon_confidence"));
	if (!is_idle && page_has(page, "uncertainty_gCO2eq_kWh"))
		fprintf(page->out, ", ±%.0f (k = 2)", page_number(page, "uncertainty_gCO2eq_kWh"));
	fputc('\n', page->out);
}

static void print_pue(const struct page *page)
{
	fputs("  PUE: ", page->out);
	if (page_has(page, "current_pue")) {
		page_put_plain(page, page_number(page, "current_pue"), 0.001);
		fputc(' ', page->out);
		if (page_has(page, "pue_gap_percent") && page_has(page, "target_pue"))
			put_gap(page, "current_pue", "pue_gap_percent", "target_pue");
		fprintf(page->out, " · ");
	}
	page_put_status(page, page_text(page, "pue_status"), page_text(page, "pue_confidence"));
	if (page_text(page, "pue_source")[0] != '\0')
		fprintf(page->out, page_word(page, ", %s", ", 출처: %s"),
			code_word(page_text(page, "pue_source"), page->is_korean));
	fputc('\n', page->out);
}

static void print_breakdown(const struct page *page)
{
	static const struct {
		const char *key, *en, *ko;
	} parts[] = { { "cpu", "CPU", "CPU" }, { "memory", "memory", "메모리" }, { "gpu", "GPU", "GPU" },
		{ "idle_share", "idle share", "유휴 전력 배분" } };
	struct json_object *breakdown = member_of(page->answer, "power_breakdown_watts"), *value;
	const char *before = " (";

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if ((value = member_of(breakdown, parts[i].key)) == NULL)
			continue;
		fprintf(page->out, "%s%s %.1f", before, page_word(page, parts[i].en, parts[i].ko),
			json_object_get_double(value));
		before = ", ";
	}
	fputs(before[0] == ',' ? ")" : "", page->out);
}

static void print_power(const struct page *page)
{
	struct json_object *power = member_of(member_of(page->answer, "provenance"), "power");
	struct json_object *error = member_of(power, "model_error_percent");

	fprintf(page->out, "  %s: ", page_word(page, "Power", "전력"));
	if (page_has(page, "current_power_watts")) {
		fprintf(page->out, "%.1f W", page_number(page, "current_power_watts"));
		print_breakdown(page);
	} else {
		fputs(page_word(page, "not known now", "현재 값 없음"), page->out);
	}
	if (page_has(page, "mean_power_watts"))
		fprintf(page->out,
			page_word(page, ", %.1f W on average while present", ", 실행 중 평균 %.1f W"),
			page_number(page, "mean_power_watts"));
	if (text_of_member(power, "meter")[0] != '\0') {
		fputs(page_word(page, "; by ", "; 출처: "), page->out);
		terminal_put(page->out, text_of_member(power, "meter"));
	}
	if (error != NULL)
		fprintf(page->out, ", ±%.0f %% (k = 1)", json_object_get_double(error));
	if (strcmp(text_of_member(power, "collection_method"), "procfs") == 0)
		fputs(page_word(page, ", CPU time by procfs", ", CPU 시간은 procfs"), page->out);
	fputc('\n', page->out);
}

static void print_month(const struct page *page)
{
	double kilograms = page_number(page, "monthly_emissions_kg");
	char mass[MASS_TEXT_MAX];

	if (!page_has(page, "monthly_emissions_kg"))
		return;
	double unit = mass_is_in_grams(kilograms) ? 1000 : 1; /* the interval's too */
	fprintf(page->out, page_word(page, "  Estimated: %s CO2/month", "  추정: 월 %s CO2"),
		mass_text(kilograms, mass));
	if (page_has(page, "monthly_emissions_uncertainty_kg"))
		put_interval(page->out, kilograms * unit,
			page_number(page, "monthly_emissions_uncertainty_kg") * unit, page->is_korean);
	if (page_has(page, "energy_kWh_month"))
		fprintf(page->out,
			page_word(page, ", %.2f kWh/month of IT energy", ", IT 에너지 월 %.2f kWh"),
			page_number(page, "energy_kWh_month"));
	if (page_has(page, "estimated_cost_krw_month"))
		fprintf(page->out, page_word(page, ", %.0f KRW/month", ", 월 %.0f원"),
			page_number(page, "estimated_cost_krw_month"));
	fputc('\n', page->out);
}

/* What limits the answer, and the one line that would settle an UNKNOWN. */
static void print_reasons(const struct page *page)
{
	fputc('\n', page->out);
	put_reasons(page->out, page->answer, "  ", page->is_korean);
	if (strcmp(page_text(page, "pue_status"), "UNKNOWN") == 0)
		fprintf(page->out, "  → %s\n",
			page_word(page,
				"To settle the PUE status: write `pue = 1.45` (your site's value) in "
				"tanso.conf, "
				"or ask again with --pue 1.45",
				"PUE 판정을 받으려면 tanso.conf에 `pue = 1.45`처럼 시설의 값을 적거나 --pue "
				"1.45를 붙여 다시 요청하십시오"));
	if (has_reason(page->answer, REASON_FAKE_POWER))
		fprintf(page->out, "  → %s\n",
			page_word(page, "To judge by the fake meter all the same: --allow-fake",
				"가짜 계측기의 값으로 판정하려면: --allow-fake"));
}

static void print_legal(const struct page *page)
{
	if (page_text(page, "disclaimer")[0] == '\0')
		return;
	fputs("\n  ", page->out);
	if (page_text(page, "legal_status")[0] != '\0') {
		fputc('[', page->out);
		terminal_put(page->out, code_word(page_text(page, "legal_status"), page->is_korean));
		fputs("] ", page->out);
	}
	terminal_put(page->out, page_text(page, "disclaimer"));
	fputc('\n', page->out);
}

void assess_print(FILE *out, struct json_object *answer, const struct assess_style *style)
{
	const struct page page = { .out = out,
		.answer = answer,
		.is_korean = strcmp(style->lang, "ko") == 0,
		.has_colour = style->has_colour };

	print_title(&page);
	print_carbon(&page);
	print_pue(&page);
	print_power(&page);
	print_month(&page);
	assess_print_steps(&page);
	print_reasons(&page);
	print_legal(&page);
}
