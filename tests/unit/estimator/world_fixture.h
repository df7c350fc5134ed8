/* A machine that the test invents: it writes the ring, one estimator's state and turn read it. */
#pragma once

#include "estimator/turn.h"

#include <errno.h>
#include <unistd.h>

#include "base/clock.h"
#include "tests/unit/unit.h"

#define RING_ROWS   256
#define FIRST_NS    UINT64_C(3600000000000) /* the machine is up for an hour when the counters are born */
#define ALL_COUNTED ((1U << COUNTER_COUNT) - 1)

struct world {
	int ring_fd;
	struct ring_writer *writer;
	struct ring_reader *reader;
	struct ring_tick tick;
	struct ring_row rows[RING_ROWS];
	uint32_t row_count;
	uint64_t seed;
};

struct books {
	struct turn turn;
	struct state state;
};

static struct model model;
static struct world world;

static inline uint64_t pick(uint64_t below)
{
	world.seed ^= world.seed << 13;
	world.seed ^= world.seed >> 7;
	world.seed ^= world.seed << 17;
	return world.seed % below;
}

/* cgroups 100, 101, … */
static inline void begin_world(uint64_t birth_ns, uint64_t seed, uint32_t cgroups)
{
	const struct epoch epoch = { .boot_id = { 1, 2, 3 }, .birth_ns = birth_ns };

	memset(&world, 0, sizeof(world));
	world.seed = seed;
	assert_int_equal(ring_create(RING_ROWS, &epoch, &world.ring_fd), 0);
	assert_int_equal(ring_writer_open(world.ring_fd, &world.writer), 0);
	assert_int_equal(ring_reader_open(world.ring_fd, &world.reader), 0);
	world.tick = (struct ring_tick) { .mono_ns = FIRST_NS,
		.boot_ns = FIRST_NS,
		.real_ns = 1000 * FIRST_NS,
		.cpus = 2,
		.counters_valid = 1U << COUNTER_cpu_ns | 1U << COUNTER_mem_byte_seconds };
	world.row_count = cgroups;
	for (uint32_t i = 0; i < cgroups; i++)
		world.rows[i] = (struct ring_row) { .id = 100 + i, .kind = ROW_CGROUP };
}

static inline void end_world(void)
{
	ring_reader_free(world.reader);
	ring_writer_free(world.writer);
	close(world.ring_fd);
}

static inline void set_meter(uint32_t slot, enum zone zone, uint32_t state, uint64_t uj)
{
	world.tick.meter[slot] = (struct ring_meter) { zone, state, uj };
	snprintf(world.tick.meter_name, sizeof(world.tick.meter_name), "test");
}

static inline struct ring_row *add_process(uint64_t cgroup, uint32_t tgid, uint64_t start_ns)
{
	struct ring_row *row = &world.rows[world.row_count++];

	*row = (struct ring_row) { .id = cgroup, .tgid = tgid, .kind = ROW_PROCESS, .start_ns = start_ns };
	snprintf(row->comm, sizeof(row->comm), "c%u", tgid % 100000);
	return row;
}

static inline void use_counter(uint32_t row, enum counter counter, uint64_t growth)
{
	world.rows[row].counter[counter] += growth;
	world.tick.total[counter] += growth;
	if (counter == COUNTER_cpu_ns)
		world.tick.busy_ns += growth;
}

static inline void pass(uint64_t ns)
{
	world.tick.mono_ns += ns;
	world.tick.boot_ns += ns;
	world.tick.real_ns += ns;
	world.tick.capacity_ns += world.tick.cpus * ns;
}

static inline void publish(void)
{
	ring_publish(world.writer, &world.tick, world.rows, world.row_count);
}

/* One second passes and is told. */
static inline void second(void)
{
	pass(NS_PER_SECOND);
	publish();
}

static inline struct turn_config books_config(void)
{
	return (struct turn_config) { .node = { .model = &model, .fake_mw = 100000 }, .process_rows = 50 };
}

static inline void begin_books(struct books *books, struct turn_config config)
{
	const uint8_t hash[32] = { 7 };
	int fd;

	assert_int_equal(turn_init(&books->turn, &config, RING_ROWS), 0);
	assert_int_equal(state_create_fd(RING_ROWS, &fd), 0);
	assert_int_equal(state_open_fd(&books->state, fd, RING_ROWS), -EBADMSG);
	state_reset(&books->state, 1, hash);
}

static inline void end_books(struct books *books)
{
	turn_done(&books->turn);
	state_done(&books->state);
}

static inline void run_turn(struct books *books)
{
	assert_int_equal(turn_run(&books->turn, &books->state, world.reader), 1);
}

static inline const struct state_row *row_of(const struct state *state, uint64_t id)
{
	uint32_t index = 0;

	assert_true(idmap_find(&state->by_id, id, &index));
	return &state->rows[index];
}

static inline const struct state_process *process_of(
	const struct state *state, uint32_t tgid, uint64_t start_ns)
{
	uint32_t index;

	return idmap_find(&state->by_process, state_process_key(tgid, start_ns), &index)
		       ? &state->processes[index]
		       : NULL;
}

/* Whose sums do not agree, "" if all do: process -> cgroup -> node, in every zone, to the µJ. */
static inline const char *disagreement(const struct state *state)
{
	static uint64_t active[RING_ROWS + FINALS_MAX][STATE_ZONES];
	const struct state_head *head = &state->head;
	uint32_t row;

	for (uint32_t i = 0; i < head->row_count; i++)
		memcpy(active[i], state->rows[i].rest_uj, sizeof(active[i]));
	for (uint32_t i = 0; i < head->process_count; i++) {
		if (!idmap_find(&state->by_id, state->processes[i].id, &row))
			return "a process without its cgroup";
		for (int zone = 0; zone < STATE_ZONES; zone++)
			active[row][zone] += state->processes[i].active_uj[zone];
	}
	for (int zone = 0; zone < STATE_ZONES; zone++) {
		uint64_t node = head->idle_uj[zone] + head->gone_active_uj[zone] + head->gone_idle_uj[zone];
		for (uint32_t i = 0; i < head->row_count; i++) {
			if (active[i][zone] != state->rows[i].active_uj[zone])
				return "processes and rest are not their cgroup";
			node += state->rows[i].active_uj[zone] + state->rows[i].idle_uj[zone];
		}
		if (node != head->total_uj[zone])
			return "cgroups and idle are not the node";
	}
	for (int zone = STATE_ZONES; zone < ZONE_MAX; zone++)
		if (head->idle_uj[zone] != head->total_uj[zone])
			return "a zone that is not split is not idle";
	return "";
}

static inline void assert_conserved(const struct state *state)
{
	assert_string_equal(disagreement(state), "");
}

static inline int make_model(void **state)
{
	struct model_error error;
	struct config config;
	const struct host host = { .cpus = 2,
		.memory_bytes = UINT64_C(4000000000),
		.generation = "epyc_2",
		.thread_idle_mw = 500,
		.thread_full_mw = 2000 };

	(void)state;
	config_defaults(&config);
	return model_make(&config, &host, &model, &error);
}
