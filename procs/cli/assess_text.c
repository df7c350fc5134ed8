#include "cli/assess_text.h"

#include <math.h>
#include <string.h>

#include "cli/language.h"
#include "cli/terminal.h"
#include "ipc/json_write.h"
#include "ipc/reasons.h"

/* One printing: where to, of what, how. */
struct page {
	FILE *out;
	struct json_object *answer;
	bool is_korean, has_colour;
};

static struct json_object *at(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	if (json_object_is_type(object, json_type_object))
		json_object_object_get_ex(object, key, &value);
	return value;
}

static bool is_there(const struct page *page, const char *key)
{
	return at(page->answer, key) != NULL;
}

static double number(const struct page *page, const char *key)
{
	return json_object_get_double(at(page->answer, key));
}

static const char *text_in(struct json_object *object, const char *key)
{
	struct json_object *value = at(object, key);

	return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
}

static const char *text(const struct page *page, const char *key)
{
	return text_in(page->answer, key);
}

/* "510", "483.4", "1.45": no more digits than a sentence needs */
static void put_number(const struct page *page, double value, double step)
{
	char digits[32];

	fputs(json_format_number(rounded(value / step, 0) * step, digits) == 0 ? digits : "?", page->out);
}

static const char *word(const struct page *page, const char *en, const char *ko)
{
	return page->is_korean ? ko : en;
}

/* ANSWERS: 기준 충족, not 적합: no law is kept or broken by a benchmark. */
static const char *status_word(const struct page *page, const char *status)
{
	if (strcmp(status, "COMPLIANT") == 0)
		return word(page, "COMPLIANT", "기준 충족");
	if (strcmp(status, "NON_COMPLIANT") == 0)
		return word(page, "NON-COMPLIANT", "기준 초과");
	if (strcmp(status, "NOT_ASSESSED") == 0)
		return word(page, "NOT ASSESSED", "평가 제외");
	return word(page, "UNKNOWN", "판단 보류");
}

static void put_status(const struct page *page, const char *status)
{
	const char *colour = strcmp(status, "COMPLIANT") == 0       ? "\033[32m"
			     : strcmp(status, "NON_COMPLIANT") == 0 ? "\033[31m"
								    : "\033[33m";

	fprintf(page->out, "%s%s%s", page->has_colour ? colour : "", status_word(page, status),
		page->has_colour ? "\033[0m" : "");
}

static bool is_borderline(const struct page *page, const char *confidence, const char *status)
{
	return strcmp(text(page, confidence), "borderline") == 0 &&
	       strcmp(text(page, status), "UNKNOWN") != 0 && strcmp(text(page, status), "NOT_ASSESSED") != 0;
}

static void put_borderline(const struct page *page, const char *confidence, const char *status)
{
	if (is_borderline(page, confidence, status))
		fputs(word(page, " (borderline)", " (경계값)"), page->out);
}

static void print_title(const struct page *page)
{
	terminal_put(page->out, text(page, "workload"));
	if (text(page, "namespace")[0] != '\0') {
		fputs(" (", page->out);
		terminal_put(page->out, text(page, "namespace"));
		if (text(page, "kind")[0] != '\0')
			fprintf(page->out, ", %s", text(page, "kind"));
		fputc(')', page->out);
	}
	fputs(word(page, " is ", ": "), page->out);
	put_status(page, text(page, "status"));
	if (is_borderline(page, "confidence", "status"))
		fputs(word(page, " (borderline: within the uncertainty)", " (경계값: 불확도 범위 이내)"),
			page->out);
	fprintf(page->out, " · %s\n\n", text(page, "standard"));
}

/* "20.3 % over 424 target", "5.7 % under 424 target", "at the target of 1.4" */
static void put_gap(const struct page *page, const char *of_value, const char *of_gap, const char *of_target)
{
	double gap = number(page, of_gap), target = number(page, of_target), size = gap < 0 ? -gap : gap;
	bool is_over = number(page, of_value) > target; /* the gap is rounded, and may be 0 on either side */

	if (number(page, of_value) == target) {
		fputs(word(page, "(at the target of ", "(목표 "), page->out);
		put_number(page, target, 0.001);
		fputs(word(page, ")", "와 같음)"), page->out);
	} else if (page->is_korean) {
		fputs("(목표 ", page->out);
		put_number(page, target, 0.001);
		fprintf(page->out, is_over ? " 대비 %.1f %% 초과)" : "보다 %.1f %% 낮음)", size);
	} else {
		fprintf(page->out, "(%.1f %% %s ", size, is_over ? "over" : "under");
		put_number(page, target, 0.001);
		fputs(" target)", page->out);
	}
}

static bool has_reason(const struct page *page, const char *code)
{
	struct json_object *list = at(page->answer, "reason_codes");
	size_t count = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;

	for (size_t i = 0; i < count; i++) {
		struct json_object *item = json_object_array_get_idx(list, i);
		if (json_object_is_type(item, json_type_string) &&
			strcmp(json_object_get_string(item), code) == 0)
			return true;
	}
	return false;
}

static void print_carbon(const struct page *page)
{
	bool is_idle = has_reason(page, "ZERO_ENERGY");

	fprintf(page->out, "  %s: ", word(page, "Carbon", "탄소"));
	if (is_idle)
		fputs(word(page, "no energy used · ", "사용한 에너지 없음 · "), page->out);
	else if (is_there(page, "current_carbon_intensity_gCO2eq_kWh")) {
		put_number(page, number(page, "current_carbon_intensity_gCO2eq_kWh"), 0.1);
		fputs(" gCO2/kWh ", page->out);
		if (is_there(page, "gap_percent") && is_there(page, "target_carbon_intensity_gCO2eq_kWh"))
			put_gap(page, "current_carbon_intensity_gCO2eq_kWh", "gap_percent",
				"target_carbon_intensity_gCO2eq_kWh");
		fputs(" · ", page->out);
	}
	put_status(page, text(page, "carbon_status"));
	put_borderline(page, "carbon_confidence", "carbon_status");
	if (!is_idle && is_there(page, "uncertainty_gCO2eq_kWh"))
		fprintf(page->out, ", ±%.0f (k = 2)", number(page, "uncertainty_gCO2eq_kWh"));
	fputc('\n', page->out);
}

static void print_pue(const struct page *page)
{
	fputs("  PUE: ", page->out);
	if (is_there(page, "current_pue")) {
		put_number(page, number(page, "current_pue"), 0.001);
		fputc(' ', page->out);
		if (is_there(page, "pue_gap_percent") && is_there(page, "target_pue"))
			put_gap(page, "current_pue", "pue_gap_percent", "target_pue");
		fprintf(page->out, " · ");
	}
	put_status(page, text(page, "pue_status"));
	put_borderline(page, "pue_confidence", "pue_status");
	if (text(page, "pue_source")[0] != '\0')
		fprintf(page->out, word(page, ", %s", ", 출처 %s"),
			code_word(text(page, "pue_source"), page->is_korean));
	fputc('\n', page->out);
}

static void print_breakdown(const struct page *page)
{
	static const struct {
		const char *key, *en, *ko;
	} parts[] = { { "cpu", "CPU", "CPU" }, { "memory", "memory", "메모리" }, { "gpu", "GPU", "GPU" },
		{ "idle_share", "idle share", "유휴 전력 배분" } };
	struct json_object *breakdown = at(page->answer, "power_breakdown_watts"), *value;
	const char *before = " (";

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if ((value = at(breakdown, parts[i].key)) == NULL)
			continue;
		fprintf(page->out, "%s%s %.1f", before, word(page, parts[i].en, parts[i].ko),
			json_object_get_double(value));
		before = ", ";
	}
	fputs(before[0] == ',' ? ")" : "", page->out);
}

static void print_power(const struct page *page)
{
	struct json_object *power = at(at(page->answer, "provenance"), "power");
	struct json_object *error = at(power, "model_error_percent");

	fprintf(page->out, "  %s: ", word(page, "Power", "전력"));
	if (is_there(page, "current_power_watts")) {
		fprintf(page->out, "%.1f W", number(page, "current_power_watts"));
		print_breakdown(page);
	} else {
		fputs(word(page, "not known now", "현재 값 없음"), page->out);
	}
	if (is_there(page, "mean_power_watts"))
		fprintf(page->out, word(page, ", %.1f W on average while present", ", 실행 중 평균 %.1f W"),
			number(page, "mean_power_watts"));
	if (text_in(power, "meter")[0] != '\0') {
		fputs(word(page, "; by ", "; 출처 "), page->out);
		terminal_put(page->out, text_in(power, "meter"));
	}
	if (error != NULL)
		fprintf(page->out, ", ±%.0f %% (k = 1)", json_object_get_double(error));
	if (strcmp(text_in(power, "collection_method"), "procfs") == 0)
		fputs(word(page, ", CPU time by procfs", ", CPU 시간은 procfs"), page->out);
	fputc('\n', page->out);
}

static void print_month(const struct page *page)
{
	if (!is_there(page, "monthly_emissions_kg"))
		return;
	fprintf(page->out, word(page, "  Estimated: %.2f kg CO2/month", "  추정: 월 %.2f kg CO2"),
		number(page, "monthly_emissions_kg"));
	if (is_there(page, "monthly_emissions_uncertainty_kg"))
		fprintf(page->out, " ±%.2f (k = 2)", number(page, "monthly_emissions_uncertainty_kg"));
	if (is_there(page, "energy_kWh_month"))
		fprintf(page->out, word(page, ", %.2f kWh/month of IT energy", ", IT 에너지 월 %.2f kWh"),
			number(page, "energy_kWh_month"));
	if (is_there(page, "estimated_cost_krw_month"))
		fprintf(page->out, word(page, ", %.0f KRW/month", ", 월 %.0f원"),
			number(page, "estimated_cost_krw_month"));
	fputc('\n', page->out);
}

static bool is_migration(struct json_object *list, size_t i)
{
	return strcmp(text_in(json_object_array_get_idx(list, i), "type"), "regional_migration") == 0;
}

static void put_numbers(const struct page *page, struct json_object *list, size_t count, bool of_migrations)
{
	const char *before = "";

	for (size_t i = 0; i < count; i++)
		if (is_migration(list, i) == of_migrations) {
			fprintf(page->out, "%s%zu", before, i + 1);
			before = ", ";
		}
}

/* A region elsewhere is not one more of the steps: who moves has no use for the night here. */
static void put_alternative(const struct page *page, struct json_object *list, size_t count)
{
	fputs(word(page, "; of ", " (합산: "), page->out);
	put_numbers(page, list, count, false);
	fputs(word(page, ". The migration (", ". 리전 이전("), page->out);
	put_numbers(page, list, count, true);
	fputs(word(page, ") is an alternative to them and not in it", ")은 대안이므로 포함하지 않음)"),
		page->out);
}

static void print_sum(const struct page *page, double left, size_t rank)
{
	double intensity = number(page, "current_carbon_intensity_gCO2eq_kWh") * left,
	       target = number(page, "target_carbon_intensity_gCO2eq_kWh");

	fprintf(page->out,
		word(page, "  %zu. Combined effect: %.1f %% reduction", "  %zu. 모두 적용하면 %.1f %% 감축"),
		rank, (1 - left) * 100);
	if (target <= 0)
		return;
	fputs(" → ", page->out);
	put_status(page, intensity <= target * (1 + 1e-9) ? "COMPLIANT" : "NON_COMPLIANT");
	fprintf(page->out,
		word(page, " on carbon (%.1f per kWh used today)", "(탄소, 현재 사용량 기준 kWh당 %.1f g)"),
		rounded(intensity, 1));
}

/* All but moving abroad, multiplied; per kWh used today, so that saved energy counts. */
static void print_together(const struct page *page, struct json_object *list, size_t count)
{
	double left = 1, left_in_fact = 1;
	size_t counted = 0;

	for (size_t i = 0; i < count; i++) {
		struct json_object *item = json_object_array_get_idx(list, i);
		if (is_migration(list, i))
			continue;
		struct json_object *in_fact = at(item, "realizable_saving_percent");
		double percent = json_object_get_double(at(item, "estimated_reduction_percent"));
		left *= 1 - percent / 100;
		left_in_fact *= 1 - (in_fact != NULL ? json_object_get_double(in_fact) : percent) / 100;
		counted++;
	}
	if (counted == 0 || !is_there(page, "monthly_emissions_kg"))
		return;
	print_sum(page, left, count + 1);
	if (counted < count)
		put_alternative(page, list, count);
	fprintf(page->out,
		word(page, "\n\n  Estimated savings: %.2f kg CO2/month", "\n\n  예상 절감: 월 %.2f kg CO2"),
		number(page, "monthly_emissions_kg") * (1 - left));
	if (left_in_fact > left)
		fprintf(page->out,
			word(page, ", of which %.2f kg goes in fact", ", 이 가운데 실제로 %.2f kg"),
			number(page, "monthly_emissions_kg") * (1 - left_in_fact));
	fputc('\n', page->out);
}

static void print_recommendations(const struct page *page)
{
	struct json_object *list = at(page->answer, "optimizations");
	size_t count = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;

	if (count > 0)
		fprintf(page->out, "\n  %s:\n", word(page, "Recommendations", "권장 사항"));
	for (size_t i = 0; i < count; i++) {
		struct json_object *item = json_object_array_get_idx(list, i);
		fprintf(page->out, "  %zu. ", i + 1);
		terminal_put(page->out, text_in(item, "description"));
		if (at(item, "estimated_reduction_percent") != NULL)
			fprintf(page->out, word(page, " → %.1f %% reduction", " → %.1f %% 감축"),
				json_object_get_double(at(item, "estimated_reduction_percent")));
		if (at(item, "realizable_saving_percent") != NULL)
			fprintf(page->out,
				word(page, " (as attributed; %.1f %% goes in fact)",
					" (배분 기준, 실제 %.1f %%)"),
				json_object_get_double(at(item, "realizable_saving_percent")));
		fputc('\n', page->out);
	}
	print_together(page, list, count);
	if (text(page, "recommendation")[0] != '\0') {
		fputs("\n  ", page->out);
		terminal_put(page->out, text(page, "recommendation"));
		fputc('\n', page->out);
	}
}

/* What limits the answer, and the one line that would settle an UNKNOWN. */
static void print_reasons(const struct page *page)
{
	const char *lang = page->is_korean ? "ko" : "en";

	fputc('\n', page->out);
	for (int i = 0; i < REASON_CODE_COUNT; i++)
		if (has_reason(page, reason_name((enum reason_code)i)))
			fprintf(page->out, "  %s: %s\n", reason_name((enum reason_code)i),
				reason_text((enum reason_code)i, lang));
	if (strcmp(text(page, "pue_status"), "UNKNOWN") == 0)
		fprintf(page->out, "  → %s\n",
			word(page,
				"To settle the PUE status: write `pue = 1.45` (your site's value) in "
				"tanso.conf, "
				"or ask again with --pue 1.45",
				"PUE 판정을 받으려면 tanso.conf에 `pue = 1.45`처럼 시설의 값을 적거나 --pue "
				"1.45를 붙여 다시 요청하십시오"));
	if (has_reason(page, "FAKE_POWER"))
		fprintf(page->out, "  → %s\n",
			word(page, "To judge by the fake meter all the same: --allow-fake",
				"가짜 계측기의 값으로 판정하려면: --allow-fake"));
}

static void print_legal(const struct page *page)
{
	if (text(page, "disclaimer")[0] == '\0')
		return;
	fputs("\n  ", page->out);
	if (text(page, "legal_status")[0] != '\0') {
		fputc('[', page->out);
		terminal_put(page->out, code_word(text(page, "legal_status"), page->is_korean));
		fputs("] ", page->out);
	}
	terminal_put(page->out, text(page, "disclaimer"));
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
	print_recommendations(&page);
	print_reasons(&page);
	print_legal(&page);
}
