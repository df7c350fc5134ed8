/* What each stage last told about itself. */
#pragma once

#include "base/stage.h"
#include "base/stats.h"
#include "ipc/frame.h"

#define STAGE_STATS_MAX STATS_MAX

struct stage_stat {
	char name[100], labels[132];
	enum stat_type type;
	double value;
};

struct stage_stats {
	struct {
		uint64_t run, received_ns; /* CLOCK_MONOTONIC, 0 = never */
		uint64_t restarts;
		uint64_t repeats; /* rows dropped: an earlier one of their frame has that name and labels */
		size_t count;
		struct stage_stat all[STAGE_STATS_MAX];
	} of[STAGE_COUNT];
};

/* Takes one stats frame of `stage`; of rows with one name and labels the first. -EBADMSG: it calls itself another stage, or a name is not a metric name. */
int stage_stats_take(struct stage_stats *stats, enum stage stage, const struct frame *frame, uint64_t now_ns);
