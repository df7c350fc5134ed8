/* One turn of the estimator over 10 000 rows that all worked, and its commit, beside memcpy of the state's bytes. */
#include "estimator/turn.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "bench/measure.h"

#define ROWS     10000
#define CAPACITY 16384

static struct ring_row rows[ROWS];
static struct ring_tick tick = { .cpus = 2 };
static struct ring_writer *writer;
static struct ring_reader *reader;
static struct state state;
static struct turn turn;
static struct state_row copy[ROWS];

/* The publish belongs to the collector: it is measured apart and taken off. */
static void publish(void *context)
{
	(void)context;
	tick.mono_ns += NS_PER_SECOND;
	tick.capacity_ns += 2 * NS_PER_SECOND;
	for (size_t i = 0; i < ROWS; i++) {
		rows[i].counter[COUNTER_cpu_ns] += 1000 + i;
		rows[i].counter[COUNTER_mem_byte_seconds] += 1000000;
		tick.busy_ns += 1000 + i;
	}
	ring_publish(writer, &tick, rows, ROWS);
}

static void publish_and_turn(void *context)
{
	publish(context);
	if (turn_run(&turn, &state, reader) != 1)
		exit(EXIT_FAILURE);
}

static void commit(void *context)
{
	(void)context;
	state_commit(&state);
}

static void copy_state(void *context)
{
	(void)context;
	memcpy(copy, state.rows, sizeof(copy));
	__asm__ volatile("" : : "r"(copy) : "memory");
}

int main(void)
{
	static struct model model = {
		.idle_mw = 1000, .full_mw = 4000, .dram_mw = 5000, .dram_uw_per_gb = 392000
	};
	const struct epoch epoch = { .birth_ns = 1 };
	const uint8_t hash[32] = { 1 };
	int ring_fd, state_fd;

	if (ring_create(CAPACITY, &epoch, &ring_fd) < 0 || ring_writer_open(ring_fd, &writer) < 0 ||
		ring_reader_open(ring_fd, &reader) < 0 || state_create_fd(CAPACITY, &state_fd) < 0 ||
		turn_init(&turn, CAPACITY, CAPACITY) < 0)
		return EXIT_FAILURE;
	(void)state_open_fd(&state, state_fd, CAPACITY); /* empty: no bank is whole yet */
	state_reset(&state, 1, hash);
	turn.config = (struct turn_config) { .model = &model };
	for (size_t i = 0; i < ROWS; i++)
		rows[i] = (struct ring_row) { .id = 1000 + i, .kind = ROW_CGROUP };
	publish(NULL);
	if (turn_run(&turn, &state, reader) < 0)
		return EXIT_FAILURE;
	double turn_us = (measure_ns(publish_and_turn, NULL) - measure_ns(publish, NULL)) / 1e3;
	double copy_us = measure_ns(copy_state, NULL) / 1e3;
	report("estimator: one turn, 10 000 rows", turn_us, "us", "memcpy of its state", copy_us);
	report("estimator: commit of the state, with CRC", measure_ns(commit, NULL) / 1e3, "us",
		"memcpy of its state", copy_us);
	turn_done(&turn);
	state_done(&state);
	ring_reader_free(reader);
	ring_writer_free(writer);
	close(ring_fd);
	return EXIT_SUCCESS;
}
