/* The recommendations of `tanso assess`: a line a step, and what all of them would bring together. */
#include <math.h>
#include <string.h>

#include "cli/assess/page.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "korea/mass.h"

static bool is_migration(struct json_object *list, size_t i)
{
	return strcmp(text_of_member(json_object_array_get_idx(list, i), "type"), "regional_migration") == 0;
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
	fputs(page_word(page, "; of ", " (합산: "), page->out);
	put_numbers(page, list, count, false);
	fputs(page_word(page, ". The migration (", ". 리전 이전("), page->out);
	put_numbers(page, list, count, true);
	fputs(page_word(page, ") is an alternative to them and not in it", ")은 대안이므로 포함하지 않음)"),
		page->out);
}

/* The same relative uncertainty about a smaller value, as compare has it. */
static bool is_clear_of(const struct page *page, double intensity, double target, double left)
{
	return fabs(intensity - target) > page_number(page, "uncertainty_gCO2eq_kWh") * left &&
	       strcmp(page_text(page, "pue_source"), "assumed") != 0 &&
	       !has_reason(page->answer, REASON_BASIS_MISMATCH);
}

static void print_sum(const struct page *page, double left, size_t rank)
{
	double intensity = page_number(page, "current_carbon_intensity_gCO2eq_kWh") * left,
	       target = page_number(page, "target_carbon_intensity_gCO2eq_kWh");
	const char *status = intensity <= target * (1 + 1e-9) ? "COMPLIANT" : "NON_COMPLIANT";

	fprintf(page->out,
		page_word(page, "  %zu. Combined effect: %.1f %% reduction",
			"  %zu. 모두 적용하면 %.1f %% 감축"),
		rank, (1 - left) * 100);
	if (target <= 0)
		return;
	fputs(" → ", page->out);
	page_put_status(page, status, is_clear_of(page, intensity, target, left) ? "clear" : "borderline");
	fprintf(page->out,
		page_word(page, " on carbon (%.1f per kWh used today)",
			"(탄소, 현재 사용량 기준 kWh당 %.1f g)"),
		rounded(intensity, 1));
}

/* All but moving abroad, multiplied; per kWh used today, so that saved energy counts. */
static void print_together(const struct page *page, struct json_object *list, size_t count)
{
	double left = 1, left_in_fact = 1;
	char mass[MASS_TEXT_MAX];
	size_t counted = 0;

	for (size_t i = 0; i < count; i++) {
		struct json_object *item = json_object_array_get_idx(list, i);
		if (is_migration(list, i))
			continue;
		struct json_object *in_fact = member_of(item, "realizable_saving_percent");
		double percent = json_object_get_double(member_of(item, "estimated_reduction_percent"));
		left *= 1 - percent / 100;
		left_in_fact *= 1 - (in_fact != NULL ? json_object_get_double(in_fact) : percent) / 100;
		counted++;
	}
	if (counted == 0 || !page_has(page, "monthly_emissions_kg"))
		return;
	print_sum(page, left, count + 1);
	if (counted < count)
		put_alternative(page, list, count);
	fprintf(page->out,
		page_word(page, "\n\n  Estimated savings: %s CO2/month", "\n\n  예상 절감: 월 %s CO2"),
		mass_text(page_number(page, "monthly_emissions_kg") * (1 - left), mass));
	if (left_in_fact > left)
		fprintf(page->out, page_word(page, ", of which %s goes in fact", ", 이 가운데 실제로 %s"),
			mass_text(page_number(page, "monthly_emissions_kg") * (1 - left_in_fact), mass));
	fputc('\n', page->out);
}

void assess_print_steps(const struct page *page)
{
	struct json_object *list = member_of(page->answer, "optimizations");
	size_t count = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;

	if (count > 0)
		fprintf(page->out, "\n  %s:\n", page_word(page, "Recommendations", "권장 사항"));
	for (size_t i = 0; i < count; i++) {
		struct json_object *item = json_object_array_get_idx(list, i);
		fprintf(page->out, "  %zu. ", i + 1);
		terminal_put(page->out, text_of_member(item, "description"));
		if (member_of(item, "estimated_reduction_percent") != NULL)
			fprintf(page->out, page_word(page, " → %.1f %% reduction", " → %.1f %% 감축"),
				json_object_get_double(member_of(item, "estimated_reduction_percent")));
		if (member_of(item, "realizable_saving_percent") != NULL)
			fprintf(page->out,
				page_word(page, " (as attributed; %.1f %% goes in fact)",
					" (배분 기준, 실제 %.1f %%)"),
				json_object_get_double(member_of(item, "realizable_saving_percent")));
		fputc('\n', page->out);
	}
	print_together(page, list, count);
	if (page_text(page, "recommendation")[0] != '\0') {
		fputs("\n  ", page->out);
		terminal_put(page->out, page_text(page, "recommendation"));
		fputc('\n', page->out);
	}
}
