/*
 * One turn of the estimator: every tick since the last committed one adds to the node's energy, then the sum is split
 * over the rows by how their counters grew, and each row's part over its processes. Pure arithmetic over ring and state:
 * no clock, no socket, deterministic.
 */
#pragma once

#include "estimator/processes.h"

struct turn_config {
	struct node_config node;
	enum idle_sharing share_idle;
	/* CPU request of a row in millicores (IDLE_REQUEST); 0 = none */
	uint64_t (*request_of)(void *context, uint64_t id);
	void *context;
	uint32_t process_rows; /* most processes that get a row in the process frame */
};

struct turn {
	struct turn_config config;
	struct rows rows;
	struct processes processes;
	struct node_doubts doubts;
	bool has_run; /* what follows, and the rows' and processes' arrays, are of a turn */
	/* what the last turn was about, for the power frame */
	uint64_t from_seq, from_boot_ns, from_real_ns;
	uint32_t flags, zone_mask;
	enum power_state state;
	char source[64];
	uint32_t error_ppm;
	/* since the start */
	uint64_t coarse_turns, skipped_ticks, energy_epochs;
};

int turn_init(struct turn *turn, const struct turn_config *config, uint32_t ring_rows);
void turn_done(struct turn *turn);

/* 1 = the state moved on (not yet committed), perhaps not to the newest tick: run again. 0 = nothing new, -ESTALE = the
 * ring is being lapped, try again. */
int turn_run(struct turn *turn, struct state *state, const struct ring_reader *ring);
