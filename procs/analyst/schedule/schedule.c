#include "analyst/schedule/schedule.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/kst.h"
#include "korea/data.h"

/* the allowed window */

static bool is_always_open(const struct daily_window *window)
{
	return window->from == window->to;
}

int64_t daily_window_length(const struct daily_window *window)
{
	if (is_always_open(window))
		return INT64_MAX;
	return window->to > window->from ? window->to - window->from
					 : window->to + DAY_SECONDS - window->from;
}

/* The opening that begins at or before `at`. */
static int64_t opening_before(const struct daily_window *window, int64_t at)
{
	int64_t opening = kst_midnight(at) + window->from;

	return opening <= at ? opening : opening - DAY_SECONDS;
}

bool daily_window_contains(const struct daily_window *window, int64_t from, int64_t to)
{
	if (is_always_open(window))
		return true;
	return to <= opening_before(window, from) + daily_window_length(window);
}

/* candidates */

struct candidates {
	int64_t *starts;
	size_t count, room;
};

static int add(struct candidates *candidates, const struct schedule_job *job, int64_t start)
{
	int64_t last = job->starts_end > job->latest_start ? job->starts_end : job->latest_start;

	if (start < job->earliest || start > last || start + job->duration > job->deadline)
		return 0;
	if (!array_grow(
		    &candidates->starts, candidates->count, &candidates->room, sizeof(*candidates->starts)))
		return -ENOMEM;
	candidates->starts[candidates->count++] = start;
	return 0;
}

static int by_time(const void *left, const void *right)
{
	int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

	return (a > b) - (a < b);
}

static void sort_unique(struct candidates *candidates)
{
	size_t kept = 0;

	if (candidates->count == 0)
		return;
	qsort(candidates->starts, candidates->count, sizeof(*candidates->starts), by_time);
	for (size_t i = 1; i < candidates->count; i++)
		if (candidates->starts[i] != candidates->starts[kept])
			candidates->starts[++kept] = candidates->starts[i];
	candidates->count = kept + 1;
}

/* Every start at which the mean can change its slope, or that bounds what is allowed. */
static int gather_edges(
	const struct schedule_job *job, const struct signal *signal, struct candidates *candidates)
{
	int r = 0;

	for (size_t i = 0; signal != NULL && i < signal->count && r == 0; i++)
		if ((r = add(candidates, job, signal->pieces[i].start)) == 0)
			r = add(candidates, job, signal->pieces[i].start - job->duration);
	return r;
}

static int gather(const struct schedule_job *job, const struct signal *signal, struct candidates *candidates)
{
	int r = gather_edges(job, signal, candidates);

	if (r == 0)
		r = gather_edges(job, job->second, candidates);
	if (r < 0 || (r = add(candidates, job, job->earliest)) < 0 ||
		(r = add(candidates, job, job->latest_start)) < 0 ||
		(r = add(candidates, job, job->starts_end)) < 0 ||
		(r = add(candidates, job, job->deadline - job->duration)) < 0)
		return r;
	if (!is_always_open(&job->window)) {
		int64_t opening = opening_before(&job->window, job->earliest);
		for (; opening <= job->latest_start && r == 0; opening += DAY_SECONDS)
			if ((r = add(candidates, job, opening)) == 0)
				r = add(candidates, job,
					opening + daily_window_length(&job->window) - job->duration);
	}
	sort_unique(candidates);
	return r;
}

static bool is_allowed(const struct schedule_job *job, int64_t start)
{
	return daily_window_contains(&job->window, start, start + job->duration);
}

static bool is_feasible(const struct schedule_job *job, const struct signal *signal, int64_t start)
{
	return is_allowed(job, start) && signal_missing(signal, start, start + job->duration) == 0;
}

/* Seconds of starts that window and deadline allow, known or not. */
static int64_t allowed_length(const struct schedule_job *job, const struct candidates *candidates)
{
	int64_t length = 0;

	for (size_t i = 1; i < candidates->count; i++) {
		int64_t from = candidates->starts[i - 1], to = candidates->starts[i];
		if (is_allowed(job, from) && is_allowed(job, to) && is_allowed(job, from + (to - from) / 2))
			length += to - from;
	}
	return length;
}

bool schedule_is_no_benefit(double best, double mean)
{
	return mean > 0 && best > mean * (1 - SCHEDULE_BENEFIT_LEAST);
}

bool schedule_is_sliver(const struct schedule *schedule, double best)
{
	return schedule->known < SCHEDULE_KNOWN_LEAST && schedule_is_no_benefit(best, schedule->mean);
}

static bool is_less(double a, double b)
{
	return a < b - SCHEDULE_EPSILON * fabs(b);
}

bool schedule_is_less(double first, double second, double other_first, double other_second)
{
	if (is_less(first, other_first) || is_less(other_first, first))
		return first < other_first;
	return is_less(second, other_second);
}

static void weigh(struct schedule *schedule, const struct schedule_choice *choice, bool is_first)
{
	const struct schedule_choice *best = &schedule->best;

	if (is_first || schedule_is_less(choice->mean, choice->second, best->mean, best->second))
		schedule->best = *choice;
	if (is_first || is_less(schedule->worst.mean, choice->mean))
		schedule->worst = *choice;
}

double schedule_second(const struct schedule_job *job, int64_t from, int64_t to)
{
	if (job->second == NULL)
		return 0;
	return signal_missing(job->second, from, to) > 0 ? INTENSITY_MAX : signal_mean(job->second, from, to);
}

/* Between two neighbouring feasible candidates the mean is linear: the trapezoid is exact. A stretch whose middle is
 * not feasible lies across a closed window or a hole. */
int schedule_search(
	const struct schedule_job *job, const struct signal *signal, struct schedule *ret_schedule)
{
	CLEANUP(freep) int64_t *starts = NULL;
	struct candidates candidates = { 0 };
	struct schedule_choice before = { 0 };
	double area = 0, length = 0, sum = 0, allowed;
	size_t feasible = 0;
	bool was_feasible = false;
	int r = gather(job, signal, &candidates);

	starts = candidates.starts;
	if (r < 0)
		return r;
	*ret_schedule = (struct schedule) { 0 };
	for (size_t i = 0; i < candidates.count; i++) {
		struct schedule_choice choice = { .start = starts[i] };
		if (!is_feasible(job, signal, choice.start)) {
			was_feasible = false;
			continue;
		}
		choice.mean = signal_mean(signal, choice.start, choice.start + job->duration);
		choice.second = schedule_second(job, choice.start, choice.start + job->duration);
		if (choice.start <= job->latest_start) {
			weigh(ret_schedule, &choice, feasible++ == 0);
			sum += choice.mean;
		}
		if (was_feasible &&
			is_feasible(job, signal, before.start + (choice.start - before.start) / 2)) {
			area += (before.mean + choice.mean) / 2 * (double)(choice.start - before.start);
			length += (double)(choice.start - before.start);
		}
		if (choice.start == job->earliest) {
			ret_schedule->is_now_feasible = true;
			ret_schedule->now = choice.mean;
		}
		before = choice;
		was_feasible = true;
	}
	if (feasible == 0)
		return -ENOENT;
	allowed = (double)allowed_length(job, &candidates);
	ret_schedule->known = allowed > 0 ? length / allowed : 1;
	ret_schedule->mean = length > 0 ? area / length : sum / (double)feasible;
	return 0;
}

static int by_mean(const void *left, const void *right)
{
	const struct schedule_choice *a = left, *b = right;

	if (is_less(a->mean, b->mean) || is_less(b->mean, a->mean))
		return a->mean < b->mean ? -1 : 1;
	return (a->start > b->start) - (a->start < b->start);
}

static bool is_apart(const struct schedule_choice *choices, size_t count, int64_t start, int64_t apart)
{
	for (size_t i = 0; i < count; i++)
		if (llabs(choices[i].start - start) < apart)
			return false;
	return true;
}

size_t schedule_alternatives(const struct schedule_job *job, const struct signal *signal, int64_t apart,
	struct schedule_choice *choices, size_t max)
{
	CLEANUP(freep) struct schedule_choice *all = NULL;
	CLEANUP(freep) int64_t *starts = NULL;
	struct candidates candidates = { 0 };
	size_t count = 0, chosen = 0;
	int r = gather(job, signal, &candidates);

	starts = candidates.starts;
	all = calloc(candidates.count + 1, sizeof(*all));
	if (r < 0 || all == NULL)
		return 0;
	for (size_t i = 0; i < candidates.count; i++)
		if (starts[i] <= job->latest_start && is_feasible(job, signal, starts[i]))
			all[count++] = (struct schedule_choice) { starts[i],
				signal_mean(signal, starts[i], starts[i] + job->duration), 0 };
	qsort(all, count, sizeof(*all), by_mean);
	/* all[0] is the best one itself: what is told here are others */
	for (size_t i = 1; i < count && chosen < max; i++)
		if (llabs(all[i].start - all[0].start) >= apart &&
			is_apart(choices, chosen, all[i].start, apart))
			choices[chosen++] = all[i];
	return chosen;
}
