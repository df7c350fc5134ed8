/* Medians of rounds, in CPU time of this thread (other processes' noise stays out). */
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROUNDS 31

static inline double cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static inline int by_value(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

static inline double median(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), by_value);
	return values[count / 2];
}

/* Median over ROUNDS of the CPU time of work(context), in ns. */
static inline double measure_ns(void (*work)(void *context), void *context)
{
	double values[ROUNDS];

	work(context); /* warm up */
	for (size_t i = 0; i < ROUNDS; i++) {
		double begin = cpu_ns();
		work(context);
		values[i] = cpu_ns() - begin;
	}
	return median(values, ROUNDS);
}

/* One line of the table: what | value unit | peer | its value | ratio. bench/run makes markdown of it. */
static inline void report(
	const char *what, double value, const char *unit, const char *peer, double peer_value)
{
	printf("%s | %.4g %s | %s | %.4g %s | %.3g\n", what, value, unit, peer, peer_value, unit,
		value / peer_value);
	fflush(stdout);
}
