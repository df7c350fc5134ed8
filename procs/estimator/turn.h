/*
 * One turn of the estimator: every tick since the last committed one adds to the node's energy, then the sum is split
 * over the rows by how their counters grew. Pure arithmetic over ring and state: no clock, no socket, deterministic.
 */
#pragma once

#include "estimator/apportion.h"
#include "models/model.h"
#include "estimator/state.h"
#include "ipc/ring.h"

enum idle_sharing { IDLE_NONE, IDLE_EQUAL, IDLE_REQUEST };

struct turn_config {
	const struct model *model;
	enum idle_sharing share_idle;
	uint64_t measured_idle_mw; /* idle part of a metered package */
	uint64_t fake_idle_mw;     /* idle part of the fake meter */
	/* CPU request of a row in millicores (IDLE_REQUEST); 0 = none */
	uint64_t (*request_of)(void *context, uint64_t id);
	void *context;
};

struct turn {
	struct turn_config config;
	struct ring_row *rows; /* the newest bank */
	uint32_t row_count, capacity;
	struct share *shares;
	uint32_t *scratch;
	/* what the last turn was about, for the power frame */
	uint64_t from_seq, from_boot_ns, from_real_ns;
	uint32_t flags, zone_mask;
	enum power_state state;
	char source[64];
	uint32_t error_ppm;
	uint64_t coarse_turns, skipped_ticks;
};

int turn_init(struct turn *turn, uint32_t ring_capacity, uint32_t state_capacity);
void turn_done(struct turn *turn);

/* 1 = the state moved on (not yet committed), 0 = nothing new, -ESTALE = the ring is being lapped, try again. */
int turn_run(struct turn *turn, struct state *state, const struct ring_reader *ring);
