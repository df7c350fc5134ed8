/*
 * When to run a job so that it meets the cleanest grid, or the cheapest hours: exact, not sampled. The mean of a
 * piecewise constant signal over a window of fixed length is piecewise linear in the window's start, so its extremes lie
 * where a window's edge meets an edge of the signal or of what is allowed. Pure; docs/methodology.md has the rules.
 */
#pragma once

#include "analyst/grid/signal.h"

#define SCHEDULE_GRID_SECONDS  300 /* an interruptible job is laid out on a grid of five minutes */
#define SCHEDULE_CHUNKS_MAX    512
#define SCHEDULE_BENEFIT_LEAST 0.01 /* below that, against the mean start, shifting is not worth it */
#define SCHEDULE_KNOWN_LEAST   0.5  /* of the starts must be known before none is said to be worth it */
#define SCHEDULE_EPSILON       1e-9 /* relative: means closer than that are equal */

/* Daily windows of Korean time in which the job may run; both 0 = always. from > to: over midnight. */
struct daily_window {
	int64_t from, to; /* seconds of the day */
};

struct schedule_job {
	int64_t duration;     /* s, > 0 */
	int64_t earliest;     /* first start, s since 1970 */
	int64_t latest_start; /* last start, inclusive */
	int64_t starts_end;   /* where the starts end that the mean is over, exclusive; 0 = latest_start */
	int64_t deadline;     /* end of the last window at most */
	struct daily_window window;
	/* Of equal starts, or chunks, those are taken that meet least of this, and of those the earliest; NULL = the earliest.
	 * Unknown is no less than anything known. It must cover what the signal has to. */
	const struct signal *second;
};

/* A start time and what the job meets there. */
struct schedule_choice {
	int64_t start;
	double mean, second;
};

struct schedule {
	struct schedule_choice best, worst;
	double mean; /* over all feasible starts */
	bool is_now_feasible;
	double now;   /* starting at `earliest`, where that is feasible */
	double known; /* share of the starts that window and deadline allow whose hours are all known */
};

/* Is (first, second) less than the other pair, by more than rounding? */
bool schedule_is_less(double first, double second, double other_first, double other_second);
/* What the job's second signal is there; where it is not known, INTENSITY_MAX. */
double schedule_second(const struct schedule_job *job, int64_t from, int64_t to);
/* The longest stretch the window allows at once; INT64_MAX where it is always open. */
int64_t daily_window_length(const struct daily_window *window);
/* Is [from, to) inside one opening of the window? */
bool daily_window_contains(const struct daily_window *window, int64_t from, int64_t to);

/* The signal must cover [earliest, latest_start + duration] and be sealed. 0; -ENOENT: no start is feasible (a hole, the
 * window or the deadline forbids them all); -ENOMEM. */
int schedule_search(
	const struct schedule_job *job, const struct signal *signal, struct schedule *ret_schedule);
/* Is that mean no better than the starts' by enough to shift for it? */
bool schedule_is_no_benefit(double best, double mean);
/* And is that because too few starts are known to say so? A mean of 0, where no contiguous run fits, tells nothing. */
bool schedule_is_sliver(const struct schedule *schedule, double best);
/* The same starts, but the extremes other than the best one, each at least `apart` seconds from the others, best first.
 * Returns how many. */
size_t schedule_alternatives(const struct schedule_job *job, const struct signal *signal, int64_t apart,
	struct schedule_choice *choices, size_t max);

struct schedule_chunk {
	int64_t start, end;
};

/* An interruptible job between earliest and deadline, in chunks of at least min_chunk. Starts and lengths are multiples of
 * SCHEDULE_GRID_SECONDS. 0 with the chunks in order of time; -EINVAL: lengths off the grid; -ENOENT; -E2BIG; -ENOMEM. */
int schedule_chunks(const struct schedule_job *job, int64_t min_chunk, const struct signal *signal,
	struct schedule_chunk *chunks, size_t max, size_t *ret_count, double *ret_mean);
