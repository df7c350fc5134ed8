/* grid_data */
#include "analyst/answers/answer.h"
#include "analyst/grid/live.h"
#include "base/kst.h"

#define HOURS 24

static void write_price(struct json_writer *w, const struct live_provider *provider, int64_t hour)
{
	for (size_t i = 0; i < provider->price_count; i++)
		if (provider->prices[i].start == hour)
			json_write_number(w, "krw_per_kWh", provider->prices[i].value);
}

static void write_hours(struct json_writer *w, const struct question *question)
{
	const struct live *live = question->knowledge->live;
	int64_t first = question_now(question) / HOUR_SECONDS * HOUR_SECONDS;

	json_open_array(w, "hours");
	for (int i = 0; i < HOURS; i++) {
		int64_t hour = first + i * HOUR_SECONDS;
		const struct grid_stretch stretch = grid_look(&question->grid.grid, hour, HOUR_SECONDS);
		json_open_object(w, NULL);
		write_time(w, "start", hour);
		if (stretch.covered > 0.5) { /* a few minutes do not stand for an hour */
			json_write_number(w, "intensity_gCO2eq_kWh", stretch.known);
			json_write_text(w, "quality", grid_choice_quality(&question->grid, &stretch));
		}
		for (size_t p = 0; live != NULL && p < live->count; p++)
			write_price(w, &live->providers[p], hour);
		json_close_object(w);
	}
	json_close_array(w);
}

static void write_provider(struct json_writer *w, const struct live_provider *provider, int64_t now)
{
	double value;
	bool is_empty = provider->file == NULL || provider->file->count == 0;

	json_open_object(w, NULL);
	json_write_text(w, "name", provider->name);
	json_write_text(w, "signal", provider->is_marginal ? "marginal" : "average");
	json_write_text(w, "factor", grid_factor_name(provider->factor));
	json_write_text(w, "state", is_empty ? "empty" : live_is_cached(provider, now) ? "cached" : "live");
	json_write_boolean(w, "is_experimental", provider->is_experimental);
	if (provider->retrieved_s > 0)
		write_time(w, "retrieved_at", provider->retrieved_s);
	if (!is_empty && grid_file_at(provider->file, now, &value))
		json_write_number(w, "intensity_gCO2eq_kWh", value);
	json_write_text(w, "licence", provider->licence);
	if (provider->failing_since_s > 0) {
		write_time(w, "failing_since", provider->failing_since_s);
		json_write_text(w, "failure", provider->failure);
	}
	json_close_object(w);
}

static void write_providers(struct json_writer *w, const struct question *question)
{
	const struct live *live = question->knowledge->live;

	for (size_t i = 0; live != NULL && i < live->count; i++)
		if (live->providers[i].demand_mw > 0) {
			json_write_number(w, "demand_MW", live->providers[i].demand_mw);
			if (live->providers[i].reserve_percent > 0)
				json_write_number(w, "reserve_percent", live->providers[i].reserve_percent);
			break;
		}
	json_open_array(w, "providers");
	for (size_t i = 0; live != NULL && i < live->count; i++)
		if (live->providers[i].name[0] != '\0')
			write_provider(w, &live->providers[i], question_now(question));
	json_close_array(w);
}

int grid_answer(struct question *question, struct json_writer *writer, struct error_object *error)
{
	const struct grid_choice *choice = &question->grid;
	const struct grid_stretch now = grid_look(&choice->grid, question_now(question), 1);
	bool *is_set = question->reasons.is_set, is_known = now.covered > 0;

	(void)error;
	is_set[REASON_GRID_ANNUAL] = choice->grid.file == NULL;
	is_set[REASON_GRID_DEGRADED] = choice->grid.file != NULL && !is_known;
	is_set[REASON_GRID_CACHED] = choice->is_cached;
	json_write_text(writer, "region", question->region->code);
	json_write_text(writer, "zone", question->region->zone);
	json_write_number(writer, "intensity_gCO2eq_kWh", now.known);
	json_write_text(writer, "quality", grid_choice_quality(choice, &now));
	write_hours(writer, question);
	write_providers(writer, question);
	write_reasons(writer, &question->reasons);
	write_timestamp(writer, question);
	write_provenance(writer, question, is_known || choice->grid.file == NULL ? 1 : 0, 0);
	return 0;
}
