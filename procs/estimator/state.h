/*
 * What the estimator must not forget: the energy of the node and of every row, and the counter readings it has been
 * worked out from. Kept in a memfd that the supervisor holds, in two banks with a checksum each: a turn writes the other
 * bank and then switches with one store, so that a kill at any instruction leaves one whole bank, and the turn is
 * replayed from it with equal numbers.
 */
#pragma once

#include "base/idmap.h"
#include "ipc/frame.h"

#define STATE_ZONES 2 /* zones split over rows: package and dram; the others are the node's alone */

struct state_row {
	uint64_t id;
	uint64_t cpu_ns, mem_byte_seconds; /* counter readings accounted for */
	uint64_t active_uj[STATE_ZONES], idle_uj[STATE_ZONES];
	uint64_t final_seq; /* 0 = it lives */
	uint64_t flags;     /* ROW_* */
};

/* Of the last tick counted. */
struct state_head {
	uint64_t committed_seq;
	uint64_t energy_epoch; /* CLOCK_REALTIME of the state's birth */
	struct epoch epoch;    /* of the counters */
	uint8_t model_hash[32];
	uint64_t mono_ns, boot_ns, real_ns, capacity_ns, busy_ns;
	uint64_t meter_uj[ZONE_MAX];
	uint64_t meter_known; /* bit z: meter_uj[z] is a reading */
	uint64_t total_uj[ZONE_MAX], idle_uj[ZONE_MAX];
	uint64_t counted_ns;           /* time the energy rests on */
	uint64_t first_boot_ns;        /* CLOCK_BOOTTIME of the tick where the energy begins */
	uint64_t gone_uj[STATE_ZONES]; /* of rows every consumer has acknowledged and forgotten */
	uint32_t cpus, row_count;
};

struct state {
	struct state_head head;
	struct state_row *rows;
	uint32_t capacity;
	struct idmap by_id;
	/* the memfd */
	int fd;
	void *base;
	uint64_t dropped; /* rows that found no room */
};

/* Takes the state from the supervisor, or makes an empty one (*ret_is_new; head.committed_seq = 0). */
int state_open(struct state *state, uint32_t capacity, bool *ret_is_new);
/* Over an existing descriptor (tests); the descriptor becomes the state's. -EBADMSG: no bank of it is whole. */
int state_open_fd(struct state *state, int fd, uint32_t capacity);
int state_create_fd(uint32_t capacity, int *ret_fd);
void state_done(struct state *state);

/* Forgets everything and begins a new energy epoch. */
void state_reset(struct state *state, uint64_t real_ns, const uint8_t model_hash[static 32]);
/* The row of an id, made with zeroes if it is new; NULL when full. */
struct state_row *state_row(struct state *state, uint64_t id);
void state_remove(struct state *state, uint32_t index);
/* Writes the other bank and switches to it. */
void state_commit(struct state *state);
