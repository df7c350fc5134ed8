/* temporal_shift: the cleanest start within 24 hours, by exact search, against what the workload met as it ran. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analyst/improvement/private.h"
#include "analyst/improvement/text.h"
#include "analyst/workloads/run.h"
#include "analyst/schedule/schedule.h"
#include "analyst/grid/tariff.h"
#include "base/kst.h"

/* What is kept running has no other hour to go to. */
static bool is_kept_running(const char *kind)
{
	return is_controller(kind) || strcmp(kind, "system") == 0;
}

/* These may serve all day or do a job: who says how long it runs means a job. */
static bool may_be_service(const char *kind)
{
	return strcmp(kind, "unit") == 0 || strcmp(kind, "vm") == 0;
}

static bool is_job_kind(const char *kind)
{
	return strcmp(kind, "job") == 0 || strcmp(kind, "cronjob") == 0;
}

static void tell_hours(int64_t start, int64_t length, char *text, size_t size)
{
	struct kst from = kst_of(start), to = kst_of(start + length);

	snprintf(text, size, "%02d:%02d-%02d:%02d", from.hour, from.minute, to.hour, to.minute);
}

/* 0 with the search's result and the share of the hours it could run in that is known; -ENOENT: there is no start whose hours are. */
static int search(const struct question *question, int64_t duration, struct schedule *ret_schedule,
	double *ret_coverage)
{
	int64_t now = question_now(question);
	int64_t earliest = (now + MINUTE_SECONDS - 1) / MINUTE_SECONDS * MINUTE_SECONDS;
	const struct schedule_job job = { .duration = duration,
		.earliest = earliest,
		.latest_start = earliest + DAY_SECONDS - MINUTE_SECONDS,
		.starts_end = earliest + DAY_SECONDS,
		.deadline = earliest + DAY_SECONDS + duration };
	struct signal carbon = { 0 };
	int r = grid_file_signal(question->grid.grid.file, job.earliest, job.deadline, &carbon);

	if (r == 0) {
		signal_interpolate(&carbon, SIGNAL_INTERPOLATED_LONGEST);
		signal_seal(&carbon);
		*ret_coverage = 1 - (double)signal_missing(&carbon, job.earliest, job.deadline) /
					    (double)(job.deadline - job.earliest);
		r = schedule_search(&job, &carbon, ret_schedule);
	}
	signal_done(&carbon);
	return r;
}

/* Over the days of a plain week, for a month has all of them: its own hours, and the new ones. -1 where they are not known. */
static double price_factor(const struct question *question, const char *tariff,
	const struct run_history *history, int64_t start, int64_t duration)
{
	double week[TARIFF_WEEK_HOURS], before = 0;

	if (!tariff_week(question->knowledge->data, tariff, question_now(question), week))
		return -1;
	for (int hour = 0; hour < 24; hour++)
		before += history->energy_by_hour[hour] *
			  tariff_week_window(week, hour * HOUR_SECONDS, HOUR_SECONDS);
	return before > 0 ? tariff_week_window(week, start - kst_midnight(start), duration) / before : -1;
}

/* Another hour is one to come: a forecast, or a day that stands for it, however well the past is metered. */
static double confidence_of(const struct question *question, const char *kind, bool is_asked)
{
	if (strcmp(question->grid.quality, "sample") == 0 || (!is_job_kind(kind) && !is_asked))
		return CONFIDENCE_LOW;
	return CONFIDENCE_MEDIUM;
}

static double uncertainty_of(const struct question *question, int64_t start, int64_t duration)
{
	const struct grid_stretch stretch = grid_look(&question->grid.grid, start, duration);

	return grid_choice_uncertainty(
		&question->grid, stretch.covered, stretch.forecast + stretch.estimated);
}

static int propose(const struct question *question, const struct assessment *assessment,
	const struct improvement_wish *wish, const struct run_history *history, int64_t duration,
	struct improvement *imp)
{
	char owner[254], kind[64];
	struct schedule s;
	double factor, coverage = 0;
	int r = search(question, duration, &s, &coverage);

	if (r == -ENOENT || r == -E2BIG || (r == 0 && schedule_is_sliver(&s, s.best.mean)))
		return improvement_refuse(imp, REASON_NO_HOURLY_DATA);
	if (r < 0)
		return r;
	improvement_owner(question, &assessment->subject, owner, kind);
	improvement_say(question, imp->evidence, sizeof(imp->evidence),
		coverage < 1 ? WORDS_SHIFT_EVIDENCE_PART : WORDS_SHIFT_EVIDENCE, imp->after.intensity,
		s.best.mean, s.mean, (double)duration / (double)HOUR_SECONDS, question->grid.source,
		coverage * 100);
	if (schedule_is_no_benefit(s.best.mean, s.mean) ||
		schedule_is_no_benefit(s.best.mean, imp->after.intensity))
		return improvement_refuse(imp, REASON_NO_BENEFIT);
	tell_hours(history->start, history->length, imp->from, sizeof(imp->from));
	tell_hours(s.best.start, duration, imp->to, sizeof(imp->to));
	snprintf(imp->unit, sizeof(imp->unit), "KST");
	improvement_say(question, imp->description, sizeof(imp->description), WORDS_SHIFT, imp->from, imp->to,
		(1 - s.best.mean / imp->after.intensity) * 100);
	imp->after.intensity = s.best.mean;
	imp->after.u_intensity = uncertainty_of(question, s.best.start, duration);
	factor = price_factor(question, wish->tariff, history, s.best.start, duration);
	imp->after.krw_month = imp->after.krw_month >= 0 && factor >= 0 ? imp->after.krw_month * factor : -1;
	imp->confidence = confidence_of(question, kind, wish->duration_hours > 0);
	command_start(
		&assessment->subject, owner, kind, kst_of(s.best.start), imp->action, sizeof(imp->action));
	if (imp->action[0] != '\0' && command_starts_once(&assessment->subject, kind)) {
		struct kst at = kst_of(s.best.start);
		improvement_say(question, imp->evidence, sizeof(imp->evidence), WORDS_ONCE, at.year, at.month,
			at.day, at.hour, at.minute);
	}
	if (imp->action[0] == '\0' && command_lacks_namespace(&assessment->subject))
		improvement_say(question, imp->action_note, sizeof(imp->action_note), WORDS_NO_START,
			assessment->subject.namespace, imp->to);
	imp->is_applied = true;
	return 0;
}

int improve_temporal(const struct question *question, const struct assessment *assessment,
	const struct improvement_wish *wish, struct improvement *imp)
{
	struct run_history history;
	char owner[254], kind[64];
	bool is_asked = wish->duration_hours > 0;
	int64_t duration;
	int r = run_history_gather(question, &assessment->subject, &history);

	if (r < 0)
		return r;
	improvement_owner(question, &assessment->subject, owner, kind);
	if (is_kept_running(kind) || history.is_continuous || (!is_asked && may_be_service(kind)) ||
		wish->duration_hours * (double)HOUR_SECONDS >= (double)DAY_SECONDS)
		return improvement_refuse(imp, REASON_CONTINUOUS);
	if (!is_asked && !history.is_known)
		return improvement_refuse(imp, REASON_NO_HISTORY);
	if (question->grid.grid.file == NULL || imp->after.region != question->region)
		return improvement_refuse(imp, REASON_NO_HOURLY_DATA);
	duration = is_asked ? llround(wish->duration_hours * (double)HOUR_SECONDS)
			    : (history.length + SCHEDULE_GRID_SECONDS / 2) / SCHEDULE_GRID_SECONDS *
				      SCHEDULE_GRID_SECONDS;
	if (duration < SCHEDULE_GRID_SECONDS)
		duration = SCHEDULE_GRID_SECONDS;
	return propose(question, assessment, wish, &history, duration, imp);
}
