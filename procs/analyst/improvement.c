#include "analyst/improvement.h"

#include <stdio.h>

#include "analyst/recommend.h"

#define TEXT_MAX 1024

/* The better PUE takes 1 - target / PUE of every kilogram, not the gap over the target. */
static double pue_reduction(const struct question *question)
{
	return 1 - question->pue_target / question->pue.value;
}

static void write_step(struct json_writer *w, const struct question *q)
{
	char text[TEXT_MAX], number[32];

	snprintf(text, sizeof(text), "PUE %g -> %g", q->pue.value, q->pue_target);
	json_write_text(w, "evidence", text);
	json_format_number(q->pue.value, number);
	json_write_text(w, "from", number);
	json_format_number(q->pue_target, number);
	json_write_text(w, "to", number);
	json_write_text(w, "unit", "PUE");
}

void write_improvements(struct json_writer *w, const struct question *q, enum status pue_status,
	bool is_power_usable, double kg_month)
{
	char text[TEXT_MAX];

	if (pue_status != STATUS_NON_COMPLIANT)
		return;
	json_open_object(w, NULL);
	json_write_text(w, "type", "pue_improvement");
	recommend_pue(q, text, sizeof(text));
	json_write_text(w, "description", text);
	json_write_number(w, "estimated_reduction_percent", pue_reduction(q) * 100);
	if (is_power_usable)
		json_write_number(w, "estimated_kg_month", improvement_kg_month(q, pue_status, kg_month));
	json_write_text(w, "implementation_complexity", "high");
	json_write_text(w, "confidence", q->pue.source == PUE_REGION_TABLE ? "low" : "medium");
	write_step(w, q);
	json_close_object(w);
}

double improvement_kg_month(const struct question *question, enum status pue_status, double kg_month)
{
	return pue_status == STATUS_NON_COMPLIANT ? kg_month * pue_reduction(question) : 0;
}
