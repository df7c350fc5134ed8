/* From a question to placements of a job: which data applies, where the job goes for carbon, for cost, and from now on. */
#pragma once

#include "analyst/workloads/assessment.h"
#include "analyst/schedule/schedule.h"

struct placement {
	size_t count; /* 0 = there is none */
	struct schedule_chunk chunks[SCHEDULE_CHUNKS_MAX];
};

struct schedule_plan {
	struct question *question;
	struct schedule_job job;
	double hours;
	bool is_interruptible, is_by_cost;
	int64_t min_chunk;            /* s */
	const char *tariff, *profile; /* codes; profile "none" where there is no hourly data */
	bool has_workload, has_power;
	struct assessment workload;
	double watts; /* where has_power */
	/* grid */
	bool has_hours;                      /* some of the horizon is known */
	bool has_carbon, has_price;          /* enough of it to place the job; price: false abroad */
	struct signal carbon, price;         /* g/kWh, KRW/kWh */
	struct schedule by_carbon, by_price; /* of contiguous runs; mean 0 where none fits */
	struct placement best_carbon, best_price, now;
	double coverage; /* of the horizon, 0 … 1 */
	struct grid_file sample;
	struct grid_point sample_points[24];
};

/* The hours alone, of a job of any power: which data applies, and its signals; no placement. 0, -EINVAL with `error` filled, or
 * another -errno; done() in any case. */
int schedule_plan_read(struct question *question, struct schedule_plan *ret_plan, struct error_object *error);
/* All of it, likewise. That the window or the deadline allow no start is an error; that the grid data has no whole one is not. */
int schedule_plan_make(struct question *question, struct schedule_plan *ret_plan, struct error_object *error);
/* That holes in the grid data leave no whole start by carbon is an error to who asks for one: -EINVAL. Data that merely ends too
 * soon, as that of a provider without forecasts, is not. */
int schedule_plan_check_hours(const struct schedule_plan *plan, struct error_object *error);
/* What the provenance, which is written last, says of the grid data: the quality of the hours planned with. */
void schedule_plan_tell_quality(struct schedule_plan *plan);
/* What is to be said of the prices planned with. */
void schedule_plan_note_prices(const struct schedule_plan *plan);
void schedule_plan_done(struct schedule_plan *plan);
/* Where the asked objective puts the job; NULL for carbon without hourly data. */
const struct placement *schedule_plan_optimum(const struct schedule_plan *plan);

int64_t placement_start(const struct placement *placement);
int64_t placement_end(const struct placement *placement);
/* Mean of a signal over the placement's chunks. */
double placement_mean(const struct placement *placement, const struct signal *signal);

struct json_writer;
/* night_window_check, where both are known: is the next night, 02:00-06:00, cleaner than the 24 hours from `earliest`?
 * Computed, never assumed. */
void write_night_check(struct json_writer *writer, const struct schedule_plan *plan);
