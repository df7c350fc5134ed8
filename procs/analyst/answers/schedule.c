/* calculate_optimal_schedule */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyst/answers/answer.h"
#include "analyst/carbon/carbon.h"
#include "analyst/answers/recommend.h"
#include "analyst/schedule/plan.h"
#include "base/kst.h"

#define NIGHT_FROM       (2 * HOUR_SECONDS)
#define NIGHT_TO         (6 * HOUR_SECONDS)
#define SAME_PERCENT     1.0
#define ALTERNATIVES_MAX 3
#define CHUNKS_TOLD      3 /* in words; all are in chunks[] */

/* "03:00-04:00, 15:00-16:00 KST"; for people with the day: "11-24 03:00-04:00, 11-24 15:00-16:00 KST". What runs for a day
 * or longer has both its days: "11-24 10:00-11-25 16:00 KST". */
static void format_window(const struct placement *placement, bool has_days, char *text, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < placement->count && used + 32 < size; i++) {
		const struct schedule_chunk *chunk = &placement->chunks[i];
		struct kst from = kst_of(chunk->start), to = kst_of(chunk->end);
		bool is_long = chunk->end - chunk->start >= DAY_SECONDS;
		used += (size_t)snprintf(text + used, size - used, "%s", i > 0 ? ", " : "");
		if (has_days || is_long)
			used += (size_t)snprintf(
				text + used, size - used, "%02d-%02d ", from.month, from.day);
		used += (size_t)snprintf(text + used, size - used, "%02d:%02d-", from.hour, from.minute);
		if (is_long)
			used += (size_t)snprintf(text + used, size - used, "%02d-%02d ", to.month, to.day);
		used += (size_t)snprintf(text + used, size - used, "%02d:%02d", to.hour, to.minute);
	}
	snprintf(text + used, size - used, " KST");
}

static double reduction_percent(double better, double than)
{
	return than > 0 ? (1 - better / than) * 100 : 0;
}

/* Grams and won of the job at a mean intensity or price. */
static double amount(const struct schedule_plan *plan, double per_kwh)
{
	double kwh = carbon_kwh(plan->watts, plan->hours);

	return carbon_grams(kwh, plan->question->pue.value, per_kwh);
}

static enum advice advise(const struct schedule_plan *plan)
{
	const struct placement *best = schedule_plan_optimum(plan);
	const struct signal *signal = plan->is_by_cost ? &plan->price : &plan->carbon;
	double mean = plan->is_by_cost ? plan->by_price.mean : plan->by_carbon.mean;

	if (best == NULL)
		return ADVICE_NO_HOURLY_DATA;
	if (schedule_is_no_benefit(placement_mean(best, signal), mean))
		return ADVICE_NO_BENEFIT;
	return best->count == 1 && placement_start(best) == plan->job.earliest ? ADVICE_RUN_NOW
									       : ADVICE_SHIFT;
}

static void write_optimum(struct json_writer *w, const struct schedule_plan *plan)
{
	const struct placement *best = schedule_plan_optimum(plan);
	char text[SCHEDULE_CHUNKS_MAX * 14 + 40], cron[32];
	struct kst start;

	if (best == NULL)
		return;
	format_window(best, false, text, sizeof(text));
	json_write_text(w, "optimal_schedule", text);
	write_time(w, "optimal_start", placement_start(best));
	write_time(w, "optimal_end", placement_end(best));
	if (placement_end(best) - placement_start(best) >= DAY_SECONDS)
		return; /* it still runs when it would begin again */
	start = kst_of(placement_start(best));
	snprintf(cron, sizeof(cron), "%d %d * * *", start.minute, start.hour);
	json_write_text(w, "cron", cron);
}

static void write_intensities(struct json_writer *w, const struct schedule_plan *plan)
{
	const struct schedule *s = &plan->by_carbon;
	double optimal;

	if (!plan->has_carbon)
		return;
	optimal = placement_mean(schedule_plan_optimum(plan), &plan->carbon);
	json_write_number(w, "optimal_intensity", optimal);
	if (s->is_now_feasible) {
		json_write_number(w, "now_intensity", s->now);
		json_write_number(w, "reduction_vs_now_percent", reduction_percent(optimal, s->now));
	}
	if (s->mean > 0) {
		json_write_number(w, "mean_intensity", s->mean);
		json_write_number(w, "reduction_vs_mean_percent", reduction_percent(optimal, s->mean));
		json_write_number(w, "worst_intensity", s->worst.mean);
		write_time(w, "worst_start", s->worst.start);
		json_write_number(w, "reduction_vs_worst_percent", reduction_percent(optimal, s->worst.mean));
	}
	if (!plan->has_power)
		return;
	json_write_number(w, "optimal_emissions_gCO2eq", amount(plan, optimal));
	if (s->is_now_feasible)
		json_write_number(w, "now_emissions_gCO2eq", amount(plan, s->now));
}

static bool is_whole(const struct placement *placement, const struct signal *signal)
{
	for (size_t i = 0; i < placement->count; i++)
		if (signal_missing(signal, placement->chunks[i].start, placement->chunks[i].end) > 0)
			return false;
	return placement->count > 0;
}

static void write_option(struct json_writer *w, const struct schedule_plan *plan, const char *key,
	const struct placement *placement)
{
	const struct price *kau = data_price(plan->question->knowledge->data, "kau");
	double intensity;

	if (placement->count == 0)
		return;
	json_open_object(w, key);
	write_time(w, "start", placement_start(placement));
	write_time(w, "end", placement_end(placement));
	if (plan->has_carbon && is_whole(placement, &plan->carbon)) {
		intensity = placement_mean(placement, &plan->carbon);
		json_write_number(w, "intensity", intensity);
		if (plan->has_power) {
			double grams = amount(plan, intensity);
			json_write_number(w, "gCO2eq", grams);
			if (kau != NULL)
				json_write_number(w, "shadow_krw", carbon_cost(grams, kau->value));
		}
	}
	if (plan->has_power && plan->has_price)
		json_write_number(w, "krw", amount(plan, placement_mean(placement, &plan->price)));
	json_close_object(w);
}

/* The carbon price at which the cleanest window, dearer in won, is worth it. */
static void write_break_even(struct json_writer *w, const struct schedule_plan *plan)
{
	double krw_more, grams_less;

	if (!plan->has_carbon || !plan->has_power || !plan->has_price ||
		!is_whole(&plan->best_price, &plan->carbon))
		return;
	krw_more = amount(plan, placement_mean(&plan->best_carbon, &plan->price)) -
		   amount(plan, placement_mean(&plan->best_price, &plan->price));
	grams_less = amount(plan, placement_mean(&plan->best_price, &plan->carbon)) -
		     amount(plan, placement_mean(&plan->best_carbon, &plan->carbon));
	if (krw_more <= 1e-9)
		json_write_number(w, "break_even_krw_per_t", 0);
	else if (grams_less > 1e-9)
		json_write_number(w, "break_even_krw_per_t", krw_more / grams_less * GRAMS_PER_TON);
}

void write_night_check(struct json_writer *w, const struct schedule_plan *plan)
{
	int64_t day = plan->job.earliest, night = kst_midnight(day) + NIGHT_FROM;
	double intensity, mean, percent;

	night += night < day ? DAY_SECONDS : 0;
	if (!plan->has_hours || signal_missing(&plan->carbon, day, day + DAY_SECONDS) > 0 ||
		signal_missing(&plan->carbon, night, night + NIGHT_TO - NIGHT_FROM) > 0)
		return;
	intensity = signal_mean(&plan->carbon, night, night + NIGHT_TO - NIGHT_FROM);
	mean = signal_mean(&plan->carbon, day, day + DAY_SECONDS);
	percent = (intensity / mean - 1) * 100;
	json_open_object(w, "night_window_check");
	json_write_text(w, "window", "02:00-06:00");
	json_write_number(w, "intensity", intensity);
	json_write_number(w, "vs_mean_percent", percent);
	json_write_text(w, "verdict",
		fabs(percent) <= SAME_PERCENT ? "same"
		: percent < 0                 ? "cleaner"
					      : "dirtier");
	json_close_object(w);
}

static void write_alternatives(struct json_writer *w, const struct schedule_plan *plan)
{
	struct schedule_choice choices[ALTERNATIVES_MAX];
	size_t count = plan->has_carbon ? schedule_alternatives(&plan->job, &plan->carbon, HOUR_SECONDS,
						  choices, ALTERNATIVES_MAX)
					: 0;

	json_open_array(w, "alternatives");
	for (size_t i = 0; i < count; i++) {
		json_open_object(w, NULL);
		write_time(w, "start", choices[i].start);
		write_time(w, "end", choices[i].start + plan->job.duration);
		json_write_number(w, "intensity", choices[i].mean);
		json_close_object(w);
	}
	json_close_array(w);
}

static void write_chunks(struct json_writer *w, const struct schedule_plan *plan)
{
	const struct placement *best = schedule_plan_optimum(plan);

	if (!plan->is_interruptible || best == NULL)
		return;
	json_open_array(w, "chunks");
	for (size_t i = 0; i < best->count; i++) {
		json_open_object(w, NULL);
		write_time(w, "start", best->chunks[i].start);
		write_time(w, "end", best->chunks[i].end);
		json_close_object(w);
	}
	json_close_array(w);
}

static void write_data(struct json_writer *w, const struct schedule_plan *plan)
{
	const struct data *data = plan->question->knowledge->data;

	if (plan->has_carbon) {
		bool is_told[24] = { false };
		json_write_number(w, "coverage_percent", plan->coverage * 100);
		json_open_array(w, "interpolated_hours");
		for (size_t i = 0; i < plan->carbon.count; i++) {
			int hour = kst_of(plan->carbon.pieces[i].start).hour;
			if (plan->carbon.pieces[i].state != SIGNAL_INTERPOLATED || is_told[hour])
				continue;
			is_told[hour] = true;
			json_write_integer(w, NULL, hour);
		}
		json_close_array(w);
	} else {
		json_open_array(w, "sample_days");
		for (size_t i = 0; i < data->profile_count; i++)
			if (strcmp(data->profiles[i].zone, plan->question->region->zone) == 0)
				json_write_text(w, NULL, data->profiles[i].name);
		json_close_array(w);
	}
	json_write_text(w, "profile", plan->profile);
}

static void write_next_steps(struct json_writer *w, const struct schedule_plan *plan)
{
	const struct data *data = plan->question->knowledge->data;

	json_open_array(w, "next_steps");
	if (!plan->has_carbon && data->profile_count > 0) {
		json_open_object(w, NULL);
		json_write_text(w, "tool", "calculate_optimal_schedule");
		json_open_object(w, "arguments");
		if (plan->has_workload)
			json_write_text(w, "workload_name", plan->workload.subject.handle);
		else
			json_write_number(w, "power_watts", plan->watts);
		json_write_text(w, "profile", data->profiles[0].name);
		json_close_object(w);
		json_close_object(w);
	} else if (plan->has_workload) {
		json_open_object(w, NULL);
		json_write_text(w, "tool", "assess_workload_compliance");
		json_open_object(w, "arguments");
		json_write_text(w, "workload_name", plan->workload.subject.handle);
		json_write_text(w, "namespace", plan->workload.subject.namespace);
		json_close_object(w);
		json_close_object(w);
	}
	json_close_array(w);
}

/* The chunks the words leave out stand in chunks[]. */
static void tell_rest(const struct question *question, size_t rest, char *text, size_t size)
{
	size_t used = strlen(text);

	if (rest > 0)
		snprintf(text + used, size - used, question->is_korean ? " 외 %zu구간" : " and %zu more",
			rest);
}

static void tell_window(
	const struct schedule_plan *plan, const struct placement *placement, char *text, size_t size)
{
	struct placement head = *placement;

	head.count = head.count > CHUNKS_TOLD ? CHUNKS_TOLD : head.count;
	format_window(&head, true, text, size);
	tell_rest(plan->question, placement->count - head.count, text, size);
}

static void write_words(struct json_writer *w, const struct schedule_plan *plan, enum advice advice)
{
	const struct placement *best = schedule_plan_optimum(plan), *cheapest = &plan->best_price;
	int64_t now = question_now(plan->question);
	char text[RECOMMENDATION_MAX], window[128] = "";
	struct schedule_words words = { .advice = advice,
		.is_by_cost = plan->is_by_cost,
		.coverage = plan->coverage,
		.is_past =
			plan->job.earliest<now, .is_later = llabs(plan->job.earliest - now)> MINUTE_SECONDS,
		.window = window };

	if (best != NULL) {
		const struct signal *signal = plan->is_by_cost ? &plan->price : &plan->carbon;
		double mean = plan->is_by_cost ? plan->by_price.mean : plan->by_carbon.mean;
		tell_window(plan, best, window, sizeof(window));
		words.percent = reduction_percent(placement_mean(best, signal), mean);
		words.is_over = placement_start(best) < now;
	} else if (plan->has_price && cheapest->count > 0 &&
		   !schedule_is_no_benefit(placement_mean(cheapest, &plan->price), plan->by_price.mean)) {
		tell_window(plan, cheapest, window, sizeof(window));
		words.cheaper_percent =
			reduction_percent(placement_mean(cheapest, &plan->price), plan->by_price.mean);
	}
	recommend_schedule(plan->question, &words, text);
	json_write_text(w, "recommendation", text);
}

static void note_reasons(const struct schedule_plan *plan, enum advice advice)
{
	bool *is_set = plan->question->reasons.is_set;

	is_set[REASON_NO_BENEFIT] = advice == ADVICE_NO_BENEFIT;
	is_set[REASON_NO_HOURLY_DATA] = !plan->has_carbon;
	is_set[REASON_GRID_ANNUAL] = !plan->has_carbon;
	is_set[REASON_GRID_DEGRADED] |= plan->has_carbon && plan->coverage < 1;
	question_note_pue(plan->question, &plan->question->reasons);
	schedule_plan_note_prices(plan);
}

static void write_plan(struct json_writer *w, const struct schedule_plan *plan)
{
	static const char *const codes[] = { "SHIFT", "RUN_NOW", "NO_BENEFIT", "NO_HOURLY_DATA" };
	enum advice advice = advise(plan);

	note_reasons(plan, advice);
	if (plan->has_workload)
		json_write_text(w, "workload", plan->workload.subject.name);
	if (plan->has_power)
		json_write_number(w, "power_watts", plan->watts);
	json_write_number(w, "duration_hours", plan->hours);
	json_write_text(w, "recommendation_code", codes[advice]);
	write_optimum(w, plan);
	write_intensities(w, plan);
	json_open_object(w, "options");
	if (plan->has_carbon)
		write_option(w, plan, "carbon", &plan->best_carbon);
	if (plan->has_price)
		write_option(w, plan, "cost", &plan->best_price);
	write_option(w, plan, "now", &plan->now);
	json_close_object(w);
	write_break_even(w, plan);
	write_night_check(w, plan);
	write_alternatives(w, plan);
	write_chunks(w, plan);
	write_data(w, plan);
	write_next_steps(w, plan);
	write_words(w, plan, advice);
}

int schedule_answer(struct question *question, struct json_writer *writer, struct error_object *error)
{
	struct schedule_plan plan;
	int r = schedule_plan_make(question, &plan, error);

	if (r == 0)
		r = schedule_plan_check_hours(&plan, error);
	if (r == 0) {
		write_plan(writer, &plan);
		if (plan.has_carbon)
			schedule_plan_tell_quality(&plan);
		else
			question_use_annual(question);
		write_reasons(writer, &question->reasons);
		write_timestamp(writer, question);
		write_provenance(writer, question, plan.has_carbon ? plan.coverage : 1,
			plan.has_workload ? plan.workload.verdict.observed_ns : 0);
	}
	schedule_plan_done(&plan);
	return r;
}
