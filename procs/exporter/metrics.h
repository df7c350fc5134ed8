/* metrics.def as a table, and how a family begins in either format. */
#pragma once

#include <stdio.h>

#include "exporter/accounts.h"
#include "exporter/sheet.h"

enum metric {
#define METRIC(id, ...) METRIC_##id,
#include "exporter/metrics.def"
	METRIC_COUNT
};

/* What of an account or of the node a metric shows. */
enum part {
	PART_NONE,
	PART_CPU, /* zones package and dram, as upstream */
	PART_CPU_ACTIVE,
	PART_CPU_IDLE,
	PART_GPU,
	PART_GPU_ACTIVE,
	PART_GPU_IDLE,
	PART_MEMORY,
	PART_ALL_ZONES,
	PART_ENDED, /* of workloads without a series */
	PART_SECONDS,
	PART_STATE_SECONDS,
	PART_NETWORK, /* in the order of enum network */
	PART_RX_BYTES = PART_NETWORK,
	PART_TX_BYTES,
	PART_RX_PACKETS,
	PART_TX_PACKETS,
	PART_PASSED, /* PART_switches and so on, in the order of enum passed_counter */
	PART_BEFORE_PASSED = PART_PASSED - 1,
#define X(name) PART_##name,
	PASSED_COUNTERS(X)
#undef X
		PART_USAGE,
	PART_CPU_INFO,
	PART_OF_NOW, /* about the watts of now */
	PART_OLD,    /* Kepler <= 0.9 from here on */
	PART_OLD_PACKAGE = PART_OLD,
	PART_OLD_DRAM,
	PART_OLD_PLATFORM,
	PART_OLD_ALL,
	PART_OLD_INFO
};

struct metric_info {
	const char *name, *type, *unit;
	enum level level;
	enum part part;
	const char *labels, *help;
};

extern const struct metric_info metric_table[METRIC_COUNT];

enum format { FORMAT_TEXT, FORMAT_OPENMETRICS, FORMAT_COUNT };

/* HELP, TYPE and, in OpenMetrics, UNIT; a counter's family is named without _total there (OpenMetrics 1.0, 5.1). */
void metric_head(
	struct sheet *sheet, enum format format, const char *name, const char *type, const char *help);
/* HELP of what a stage tells about itself; name without "tanso_". */
const char *stat_help(const char *name);
/* docs/metrics.md */
void metrics_describe(FILE *out);
