/*
 * What cgroups and processes used: the counters that energy is split by, and which of them splits which zone.
 */
#pragma once

#include <stdbool.h>

#include "ipc/ring.h"

enum use_kind {
	USE_CPU,    /* ns on CPU */
	USE_CYCLES, /* CPU cycles */
	USE_MISSES, /* cache misses */
	USE_MEMORY, /* bytes held x seconds */
	USE_FAULTS, /* page faults, minor and major */
	USE_GPU,    /* µJ of the GPUs, as the collector has split each of them */
	USE_COUNT
};

/* What of the network is passed on as it was read, in the order of the ring's counters. */
#define USE_NETWORK_FIRST COUNTER_rx_bytes
#define USE_NETWORK_COUNT 4

struct use {
	uint64_t by[USE_COUNT];
};

/* How the zones of one turn are split, see docs/watts.md. */
struct use_rule {
	bool has_cycles;       /* package by cycles, else by CPU time */
	bool has_misses;       /* dram by cache misses, else by memory and faults */
	bool is_dram_by_bytes; /* dram is modelled from the bytes held: those alone split it */
};

/* Which uses the bits of counters_valid stand for. CPU time is always counted. */
uint32_t use_mask(uint32_t counters_valid);

/* Bits by enum use_kind. Who is in neither does not grow, and begins anew where it stands when it is. */
struct use_masks {
	uint32_t counted;
	uint32_t held; /* do not grow now: what they grow by comes with a later turn */
};

/* How a row grew since `seen`, which moves on. A counter that stepped back counts again when it is beyond where it was. */
struct use use_take_growth(struct use *seen, const struct ring_row *row, struct use_masks masks);

bool use_is_zero(const struct use *use);
/* Weight of a growth in the energy of a zone; 0 where the zone is not split. */
uint64_t use_weight(const struct use *growth, enum zone zone, const struct use_rule *rule);
