#include "tests/unit/unit.h"

#include <errno.h>
#include <math.h>

#include "analyst/schedule/schedule.h"
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
	assert_true(signal_invented(&signal, schedule.best.start, schedule.best.start + job.duration) > 0);
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

/* Prices of three levels, so that many starts cost the same; the grid by the hour, with or without a hole. */
static void draw_two(struct random *random, struct signal *price, struct signal *carbon)
{
	double prices[24], grams[24];

	for (int i = 0; i < 24; i++) {
		prices[i] = i % 6 == 0 ? 100 + 50 * (double)random_below(random, 3) : prices[i - 1];
		grams[i] = 300 + 10 * (double)random_below(random, 30);
	}
	*price = repeated(prices, 4, -1);
	*carbon = repeated(grams, 4, random_below(random, 2) == 0 ? -1 : (int)random_below(random, 24));
}

static bool is_equal(double a, double b)
{
	return fabs(a - b) <= 1e-9 * fabs(b);
}

/* Brute force by the minute: nothing is cheaper; of what is as cheap nothing is cleaner, and of what is as clean nothing is
 * earlier. */
static void of_equally_cheap_starts_the_cleanest_is_taken_and_then_the_earliest(void **state)
{
	struct random random = random_new("equally cheap");
	int decided = 0;

	(void)state;
	for (int round = 0; round < 200; round++) {
		struct signal price, carbon;
		struct schedule_job job = job_of(0.25 + (double)(random_below(&random, 30)) / 4,
			(double)(random_below(&random, 96)) / 4, 0);
		struct schedule plain, schedule;
		draw_two(&random, &price, &carbon);
		job.latest_start = job.earliest + 24 * HOUR - 60;
		job.deadline = job.latest_start + job.duration;
		assert_int_equal(schedule_search(&job, &price, &plain), 0);
		job.second = &carbon;
		assert_int_equal(schedule_search(&job, &price, &schedule), 0);
		assert_true(is_equal(schedule.best.mean, plain.best.mean));
		assert_true(is_equal(schedule.mean, plain.mean));
		assert_true(is_equal(schedule.worst.mean, plain.worst.mean));
		double best = schedule_second(&job, schedule.best.start, schedule.best.start + job.duration);
		for (int64_t start = job.earliest; start <= job.latest_start; start += 60) {
			double cost = signal_mean(&price, start, start + job.duration);
			double grams = schedule_second(&job, start, start + job.duration);
			assert_true(cost >= plain.best.mean * (1 - 1e-9));
			if (!is_equal(cost, plain.best.mean))
				continue;
			assert_true(grams >= best * (1 - 1e-9));
			if (is_equal(grams, best) && start < schedule.best.start)
				fail_msg("round %d: %lld s earlier", round,
					(long long)(schedule.best.start - start));
		}
		decided += schedule.best.start != plain.best.start;
		signal_done(&price);
		signal_done(&carbon);
	}
	assert_true(decided > 50);
}

/* No chunk of the steps in `mask` is shorter than two. */
static bool are_chunks_long(unsigned mask)
{
	return (mask & ~(mask << 1 | mask >> 1)) == 0;
}

/* Every set of steps of an hour, against the plan. */
static void of_equally_cheap_chunks_the_cleanest_are_taken(void **state)
{
	struct random random = random_new("chunks");

	(void)state;
	for (int round = 0; round < 200; round++) {
		struct signal price = { 0 }, carbon = { 0 };
		struct schedule_job job = { .duration = (4 + (int64_t)random_below(&random, 4)) * 300,
			.earliest = MIDNIGHT,
			.deadline = MIDNIGHT + HOUR,
			.second = &carbon };
		struct schedule_chunk chunks[8];
		double least[2] = { INFINITY, INFINITY }, got[2] = { 0, 0 }, mean;
		size_t count;
		for (int i = 0; i < 12; i++) {
			int64_t at = MIDNIGHT + i * 300;
			signal_append(&price, at, at + 300, 100 + 50 * (double)random_below(&random, 2),
				SIGNAL_KNOWN);
			signal_append(&carbon, at, at + 300, 300 + 7 * (double)random_below(&random, 40),
				SIGNAL_KNOWN);
		}
		signal_seal(&price);
		signal_seal(&carbon);
		for (unsigned mask = 0; mask < 1U << 12; mask++) {
			double sum[2] = { 0, 0 };
			if (__builtin_popcount(mask) != job.duration / 300 || !are_chunks_long(mask))
				continue;
			for (int i = 0; i < 12; i++)
				if ((mask >> i & 1) != 0) {
					sum[0] += signal_mean(
						&price, MIDNIGHT + i * 300, MIDNIGHT + i * 300 + 300);
					sum[1] += signal_mean(
						&carbon, MIDNIGHT + i * 300, MIDNIGHT + i * 300 + 300);
				}
			if (sum[0] < least[0] || (sum[0] == least[0] && sum[1] < least[1]))
				memcpy(least, sum, sizeof(least));
		}
		assert_int_equal(schedule_chunks(&job, 600, &price, chunks, 8, &count, &mean), 0);
		for (size_t i = 0; i < count; i++)
			for (int64_t at = chunks[i].start; at < chunks[i].end; at += 300) {
				got[0] += signal_mean(&price, at, at + 300);
				got[1] += signal_mean(&carbon, at, at + 300);
			}
		assert_true(is_equal(got[0], least[0]) && is_equal(got[1], least[1]));
		signal_done(&price);
		signal_done(&carbon);
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
		cmocka_unit_test(of_equally_cheap_starts_the_cleanest_is_taken_and_then_the_earliest),
		cmocka_unit_test(of_equally_cheap_chunks_the_cleanest_are_taken),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
