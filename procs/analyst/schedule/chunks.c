/*
 * An interruptible job: which steps of the grid to run in, so that the sum over them is least and no chunk is shorter
 * than allowed. Dynamic programming over (time, steps done): from rest, begin a chunk of the least length; within a
 * chunk, go on or rest.
 */
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "analyst/schedule/schedule.h"
#include "base/cleanup.h"

#define CELLS_MAX (UINT64_C(8) << 20)

/* What steps sum up to: the signal, and of equals the job's second one. */
struct cost {
	double first, second;
};

enum move { MOVE_NONE, MOVE_REST, MOVE_BEGIN, MOVE_GO_ON };

/* Resting or running in the step before a time, with so many steps done. Of costs only the times that can still be
 * reached are kept (a ring of least + 1 rows), of moves all. */
struct table {
	size_t steps, needed, least; /* of the grid: in all, to run, in a chunk at least */
	int64_t start;
	struct cost *value;            /* of each step; infinite where it may not run */
	struct cost *rest, *run;       /* [time % (least + 1)][done] */
	uint8_t *rest_move, *run_move; /* [time][done] */
	bool *runs;                    /* of each step: the answer */
};

static void table_done(struct table *table)
{
	free(table->value);
	free(table->rest);
	free(table->run);
	free(table->rest_move);
	free(table->run_move);
	free(table->runs);
}

static size_t cell(const struct table *table, size_t time, size_t done)
{
	return time * (table->needed + 1) + done;
}

static size_t cost_cell(const struct table *table, size_t time, size_t done)
{
	return cell(table, time % (table->least + 1), done);
}

static const struct cost never = { INFINITY, 0 };

static struct cost sum_of(struct cost a, struct cost b)
{
	return (struct cost) { a.first + b.first, a.second + b.second };
}

static bool is_less(struct cost a, struct cost b)
{
	if (isinf(a.first) || isinf(b.first))
		return a.first < b.first;
	return schedule_is_less(a.first, a.second, b.first, b.second);
}

static void forget_costs(struct table *table, size_t time)
{
	for (size_t done = 0; done <= table->needed; done++)
		table->rest[cost_cell(table, time, done)] = table->run[cost_cell(table, time, done)] = never;
}

static int allocate(struct table *table)
{
	uint64_t cells = (uint64_t)(table->steps + 1) * (table->needed + 1);
	uint64_t costs = (uint64_t)(table->least + 1) * (table->needed + 1);

	if (cells > CELLS_MAX || costs > CELLS_MAX)
		return -E2BIG;
	table->value = calloc(table->steps + 1, sizeof(*table->value));
	table->rest = malloc(costs * sizeof(*table->rest));
	table->run = malloc(costs * sizeof(*table->run));
	table->rest_move = calloc(cells, 1);
	table->run_move = calloc(cells, 1);
	table->runs = calloc(table->steps + 1, sizeof(*table->runs));
	if (table->value == NULL || table->rest == NULL || table->run == NULL || table->rest_move == NULL ||
		table->run_move == NULL || table->runs == NULL)
		return -ENOMEM;
	for (size_t time = 0; time <= table->least; time++)
		forget_costs(table, time);
	table->rest[0] = (struct cost) { 0, 0 };
	return 0;
}

static void read_values(struct table *table, const struct schedule_job *job, const struct signal *signal)
{
	for (size_t i = 0; i < table->steps; i++) {
		int64_t from = table->start + (int64_t)i * SCHEDULE_GRID_SECONDS,
			to = from + SCHEDULE_GRID_SECONDS;
		bool may_run = daily_window_contains(&job->window, from, to) &&
			       signal_missing(signal, from, to) == 0;
		table->value[i] = may_run ? (struct cost) { signal_mean(signal, from, to),
			schedule_second(job, from, to) }
					  : never;
	}
}

/* Strictly less: of equal plans the one that rests later, i.e. runs earlier, stays. */
static void offer(struct cost *cost, uint8_t *move, struct cost new_cost, enum move new_move)
{
	if (is_less(new_cost, *cost)) {
		*cost = new_cost;
		*move = (uint8_t)new_move;
	}
}

/* What can follow the state (time, done). `chunk`: cost of the least chunk from here. */
static void step(struct table *table, size_t time, size_t done, struct cost chunk)
{
	struct cost resting = table->rest[cost_cell(table, time, done)],
		    running = table->run[cost_cell(table, time, done)];
	size_t next = cost_cell(table, time + 1, done);

	if (done < table->needed)
		offer(&table->run[cost_cell(table, time + 1, done + 1)],
			&table->run_move[cell(table, time + 1, done + 1)],
			sum_of(running, table->value[time]), MOVE_GO_ON);
	if (done + table->least <= table->needed && time + table->least <= table->steps)
		offer(&table->run[cost_cell(table, time + table->least, done + table->least)],
			&table->run_move[cell(table, time + table->least, done + table->least)],
			sum_of(resting, chunk), MOVE_BEGIN);
	bool was_running = is_less(running, resting);
	offer(&table->rest[next], &table->rest_move[cell(table, time + 1, done)],
		was_running ? running : resting, was_running ? MOVE_GO_ON : MOVE_REST);
}

static void fill(struct table *table)
{
	for (size_t time = 0; time < table->steps; time++) {
		struct cost chunk = { 0, 0 };
		for (size_t i = 0; i < table->least; i++)
			chunk = sum_of(chunk, time + i < table->steps ? table->value[time + i] : never);
		for (size_t done = 0; done <= table->needed; done++)
			step(table, time, done, chunk);
		forget_costs(table, time); /* its place in the ring is that of time + least + 1 */
	}
}

/* Back from the end, marking the steps that run. */
static void trace(struct table *table)
{
	size_t time = table->steps, done = table->needed;
	bool is_running =
		is_less(table->run[cost_cell(table, time, done)], table->rest[cost_cell(table, time, done)]);

	while (time > 0 && done > 0) {
		size_t here = cell(table, time, done);
		if (!is_running) { /* it rested in the step before; MOVE_GO_ON: the chunk ended there */
			is_running = table->rest_move[here] == MOVE_GO_ON;
			time--;
			continue;
		}
		size_t length = table->run_move[here] == MOVE_BEGIN ? table->least : 1;
		is_running = table->run_move[here] != MOVE_BEGIN;
		for (size_t i = 0; i < length; i++)
			table->runs[--time] = true;
		done -= length;
	}
}

static int collect(const struct table *table, struct schedule_chunk *chunks, size_t max, size_t *ret_count,
	double *ret_mean)
{
	double sum = 0;

	*ret_count = 0;
	for (size_t i = 0; i < table->steps; i++) {
		int64_t from = table->start + (int64_t)i * SCHEDULE_GRID_SECONDS;
		if (!table->runs[i])
			continue;
		sum += table->value[i].first;
		if (*ret_count == 0 || chunks[*ret_count - 1].end != from) {
			if (*ret_count == max)
				return -E2BIG;
			chunks[(*ret_count)++].start = from;
		}
		chunks[*ret_count - 1].end = from + SCHEDULE_GRID_SECONDS;
	}
	*ret_mean = sum / (double)table->needed;
	return 0;
}

int schedule_chunks(const struct schedule_job *job, int64_t min_chunk, const struct signal *signal,
	struct schedule_chunk *chunks, size_t max, size_t *ret_count, double *ret_mean)
{
	const int64_t grid = SCHEDULE_GRID_SECONDS;
	CLEANUP(table_done) struct table table = { 0 };
	int r;

	if (job->duration % grid != 0 || min_chunk % grid != 0 || min_chunk <= 0)
		return -EINVAL;
	table.start = (job->earliest + grid - 1) / grid * grid;
	if (job->deadline < table.start + job->duration)
		return -ENOENT;
	table.steps = (size_t)((job->deadline - table.start) / grid);
	table.needed = (size_t)(job->duration / grid);
	table.least = (size_t)((min_chunk < job->duration ? min_chunk : job->duration) / grid);
	if ((r = allocate(&table)) < 0)
		return r;
	read_values(&table, job, signal);
	fill(&table);
	size_t end = cost_cell(&table, table.steps, table.needed);
	if (isinf(table.run[end].first) && isinf(table.rest[end].first))
		return -ENOENT;
	trace(&table);
	return collect(&table, chunks, max, ret_count, ret_mean);
}
