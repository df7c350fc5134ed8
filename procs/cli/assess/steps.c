/* The recommendations of `tanso assess`: a line a step, and what all of them would bring together. */
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
	fputs(page_word(page, "; of ", "; 합산: "), page->out);
	put_numbers(page, list, count, false);
	fputs(page_word(page, ". The migration (", ". 리전 이전("), page->out);
	put_numbers(page, list, count, true);
	fputs(page_word(page, ") is an alternative to them and not in it", ")은 대안이므로 포함하지 않음"),
		page->out);
}

/* As the answer has it: all but a migration, per kWh used today. */
static void print_sum(const struct page *page, struct json_object *sum, size_t rank)
{
	fprintf(page->out,
		page_word(page, "  %zu. Combined effect: %.1f %% reduction",
			"  %zu. 모두 적용하면 %.1f %% 감축"),
		rank, json_object_get_double(member_of(sum, "reduction_percent")));
	if (member_of(sum, "service_intensity_gCO2eq_kWh") == NULL)
		return;
	fputs(" → ", page->out);
	page_put_status(
		page, text_of_member(sum, "service_status"), text_of_member(sum, "service_confidence"));
	fprintf(page->out,
		page_word(page, " on carbon (%.1f per kWh used today)",
			", 탄소는 현재 사용량 기준 kWh당 %.1f g"),
		rounded(json_object_get_double(member_of(sum, "service_intensity_gCO2eq_kWh")), 1));
}

static bool has_migration(struct json_object *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (is_migration(list, i))
			return true;
	return false;
}

static void print_together(const struct page *page, struct json_object *list, size_t count)
{
	struct json_object *sum = member_of(page->answer, "combined_effect"), *in_fact;
	char mass[MASS_TEXT_MAX];

	if (!json_object_is_type(sum, json_type_object))
		return;
	print_sum(page, sum, count + 1);
	if (has_migration(list, count))
		put_alternative(page, list, count);
	fprintf(page->out,
		page_word(page, "\n\n  Estimated savings: %s CO2/month", "\n\n  예상 절감: 월 %s CO2"),
		mass_text(json_object_get_double(member_of(sum, "saving_kg_month")), mass));
	in_fact = member_of(sum, "realizable_saving_kg_month");
	if (in_fact != NULL)
		fprintf(page->out, page_word(page, ", of which %s goes in fact", ", 이 가운데 실제로 %s"),
			mass_text(json_object_get_double(in_fact), mass));
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
		if (member_of(item, "memory_note") != NULL) {
			fputs("     ", page->out);
			terminal_put(page->out, text_of_member(item, "memory_note"));
			fputc('\n', page->out);
		}
	}
	print_together(page, list, count);
	if (page_text(page, "recommendation")[0] != '\0') {
		fputs("\n  ", page->out);
		terminal_put(page->out, page_text(page, "recommendation"));
		fputc('\n', page->out);
	}
}
