/*
 * Counters of real processes: a cgroup of our own, a child in it that does as it is told, and what a reading says of
 * both. Needs root, BTF and a cgroup hierarchy; a kernel that refuses what it should take is a failure.
 */
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include "base/clock.h"
#include "collector/usage/reader.h"
#include "tests/unit/unit.h"

#define DEADLINE_NS (10 * NS_PER_SECOND)
#define PAGE        4096
#define DATAGRAMS   100
#define DATAGRAM    1000

struct world {
	struct config config;
	struct hierarchy hierarchy;
	struct usage_reader *usage;
	char group[600];
	uint64_t group_id;
	pid_t child;
	int orders, answers; /* pipes to and from the child */
	struct rusage spent; /* by the child, once it has ended */
	/* of the last reading */
	uint64_t sum[USAGE_COUNTER_COUNT], live[USAGE_COUNTER_COUNT], process[USAGE_COUNTER_COUNT];
	uint64_t resident; /* pages, as the child's leader told */
	char comm[USAGE_COMM_MAX + 1], exe[USAGE_EXE_MAX + 1];
};

/* For cmocka: without hardware counters, and with the CPU's clock in the place of one. */
int world_set_up(void **state);
int world_set_up_clock(void **state);
int world_tear_down(void **state);

/* The child does it; one that cannot ends with _exit(), and who waits for its answer fails. */
typedef void order_fn(void);
void order(struct world *world, order_fn *what);
void wait_for_answer(struct world *world);
void let(struct world *world, order_fn *what);
void end_child(struct world *world);
/* Orders of several tests: none; datagrams to itself, over the network and a local socket, some only looked at. */
void do_nothing(void);
void talk_to_oneself(void);

void read_usage(struct world *world);
/* Until `at_least` has reached the cgroup's sums: a thread is folded when it is freed, after an RCU grace period. */
void read_until(struct world *world, enum usage_counter counter, uint64_t at_least);
/* As if the collector had been killed: another one takes the counters over. */
void restart(struct world *world);
/* As if it had been stopped: other counters, from zero. */
void world_begin_anew(struct world *world);
bool counts(const struct world *world, enum usage_counter counter);
double reported(struct world *world, const char *name, const char *labels);
void assert_not_less(const uint64_t *now, const uint64_t *before);
