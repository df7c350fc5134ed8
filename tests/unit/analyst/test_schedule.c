#include "tests/unit/unit.h"

#include <errno.h>
#include <math.h>

#include "analyst/schedule.h"
#include "tests/unit/ipc/random.h"

#define HOUR     INT64_C(3600)
#define MIDNIGHT INT64_C(1795446000) /* 2026-11-24T00:00:00+09:00 */

/* KPX_2023-09-01, lifecycle, unknown fuel 644 g/kWh (hourly means of KPX's five-minute generation page). */
static const double kpx_2023_09_01[24] = { 451.58, 448.82, 450.72, 450.25, 451.17, 451.78, 452.64, 453.6,
	453.78, 446.89, 434.18, 417.85, 407.29, 412.6, 418.95, 425.37, 442.02, 455.34, 464.64, 467.54, 465.43,
	462.95, 462.09, 459.24 };

static struct signal repeated(const double day[24], int days, int missing_hour)
{
	struct signal signal = { 0 };

	for (int i = 0; i < 24 * days; i++)
		assert_int_equal(signal_append(&signal, MIDNIGHT + i * HOUR, MIDNIGHT + (i + 1) * HOUR,
					 day[i % 24], i % 24 == missing_hour ? SIGNAL_MISSING : SIGNAL_KNOWN),
			0);
	signal_interpolate(&signal, HOUR);
	signal_seal(&signal);
	return signal;
}

static struct schedule_job job_of(double hours, double earliest_hour, double latest_hour)
{
	struct schedule_job job = { .duration = (int64_t)(hours * (double)HOUR),
		.earliest = MIDNIGHT + (int64_t)(earliest_hour * (double)HOUR),
		.latest_start = MIDNIGHT + (int64_t)(latest_hour * (double)HOUR) };

	job.deadline = job.latest_start + job.duration;
	return job;
}

static void expect_near(double value, double expected)
{
	if (fabs(value - expected) > 1e-9 * fabs(expected))
		fail_msg("%.12g is not %.12g", value, expected);
}

static void a_real_day_is_cleanest_at_midday_and_the_night_is_dirtier_than_its_mean(void **state)
{
	struct signal signal = repeated(kpx_2023_09_01, 2, -1);
	struct schedule_job job = job_of(4, 0, 24 - 1.0 / 3600);
	struct schedule schedule;

	(void)state;
	assert_int_equal(schedule_search(&job, &signal, &schedule), 0);
	assert_int_equal(schedule.best.start, MIDNIGHT + 11 * HOUR);
	expect_near(schedule.best.mean, 414.1725);
	assert_int_equal(schedule.worst.start, MIDNIGHT + 18 * HOUR);
	expect_near(schedule.worst.mean, 465.14);
	expect_near(signal_mean(&signal, MIDNIGHT + 2 * HOUR, MIDNIGHT + 6 * HOUR), 450.98);
	signal_done(&signal);
}

static void a_start_between_the_hours_counts_and_a_deadline_bounds_the_end(void **state)
{
	struct signal signal = repeated(kpx_2023_09_01, 3, -1);
	struct schedule_job job = job_of(3, 14 + 1.0 / 3, 38);
	struct schedule schedule;

	(void)state;
	job.deadline = MIDNIGHT + 32 * HOUR; /* 08:00 the next day */
	assert_int_equal(schedule_search(&job, &signal, &schedule), 0);
	assert_int_equal(schedule.best.start, job.earliest);
	assert_true(schedule.is_now_feasible);
	expect_near(schedule.best.mean,
		(40 * 60 * 418.95 + 3600 * 425.37 + 3600 * 442.02 + 20 * 60 * 455.34) / 10800);
	expect_near(schedule.now, schedule.best.mean);
	assert_int_equal(schedule.worst.start, MIDNIGHT + 18 * HOUR);
	signal_done(&signal);
}

static void one_missing_hour_is_interpolated_and_two_are_avoided(void **state)
{
	struct signal signal = repeated(kpx_2023_09_01, 1, 12);
	struct schedule_job job = job_of(4, 0, 20);
	struct schedule schedule;
	double two_missing[24];

	(void)state;
	assert_int_equal(schedule_search(&job, &signal, &schedule), 0);
	assert_int_equal(schedule.best.start, MIDNIGHT + 11 * HOUR);
	expect_near(schedule.best.mean, 416.15625);
	assert_true(schedule.has_invented);
	signal_done(&signal);

	memcpy(two_missing, kpx_2023_09_01, sizeof(two_missing));
	for (int i = 0; i < 24; i++)
		signal_append(&signal, MIDNIGHT + i * HOUR, MIDNIGHT + (i + 1) * HOUR, two_missing[i],
			i == 12 || i == 13 ? SIGNAL_MISSING : SIGNAL_KNOWN);
	signal_interpolate(&signal, HOUR);
	signal_seal(&signal);
	assert_int_equal(schedule_search(&job, &signal, &schedule), 0);
	assert_true(
		schedule.best.start >= MIDNIGHT + 14 * HOUR || schedule.best.start <= MIDNIGHT + 8 * HOUR);
	assert_int_equal(signal_missing(&signal, schedule.best.start, schedule.best.start + job.duration), 0);
	signal_done(&signal);
}

static void of_equal_starts_the_earliest_is_taken(void **state)
{
	double flat[24];
	struct signal signal;
	struct schedule_job job = job_of(4, 9, 33);
	struct schedule schedule;

	(void)state;
	for (int i = 0; i < 24; i++)
		flat[i] = 424;
	signal = repeated(flat, 2, -1);
	job.deadline = MIDNIGHT + 21 * HOUR;
	assert_int_equal(schedule_search(&job, &signal, &schedule), 0);
	assert_int_equal(schedule.best.start, job.earliest);
	assert_true(schedule.best.mean == 424 && schedule.worst.mean == 424 && schedule.mean == 424);
	signal_done(&signal);
	/* a whole day anywhere in a repeated day is its mean */
	signal = repeated(kpx_2023_09_01, 3, -1);
	job = job_of(24, 3.5, 27);
	assert_int_equal(schedule_search(&job, &signal, &schedule), 0);
	assert_int_equal(schedule.best.start, job.earliest);
	expect_near(schedule.worst.mean, schedule.best.mean);
	signal_done(&signal);
}

static void a_window_over_midnight_holds_the_whole_job(void **state)
{
	struct signal signal = repeated(kpx_2023_09_01, 3, -1);
	struct schedule_job job = job_of(4, 12, 36);
	struct schedule schedule;

	(void)state;
	job.window = (struct daily_window) { 22 * HOUR, 6 * HOUR };
	assert_int_equal(daily_window_length(&job.window), 8 * HOUR);
	assert_int_equal(schedule_search(&job, &signal, &schedule), 0);
	assert_true(
		daily_window_contains(&job.window, schedule.best.start, schedule.best.start + job.duration));
	assert_int_equal(schedule.best.start, MIDNIGHT + 25 * HOUR); /* 01:00: 448.82 450.72 450.25 451.17 */
	assert_false(schedule.is_now_feasible);
	job.duration = 9 * HOUR;
	assert_int_equal(schedule_search(&job, &signal, &schedule), -ENOENT);
	signal_done(&signal);
}

static void an_interruptible_job_takes_the_cheapest_hours_the_last_one_in_part(void **state)
{
	struct signal signal = repeated(kpx_2023_09_01, 1, -1);
	struct schedule_job job = {
		.duration = 6 * HOUR, .earliest = MIDNIGHT, .deadline = MIDNIGHT + 24 * HOUR
	};
	struct schedule_chunk chunks[SCHEDULE_CHUNKS_MAX];
	size_t count;
	double mean;

	(void)state;
	assert_int_equal(schedule_chunks(&job, HOUR, &signal, chunks, SCHEDULE_CHUNKS_MAX, &count, &mean), 0);
	assert_int_equal(count, 1);
	assert_int_equal(chunks[0].start, MIDNIGHT + 10 * HOUR);
	assert_int_equal(chunks[0].end, MIDNIGHT + 16 * HOUR);
	if (fabs(mean - 419.373333) > 1e-6)
		fail_msg("%.9g", mean);
	job.duration = 11 * HOUR / 2;
	assert_int_equal(schedule_chunks(&job, HOUR, &signal, chunks, SCHEDULE_CHUNKS_MAX, &count, &mean), 0);
	if (fabs(mean - 418.027273) > 1e-6)
		fail_msg("%.9g", mean);
	job.duration = 100;
	assert_int_equal(
		schedule_chunks(&job, HOUR, &signal, chunks, SCHEDULE_CHUNKS_MAX, &count, &mean), -EINVAL);
	signal_done(&signal);
}

static void chunks_are_never_shorter_than_allowed(void **state)
{
	/* two dips of one hour: two chunks of one hour, or one of two where an hour is too short */
	double day[24];
	struct signal signal;
	struct schedule_job job = {
		.duration = 2 * HOUR, .earliest = MIDNIGHT, .deadline = MIDNIGHT + 24 * HOUR
	};
	struct schedule_chunk chunks[8];
	size_t count;
	double mean;

	(void)state;
	for (int i = 0; i < 24; i++)
		day[i] = i == 3 || i == 15 ? 100 : i == 4 ? 200 : 500;
	signal = repeated(day, 1, -1);
	assert_int_equal(schedule_chunks(&job, HOUR, &signal, chunks, 8, &count, &mean), 0);
	assert_int_equal(count, 2);
	assert_true(mean == 100 && chunks[0].start == MIDNIGHT + 3 * HOUR &&
		    chunks[1].start == MIDNIGHT + 15 * HOUR);
	assert_int_equal(schedule_chunks(&job, 2 * HOUR, &signal, chunks, 8, &count, &mean), 0);
	assert_int_equal(count, 1);
	assert_true(mean == 150 && chunks[0].start == MIDNIGHT + 3 * HOUR);
	signal_done(&signal);
}

/* Against brute force by the minute, on random days, durations and windows. */
static void no_minute_of_the_day_beats_the_search(void **state)
{
	struct random random = random_new("schedule");

	(void)state;
	for (int round = 0; round < 200; round++) {
		double day[24];
		for (int i = 0; i < 24; i++)
			day[i] = 200 + (double)(random_below(&random, 400));
		struct signal signal = repeated(day, 4, -1);
		struct schedule_job job = job_of(0.25 + (double)(random_below(&random, 40)) / 4,
			(double)(random_below(&random, 96)) / 4, 0);
		struct schedule schedule;
		job.latest_start = job.earliest + 24 * HOUR - 60;
		job.deadline = job.latest_start + job.duration;
		if (round % 3 == 0)
			job.window = (struct daily_window) { (int64_t)(random_below(&random, 24)) * HOUR,
				(int64_t)(random_below(&random, 24)) * HOUR };
		double least = INFINITY, most = 0;
		for (int64_t start = job.earliest; start <= job.latest_start; start += 60) {
			if (!daily_window_contains(&job.window, start, start + job.duration))
				continue;
			double mean = signal_mean(&signal, start, start + job.duration);
			least = mean < least ? mean : least;
			most = mean > most ? mean : most;
		}
		int r = schedule_search(&job, &signal, &schedule);
		assert_int_equal(r, isinf(least) ? -ENOENT : 0);
		if (r == 0) {
			assert_true(schedule.best.mean <= least * (1 + 1e-12));
			assert_true(schedule.worst.mean >= most * (1 - 1e-12));
			assert_true(schedule.best.mean <= schedule.mean * (1 + 1e-12));
			assert_true(schedule.mean <= schedule.worst.mean * (1 + 1e-12));
		}
		signal_done(&signal);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_real_day_is_cleanest_at_midday_and_the_night_is_dirtier_than_its_mean),
		cmocka_unit_test(a_start_between_the_hours_counts_and_a_deadline_bounds_the_end),
		cmocka_unit_test(one_missing_hour_is_interpolated_and_two_are_avoided),
		cmocka_unit_test(of_equal_starts_the_earliest_is_taken),
		cmocka_unit_test(a_window_over_midnight_holds_the_whole_job),
		cmocka_unit_test(an_interruptible_job_takes_the_cheapest_hours_the_last_one_in_part),
		cmocka_unit_test(chunks_are_never_shorter_than_allowed),
		cmocka_unit_test(no_minute_of_the_day_beats_the_search),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
