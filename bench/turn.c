/*
 * One turn of the estimator and its commit, where 5000 processes in 500 cgroups all worked, beside the second it is taken in;
 * and over 10 000 cgroups without processes, beside memcpy of the state's bytes, and with metrics_counters beside without.
 */
#include "estimator/turn.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "bench/measure.h"

#define CAPACITY 16384

struct load {
	uint32_t cgroups, processes;
	struct ring_row rows[CAPACITY];
	struct ring_tick tick;
	struct ring_writer *writer;
	struct ring_reader *reader;
	struct state state;
	struct turn turn;
};

static struct model model;

/* The publish belongs to the collector: it is measured apart and taken off. */
static void publish(void *context)
{
	struct load *load = context;

	load->tick.mono_ns += NS_PER_SECOND;
	load->tick.boot_ns += NS_PER_SECOND;
	load->tick.capacity_ns += 2 * NS_PER_SECOND;
	for (uint32_t i = 0; i < load->cgroups; i++)
		load->rows[i].counter[COUNTER_mem_byte_seconds] += 1000000;
	for (uint32_t i = load->cgroups; i < load->cgroups + load->processes; i++) {
		load->rows[i].counter[COUNTER_cpu_ns] += 1000 + i;
		load->rows[i % load->cgroups].counter[COUNTER_cpu_ns] += 1000 + i;
		load->rows[i].counter[COUNTER_mem_byte_seconds] += 100000;
	}
	for (uint32_t i = 0; load->processes == 0 && i < load->cgroups; i++)
		load->rows[i].counter[COUNTER_cpu_ns] += 1000 + i;
	load->tick.busy_ns += NS_PER_SECOND / 2;
	ring_publish(load->writer, &load->tick, load->rows, load->cgroups + load->processes);
}

static void publish_and_turn(void *context)
{
	struct load *load = context;

	publish(load);
	if (turn_run(&load->turn, &load->state, load->reader) != 1)
		exit(EXIT_FAILURE);
}

static void commit(void *context)
{
	struct load *load = context;

	state_commit(&load->state);
}

static void copy_state(void *context)
{
	static struct state_row rows[CAPACITY];
	static struct state_process processes[CAPACITY];
	const struct state *state = &((struct load *)context)->state;

	memcpy(rows, state->rows, state->head.row_count * sizeof(*rows));
	memcpy(processes, state->processes, state->head.process_count * sizeof(*processes));
	__asm__ volatile("" : : "r"(rows), "r"(processes) : "memory");
}

static void begin(struct load *load, uint32_t cgroups, uint32_t processes)
{
	const struct epoch epoch = { .birth_ns = 1 };
	const struct turn_config config = { .node = { .model = &model }, .process_rows = 200 };
	const uint8_t hash[32] = { 1 };
	int ring_fd, state_fd;

	load->cgroups = cgroups;
	load->processes = processes;
	load->tick = (struct ring_tick) { .cpus = 2,
		.counters_valid = 1U << COUNTER_cpu_ns | 1U << COUNTER_mem_byte_seconds };
	if (ring_create(CAPACITY, &epoch, &ring_fd) < 0 || ring_writer_open(ring_fd, &load->writer) < 0 ||
		ring_reader_open(ring_fd, &load->reader) < 0 || state_create_fd(CAPACITY, &state_fd) < 0 ||
		turn_init(&load->turn, &config, CAPACITY) < 0)
		exit(EXIT_FAILURE);
	close(ring_fd);
	(void)state_open_fd(&load->state, state_fd, CAPACITY); /* empty: no bank is whole yet */
	state_reset(&load->state, 1, hash);
	for (uint32_t i = 0; i < cgroups; i++)
		load->rows[i] = (struct ring_row) { .id = 1000 + i, .kind = ROW_CGROUP };
	for (uint32_t i = cgroups; i < cgroups + processes; i++)
		load->rows[i] = (struct ring_row) {
			.id = 1000 + i % cgroups, .tgid = i, .start_ns = i * 1000, .kind = ROW_PROCESS
		};
	publish(load);
	if (turn_run(&load->turn, &load->state, load->reader) < 0)
		exit(EXIT_FAILURE);
}

static void end(struct load *load)
{
	turn_done(&load->turn);
	state_done(&load->state);
	ring_reader_free(load->reader);
	ring_writer_free(load->writer);
}

static int make_model(void)
{
	const struct host host = { .cpus = 2,
		.memory_bytes = UINT64_C(4000000000),
		.generation = "epyc_2",
		.thread_idle_mw = 500,
		.thread_full_mw = 2000 };
	struct model_error error;
	struct config config;

	config_defaults(&config);
	return model_make(&config, &host, &model, &error);
}

int main(void)
{
	static struct load load;

	if (make_model() < 0)
		return EXIT_FAILURE;
	begin(&load, 500, 5000);
	double turn_us = (measure_ns(publish_and_turn, &load) - measure_ns(publish, &load)) / 1e3;
	double commit_us = measure_ns(commit, &load) / 1e3;
	report("estimator: turn and commit, 5000 processes in 500 cgroups", turn_us + commit_us, "us",
		"a second", 1e6);
	report("estimator: commit of that state, with CRC", commit_us, "us", "memcpy of its bytes",
		measure_ns(copy_state, &load) / 1e3);
	end(&load);
	begin(&load, 10000, 0);
	turn_us = (measure_ns(publish_and_turn, &load) - measure_ns(publish, &load)) / 1e3;
	report("estimator: one turn, 10 000 cgroups", turn_us, "us", "memcpy of its state",
		measure_ns(copy_state, &load) / 1e3);
	double both_us = turn_us + measure_ns(commit, &load) / 1e3;
	load.state.head.has_passed = true;
	turn_us = (measure_ns(publish_and_turn, &load) - measure_ns(publish, &load)) / 1e3;
	report("estimator: turn and commit, 10 000 cgroups, with metrics_counters",
		turn_us + measure_ns(commit, &load) / 1e3, "us", "without", both_us);
	end(&load);
	return EXIT_SUCCESS;
}
