/*
 * The counters and gauges a process keeps about itself; sent in the `stats` frame and published as tanso_*.
 * A fixed table, so that it is bounded: what is registered beyond STATS_MAX - 1 is not shown, and the last entry,
 * stats_left_out, says so.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define STATS_MAX 96

enum stat_type { STAT_COUNTER, STAT_GAUGE };

struct stat_entry {
	const char *
		name; /* Prometheus name without the prefix "tanso_", e.g. "frames_in_total"; static storage */
	char labels
		[128]; /* Prometheus label text without braces, e.g. peer="collector"; the stage label is added later */
	enum stat_type type;
	double value;
};

struct stats {
	size_t count;
	struct stat_entry entries[STATS_MAX];
};

/* Registers (or finds) an entry and returns where to count. Never NULL. */
double *stats_entry(struct stats *stats, enum stat_type type, const char *name, const char *labels);
