/*
 * What the estimator must not forget: the energy of the node, of every cgroup and process, and the readings it has been
 * worked out from. Kept in a memfd that the supervisor holds, in two banks with a checksum each: a turn writes the other
 * bank and then switches with one store, so that a kill at any instruction leaves one whole bank, and the turn is
 * replayed from it with equal numbers.
 */
#pragma once

#include "base/idmap.h"
#include "estimator/use.h"
#include "ipc/frame.h"

#define STATE_ZONES                                                                                          \
	(ZONE_GPU +                                                                                          \
		1) /* package, dram and gpu are split over rows; psys contains package: its place stays 0 */

struct state_row {
	uint64_t id;
	struct use seen; /* counter readings accounted for */
	uint64_t active_uj[STATE_ZONES], idle_uj[STATE_ZONES];
	uint64_t rest_uj[STATE_ZONES];       /* the part of active_uj that is no living process's */
	uint64_t network[USE_NETWORK_COUNT]; /* as read, since the counters' birth: it splits nothing */
	uint64_t final_seq;                  /* 0 = it lives */
	uint64_t flags;                      /* ROW_* */
};

/* A living process. One that ends leaves its energy in its cgroup's rest_uj. */
struct state_process {
	uint64_t id; /* of its row */
	uint64_t start_ns;
	uint32_t tgid;
	uint16_t is_listed;  /* has a row in the process frame */
	uint16_t is_machine; /* has been told to run a virtual machine: it always will */
	struct use seen;
	uint64_t active_uj[STATE_ZONES]; /* part of its row's active_uj */
	uint64_t listed_uj[STATE_ZONES]; /* what it used while it was listed, in whatever row */
	uint64_t recent_uj;              /* of all zones, fading: who is listed */
};

/* One GPU; all of them together are the node's zone gpu. */
struct state_gpu {
	char uuid[80];
	uint64_t seen_uj, seen_active_uj; /* readings accounted for */
	uint64_t active_uj, idle_uj;
};

/* Of the last tick counted, and sums. */
struct state_head {
	uint64_t committed_seq;
	uint64_t energy_epoch; /* CLOCK_REALTIME of the energy's birth */
	struct epoch epoch;    /* of the counters */
	uint8_t model_hash[32];
	uint64_t mono_ns, boot_ns, real_ns, capacity_ns, busy_ns;
	uint64_t total[COUNTER_COUNT], softirqs[SOFTIRQ_COUNT];
	uint64_t meter_uj[ZONE_MAX], meter_boot_ns[ZONE_MAX]; /* last good reading, and its time */
	uint64_t waiting_uj[ZONE_MAX],
		waiting_idle_uj[ZONE_MAX]; /* what the model says while a meter fails */
	uint32_t meter_known, meter_fake;  /* bit z: meter_uj[z] is a reading; of the fake meter */
	char meter_name[32];
	uint64_t total_uj[ZONE_MAX], idle_uj[ZONE_MAX];
	uint64_t counted_ns;    /* time the energy rests on */
	uint64_t warmed_ns;     /* time spent warming up */
	uint64_t first_boot_ns; /* CLOCK_BOOTTIME of the tick where the energy begins */
	uint64_t gone_active_uj[STATE_ZONES], gone_idle_uj[STATE_ZONES]; /* of rows that are forgotten */
	uint64_t ended_uj[STATE_ZONES]; /* listed_uj of the processes that are not listed now */
	uint32_t cpus, counters_valid, row_count, process_count;
	uint32_t
		is_fake; /* the energy is a pretended meter's, all of it: real joules get another energy epoch */
	uint32_t gpu_count;
	uint32_t has_passed; /* state.passed is kept: somebody asked for it */
	uint32_t reserved;
	struct state_gpu gpus[NODE_GPUS_MAX];
};

struct state {
	struct state_head head;
	struct state_row *rows;
	struct state_process *processes;
	struct passed *passed; /* of rows, by the same index; touched only while head.has_passed */
	uint32_t capacity, process_capacity;
	struct idmap by_id, by_process;
	/* the memfd */
	int fd;
	void *base;
	uint64_t dropped, processes_dropped; /* found no room */
};

/* Room for `ring_rows` living rows, FINALS_MAX ended ones, and as many processes as the ring can show. */
#define FINALS_MAX 8192 /* ended rows that wait for acknowledgements */

/* Takes the state from the supervisor, or makes an empty one (*ret_is_new; head.committed_seq = 0). */
int state_open(struct state *state, uint32_t ring_rows, bool *ret_is_new);
/* Over an existing descriptor (tests); the descriptor becomes the state's. -EBADMSG: no bank of it is whole. */
int state_open_fd(struct state *state, int fd, uint32_t ring_rows);
int state_create_fd(uint32_t ring_rows, int *ret_fd);
void state_done(struct state *state);

/* Forgets everything and begins a new energy epoch. */
void state_reset(struct state *state, uint64_t real_ns, const uint8_t model_hash[static 32]);
/* Energy begins anew at zero; rows, processes and readings stay. */
void state_restart_energy(struct state *state, uint64_t real_ns, uint64_t boot_ns);
/* The row of an id, made with zeroes if it is new; NULL when full. */
struct state_row *state_row(struct state *state, uint64_t id);
/* Its energy goes to gone_*; the last row takes its place. */
void state_remove(struct state *state, uint32_t index);

/* One number for a process: its start tells it from a later one of the same tgid. */
uint64_t state_process_key(uint32_t tgid, uint64_t start_ns);
struct state_process *state_process_add(struct state *state, uint32_t tgid, uint64_t start_ns);
/* Its energy must be its row's rest already; the last process takes its place. */
void state_process_remove(struct state *state, uint32_t index);

/* Writes the other bank and switches to it. */
void state_commit(struct state *state);
