/*
 * The node's energy, tick by tick: what the meters' counters grew by, and the model where no meter answers. Every reading
 * is doubted: a first one, one that steps back and one that jumps beyond what the machine can draw are baselines and no
 * energy, and the model answers for their tick.
 */
#pragma once

#include "estimator/state.h"
#include "models/model.h"

struct node_config {
	const struct model *model;
	uint64_t fake_mw;      /* what the fake meter pretends; half of it is idle */
	uint64_t warmup_ns;    /* that long after the state's birth the energy is fake */
	uint64_t meter_max_mw; /* a meter that says more is not believed; 0 = NODE_MAX_TIMES full watts */
};

#define NODE_MAX_TIMES 10

/* What the ticks of one turn bring. */
struct node_gain {
	uint64_t total_uj[ZONE_MAX], idle_uj[ZONE_MAX];
	uint32_t ticks;
	uint32_t counters_valid; /* in the first tick's predecessor and in all ticks */
	uint32_t zone_mask;      /* of the last tick */
	uint32_t awaited;        /* bit z, of the last tick: zone z's meter fails, and is waited for */
	uint32_t flags;          /* TICK_FLAG_* */
	enum power_state state;  /* the least trustworthy one of the package */
	bool is_dram_by_bytes;   /* dram is modelled by the bytes held: what nobody holds is idle */
	uint32_t error_ppm;      /* of the last tick */
	char source[64];         /* of the last tick */
};

/* Readings that were not believed, since the start. */
struct node_doubts {
	uint64_t backward, beyond, still;
	enum zone last_zone;
	uint64_t last_uj, last_ns; /* the last jump beyond: so much in so long */
};

void node_gain_init(struct node_gain *gain, const struct state_head *head);
/* The first tick of a counter epoch: baselines only. */
void node_begin(struct state_head *head, const struct epoch *epoch, const struct ring_tick *tick);
/* Is the energy of this tick a pretended meter's? Such joules never share an energy epoch with real ones. */
bool node_is_fake(
	const struct node_config *config, const struct state_head *head, const struct ring_tick *tick);
void node_count_tick(const struct node_config *config, struct state_head *head, const struct ring_tick *tick,
	struct node_gain *gain, struct node_doubts *doubts);
