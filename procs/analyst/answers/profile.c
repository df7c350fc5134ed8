/* hourly_profile */
#include "analyst/answers/answer.h"
#include "analyst/carbon/carbon.h"
#include "analyst/schedule/plan.h"
#include "base/kst.h"

#define HOURS 24

/* [from, to) lies in both signals. */
static void write_hour(struct json_writer *w, const struct schedule_plan *plan, int64_t hour, int64_t from)
{
	int64_t to = hour + HOUR_SECONDS;
	double kwh = carbon_kwh(plan->watts, 1), pue = plan->question->pue.value,
	       price = signal_mean(&plan->price, from, to);

	json_open_object(w, NULL);
	write_time(w, "start", hour);
	json_write_number(w, "krw_per_kWh", price);
	json_write_number(w, "krw", carbon_grams(kwh, pue, price));
	if (plan->has_hours && signal_missing(&plan->carbon, from, to) == 0) {
		double intensity = signal_mean(&plan->carbon, from, to);
		json_write_number(w, "intensity_gCO2eq_kWh", intensity);
		json_write_number(w, "gCO2eq", carbon_grams(kwh, pue, intensity));
		json_write_boolean(w, "is_interpolated", signal_invented(&plan->carbon, from, to) > 0);
	}
	json_close_object(w);
}

static void write_hours(struct json_writer *w, const struct schedule_plan *plan)
{
	int64_t earliest = plan->job.earliest, first = earliest / HOUR_SECONDS * HOUR_SECONDS;

	json_open_array(w, "hours");
	for (int i = 0; i < HOURS; i++) {
		int64_t hour = first + i * HOUR_SECONDS;
		write_hour(w, plan, hour, hour < earliest ? earliest : hour);
	}
	json_close_array(w);
}

int profile_answer(struct question *question, struct json_writer *writer, struct error_object *error)
{
	struct schedule_plan plan;
	int r = schedule_plan_make(question, &plan, error);

	if (r == 0) {
		question->reasons.is_set[REASON_NO_HOURLY_DATA] = !plan.has_hours;
		question->reasons.is_set[REASON_GRID_ANNUAL] = !plan.has_hours;
		question->reasons.is_set[REASON_GRID_DEGRADED] |= plan.has_hours && plan.coverage < 1;
		question_note_pue(question, &question->reasons);
		schedule_plan_note_prices(&plan);
		json_write_number(writer, "power_watts", plan.watts);
		json_write_text(writer, "profile", plan.profile);
		write_hours(writer, &plan);
		schedule_plan_tell_quality(&plan);
		write_reasons(writer, &question->reasons);
		write_timestamp(writer, question);
		write_provenance(writer, question, plan.has_hours ? plan.coverage : 1, 0);
	}
	schedule_plan_done(&plan);
	return r;
}
