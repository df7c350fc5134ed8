#include "analyst/schedule/plan.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analyst/grid/tariff.h"
#include "base/kst.h"
#include "korea/demo.h"

#define TIME_REACH  (3660 * DAY_SECONDS) /* ten years: a time farther from now is a slip */
#define NIGHT_REACH (30 * HOUR_SECONDS)  /* the next night's window ends before */

int64_t placement_start(const struct placement *placement)
{
	return placement->chunks[0].start;
}

int64_t placement_end(const struct placement *placement)
{
	return placement->chunks[placement->count - 1].end;
}

double placement_mean(const struct placement *placement, const struct signal *signal)
{
	double sum = 0, length = 0;

	if (placement->count == 1) /* no rounding in the plain case */
		return signal_mean(signal, placement->chunks[0].start, placement->chunks[0].end);
	for (size_t i = 0; i < placement->count; i++) {
		const struct schedule_chunk *chunk = &placement->chunks[i];
		double seconds = (double)(chunk->end - chunk->start);
		sum += signal_mean(signal, chunk->start, chunk->end) * seconds;
		length += seconds;
	}
	return sum / length;
}

void schedule_plan_done(struct schedule_plan *plan)
{
	assessment_done(&plan->workload);
	signal_done(&plan->carbon);
	signal_done(&plan->price);
}

void schedule_plan_tell_quality(struct schedule_plan *plan)
{
	struct grid_choice *choice = &plan->question->grid;
	const struct grid_stretch stretch =
		grid_look(&choice->grid, plan->job.earliest, plan->job.deadline - plan->job.earliest);

	choice->quality = grid_choice_quality(choice, &stretch);
}

void schedule_plan_note_prices(const struct schedule_plan *plan)
{
	const struct data *data = plan->question->knowledge->data;
	bool *is_set = plan->question->reasons.is_set;
	int64_t from = plan->job.earliest, last = plan->job.deadline - 1;

	is_set[REASON_COST_UNKNOWN] |= !plan->has_price;
	is_set[REASON_HOLIDAYS_UNKNOWN] |= plan->has_price && !tariff_knows_holidays(data, from, last);
	is_set[REASON_TARIFF_OUT_OF_PERIOD] |=
		plan->has_price && !tariff_covers(data, plan->tariff, from, last);
}

const struct placement *schedule_plan_optimum(const struct schedule_plan *plan)
{
	if (plan->is_by_cost)
		return &plan->best_price;
	return plan->has_carbon ? &plan->best_carbon : NULL;
}

/* arguments */

static int refuse_time(const struct schedule_plan *plan, const char *name, const char *what_en,
	const char *what_ko, struct error_object *error)
{
	char text[128];

	snprintf(text, sizeof(text), "%s %s", name, plan->question->is_korean ? what_ko : what_en);
	return question_refuse(plan->question, error, ERROR_INVALID_ARGUMENT, name, text, text);
}

static int read_time(const struct schedule_plan *plan, const char *name, int64_t otherwise,
	int64_t *ret_seconds, struct error_object *error)
{
	const char *text = question_text(plan->question, name, NULL);

	*ret_seconds = otherwise;
	if (text == NULL)
		return 0;
	if (kst_parse_time(text, ret_seconds)) {
		int64_t distance = *ret_seconds - question_now(plan->question);
		if (distance >= -TIME_REACH && distance <= TIME_REACH)
			return 0;
		return refuse_time(plan, name, "must lie within ten years of now.",
			"값은 현재부터 10년 이내여야 합니다.", error);
	}
	return refuse_time(plan, name, "must be an RFC 3339 time, such as 2026-11-24T09:00:00+09:00.",
		"값은 2026-11-24T09:00:00+09:00 같은 RFC 3339 시각이어야 합니다.", error);
}

/* 24:00 is the end of a day, and no time one begins at. */
static bool parse_clock_of_end(const char *text, int64_t *ret_seconds)
{
	if (strcmp(text, "24:00") != 0)
		return kst_parse_clock(text, 5, ret_seconds);
	*ret_seconds = DAY_SECONDS;
	return true;
}

static int read_window(struct schedule_plan *plan, struct error_object *error)
{
	const char *text = question_text(plan->question, "allowed_window", NULL);

	if (text == NULL ||
		(strlen(text) == 11 && text[5] == '-' && kst_parse_clock(text, 5, &plan->job.window.from) &&
			parse_clock_of_end(text + 6, &plan->job.window.to) &&
			plan->job.window.from != plan->job.window.to))
		return 0;
	return question_refuse(plan->question, error, ERROR_INVALID_ARGUMENT, "allowed_window",
		"allowed_window must be HH:MM-HH:MM in Korean time, such as 22:00-06:00.",
		"allowed_window 값은 22:00-06:00처럼 한국 시각 HH:MM-HH:MM이어야 합니다.");
}

/* Which of the two is too short. */
static int refuse_fit(const struct schedule_plan *plan, bool is_by_deadline, struct error_object *error)
{
	bool ko = plan->question->is_korean;

	question_refuse(plan->question, error, ERROR_DURATION_EXCEEDS_WINDOW, "duration_hours", "", "");
	snprintf(error->hint, sizeof(error->hint),
		is_by_deadline ? (ko ? "deadline은 earliest(기본값: 지금)보다 duration_hours(%g시간) 이상 "
				       "뒤여야 합니다."
				     : "deadline must be at least duration_hours (%g h) after earliest "
				       "(default: now).")
			       : (ko ? "allowed_window가 duration_hours(%g시간)보다 짧습니다. 늘리거나 "
				       "interruptible을 true로 하십시오."
				     : "allowed_window is shorter than duration_hours (%g h): widen it, or "
				       "set interruptible."),
		plan->hours);
	return -EINVAL;
}

static int check_fit(const struct schedule_plan *plan, struct error_object *error)
{
	const struct schedule_job *job = &plan->job;
	bool is_late = job->deadline - job->earliest < job->duration;

	if (is_late || (!plan->is_interruptible && daily_window_length(&job->window) < job->duration))
		return refuse_fit(plan, is_late, error);
	if (plan->is_interruptible &&
		(job->duration % SCHEDULE_GRID_SECONDS != 0 || plan->min_chunk % SCHEDULE_GRID_SECONDS != 0))
		return question_refuse(plan->question, error, ERROR_INVALID_ARGUMENT, "duration_hours",
			"An interruptible job and its chunks must last a multiple of 5 minutes.",
			"중단 가능한 작업과 그 구간은 5분의 배수여야 합니다.");
	return 0;
}

static int read_job(struct schedule_plan *plan, struct error_object *error)
{
	const struct question *q = plan->question;
	struct schedule_job *job = &plan->job;
	int64_t now = question_now(q), deadline;
	int r;

	plan->hours = question_number(q, "duration_hours", 4);
	plan->is_interruptible = question_flag(q, "interruptible");
	plan->is_by_cost = strcmp(question_text(q, "objective", "carbon"), "cost") == 0;
	plan->has_price = question_is_in_korea(q);
	if (plan->is_by_cost && !plan->has_price)
		return question_refuse(q, error, ERROR_INVALID_ARGUMENT, "objective",
			"objective cost is known for regions in Korea only.",
			"objective cost는 한국 리전에서만 쓸 수 있습니다.");
	plan->min_chunk = (int64_t)question_number(q, "min_chunk_minutes", 60) * MINUTE_SECONDS;
	plan->tariff = question_text(q, "tariff", TARIFF_DEFAULT);
	job->duration = llround(plan->hours * (double)HOUR_SECONDS);
	now = (now + MINUTE_SECONDS - 1) / MINUTE_SECONDS * MINUTE_SECONDS;
	if ((r = read_time(plan, "earliest", now, &job->earliest, error)) < 0 ||
		(r = read_time(plan, "deadline", INT64_MAX / 2, &deadline, error)) < 0 ||
		(r = read_window(plan, error)) < 0)
		return r;
	/* Starts lie in [earliest, earliest + 24 h), to the minute; the end may be later. */
	job->latest_start = job->earliest + DAY_SECONDS - MINUTE_SECONDS;
	job->starts_end = job->earliest + DAY_SECONDS;
	job->deadline = job->starts_end + job->duration;
	if (plan->is_interruptible && job->duration <= DAY_SECONDS && deadline == INT64_MAX / 2)
		job->deadline = job->earliest + DAY_SECONDS;
	if (deadline < job->deadline)
		job->deadline = deadline;
	return check_fit(plan, error);
}

static int read_power(struct schedule_plan *plan, struct error_object *error)
{
	struct question *q = plan->question;
	int r;

	plan->watts = question_number(q, "power_watts", -1);
	plan->has_power = plan->watts >= 0;
	plan->has_workload = q->workload_name[0] != '\0';
	if (!plan->has_workload && !plan->has_power)
		return question_refuse(q, error, ERROR_INVALID_ARGUMENT, "workload_name",
			"Give workload_name, or power_watts, such as power_watts 500.",
			"workload_name 또는 power_watts를 지정하십시오(예: power_watts 500).");
	if (!plan->has_workload)
		return 0;
	if ((r = assessment_gather(q, &plan->workload, error)) < 0)
		return r;
	if (!plan->has_power && plan->workload.verdict.is_power_usable) {
		plan->watts = plan->workload.verdict.mean_watts;
		plan->has_power = true;
	}
	return 0;
}

/* grid data */

static int refuse_profile(const struct schedule_plan *plan, const char *name, struct error_object *error)
{
	const struct data *data = plan->question->knowledge->data;

	question_refuse(plan->question, error, ERROR_UNKNOWN_PROFILE, "profile", "", "");
	snprintf(error->value, sizeof(error->value), "%s", name);
	for (size_t i = 0; i < data->profile_count && error->candidate_count < ERROR_CANDIDATES_MAX; i++)
		snprintf(error->candidates[error->candidate_count++], sizeof(error->candidates[0]), "%s",
			data->profiles[i].name);
	return -EINVAL;
}

/* A sample day becomes the grid data of this answer, and says so. */
static int use_sample(struct schedule_plan *plan, const char *name, struct error_object *error)
{
	struct question *q = plan->question;
	const struct profile *profile = data_profile(q->knowledge->data, name);
	bool with_solar = question_flag(q, "include_estimated_solar");

	if (profile == NULL || strcmp(profile->zone, q->region->zone) != 0 ||
		(with_solar && !profile->has_solar))
		return refuse_profile(plan, name, error);
	plan->sample = (struct grid_file) {
		.is_daily = true, .count = 24, .points = plan->sample_points, .hold = HOUR_SECONDS
	};
	for (int hour = 0; hour < 24; hour++)
		plan->sample_points[hour] = (struct grid_point) { .start = hour * HOUR_SECONDS,
			.value = with_solar ? profile->hours_with_solar[hour] : profile->hours[hour] };
	q->grid.grid.file = &plan->sample;
	q->grid.factor = profile->factor;
	q->grid.quality = profile->is_unverified ? GRID_UNVERIFIED : "sample";
	snprintf(q->grid.source, sizeof(q->grid.source), "%s", profile->source);
	snprintf(q->grid.vintage, sizeof(q->grid.vintage), "%s", profile->day);
	q->grid.live = NULL;
	q->grid.is_cached = q->grid.is_degraded = false;
	q->grid.licence = profile->licence;
	q->grid.sha256 = profile->sha256;
	q->reasons.is_set[profile->is_unverified ? REASON_GRID_USER_VALUE : REASON_GRID_SAMPLE_DAY] = true;
	plan->profile = profile->name;
	return 0;
}

static bool has_accepted_day(const struct question *question)
{
	const struct profile *day = data_profile(question->knowledge->data, DEMO_PROFILE);

	return day != NULL && strcmp(day->zone, question->region->zone) == 0 &&
	       !question_flag(question, "include_estimated_solar");
}

static int choose_profile(struct schedule_plan *plan, struct error_object *error)
{
	struct question *q = plan->question;
	const char *asked = question_text(q, "profile", "auto");
	const struct grid_file *file = q->grid.grid.file;
	bool is_typical = strcmp(asked, "typical_day") == 0, is_forecast = strcmp(asked, "forecast") == 0;

	plan->profile = "none";
	if (strcmp(asked, "auto") != 0 && !is_typical && !is_forecast)
		return use_sample(plan, asked, error);
	/* A day of the operator's that the configuration accepts, where there is nothing better. */
	if (file == NULL && !is_forecast && has_accepted_day(q))
		return use_sample(plan, DEMO_PROFILE, error);
	if (file == NULL || (is_typical && !file->is_daily) || (is_forecast && file->is_daily)) {
		question_use_annual(q);
		return 0;
	}
	plan->profile = file->is_daily ? "typical_day" : "forecast";
	return 0;
}

static int read_signals(struct schedule_plan *plan)
{
	const struct schedule_job *job = &plan->job;
	const struct grid_file *file = plan->question->grid.grid.file;
	int64_t end =
		job->deadline > job->earliest + NIGHT_REACH ? job->deadline : job->earliest + NIGHT_REACH;
	int r = tariff_signal(
		plan->question->knowledge->data, plan->tariff, job->earliest, end, &plan->price);

	if (r < 0 || file == NULL)
		return r;
	r = grid_file_signal(file, job->earliest, end, &plan->carbon);
	if (r < 0)
		return r;
	signal_interpolate(&plan->carbon, SIGNAL_INTERPOLATED_LONGEST);
	signal_seal(&plan->carbon);
	int64_t missing = signal_missing(&plan->carbon, job->earliest, job->deadline);
	plan->coverage = 1 - (double)missing / (double)(job->deadline - job->earliest);
	plan->has_hours = plan->coverage > 0;
	return 0;
}

static int read_grid(struct schedule_plan *plan, struct error_object *error)
{
	int r = choose_profile(plan, error);

	if (r == 0)
		r = read_signals(plan);
	return r == -ENOENT ? question_refuse_tariff(plan->question, plan->tariff, error) : r;
}

/* placing */

static void place_one(struct placement *placement, int64_t start, int64_t duration)
{
	placement->count = 1;
	placement->chunks[0] = (struct schedule_chunk) { start, start + duration };
}

/* A contiguous search always, for the mean and the worst; chunks where the job may be interrupted. */
static int place(const struct schedule_plan *plan, const struct signal *signal, struct schedule *schedule,
	struct placement *best)
{
	struct schedule_job job = plan->job;
	double mean;
	int r;

	/* of equally cheap hours the cleanest */
	job.second = signal == &plan->price && plan->has_hours ? &plan->carbon : NULL;
	r = schedule_search(&job, signal, schedule);

	if (r == 0)
		place_one(best, schedule->best.start, plan->job.duration);
	if (!plan->is_interruptible || (r < 0 && r != -ENOENT))
		return r;
	return schedule_chunks(
		&job, plan->min_chunk, signal, best->chunks, SCHEDULE_CHUNKS_MAX, &best->count, &mean);
}

/* The price has no holes: what it allows and carbon does not is for want of grid data. */
static int place_by_carbon(struct schedule_plan *plan)
{
	int r = place(plan, &plan->carbon, &plan->by_carbon, &plan->best_carbon);

	plan->has_carbon = r == 0 && !schedule_is_sliver(&plan->by_carbon,
					     placement_mean(&plan->best_carbon, &plan->carbon));
	return r == -ENOENT ? 0 : r;
}

int schedule_plan_read(struct question *question, struct schedule_plan *ret_plan, struct error_object *error)
{
	int r;

	*ret_plan = (struct schedule_plan) { .question = question };
	r = read_job(ret_plan, error);
	return r < 0 ? r : read_grid(ret_plan, error);
}

int schedule_plan_make(struct question *question, struct schedule_plan *ret_plan, struct error_object *error)
{
	struct schedule_plan *plan = ret_plan;
	int r;

	*plan = (struct schedule_plan) { .question = question };
	if ((r = read_job(plan, error)) < 0 || (r = read_power(plan, error)) < 0 ||
		(r = read_grid(plan, error)) < 0)
		return r;
	r = place(plan, &plan->price, &plan->by_price, &plan->best_price);
	if (r == -ENOENT)
		return question_refuse(question, error, ERROR_NO_FEASIBLE_WINDOW, "", "", "");
	if (r == 0 && plan->has_hours)
		r = place_by_carbon(plan);
	if (r < 0)
		return r;
	if (plan->by_price.is_now_feasible)
		place_one(&plan->now, plan->job.earliest, plan->job.duration);
	return 0;
}

/* What lacks hours of a repeated day lacks them on every day. */
static bool has_holes(const struct schedule_plan *plan)
{
	const struct grid_file *file = plan->question->grid.grid.file;

	return plan->has_hours &&
	       (file->is_daily || signal_is_torn(&plan->carbon, plan->job.earliest, plan->job.deadline));
}

int schedule_plan_check_hours(const struct schedule_plan *plan, struct error_object *error)
{
	char text_en[160], text_ko[160];

	if (plan->is_by_cost || plan->best_carbon.count > 0 || !has_holes(plan))
		return 0;
	snprintf(text_en, sizeof(text_en),
		"No start has grid data for all of its hours: holes leave %.1f %% of the time it may run in.",
		plan->coverage * 100);
	snprintf(text_ko, sizeof(text_ko),
		"전력망 데이터가 빠진 시간을 피할 수 있는 시작 시각이 없습니다(실행할 수 있는 시간의 %.1f "
		"%%만 있음).",
		plan->coverage * 100);
	return question_refuse(plan->question, error, ERROR_NO_FEASIBLE_WINDOW, "", text_en, text_ko);
}
