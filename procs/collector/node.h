/* What /proc/stat tells of the node: CPUs online, idle and stolen time, softirqs. Never goes down. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "ipc/ring.h"

struct node {
	uint64_t idle_ns, steal_ns, softirqs[SOFTIRQ_COUNT]; /* since the epoch's birth */
	uint64_t idle_last_ticks, steal_last_ticks, softirqs_last[SOFTIRQ_COUNT];
	bool has_base;
};

/* Goes on where the last tick of the ring stopped; `note` is what node_note() left there, or NULL. */
void node_resume(struct node *node, const struct ring_tick *tick, const struct ring_row *note);
/* What a successor needs beside the tick: where the kernel's counters stood. */
void node_note(const struct node *node, struct ring_row *ret_note);
/* Fills cpus, idle_ns, steal_ns and softirqs of the tick. 0 or -errno. */
int node_read(struct node *node, const char *procfs_root, struct ring_tick *tick);
