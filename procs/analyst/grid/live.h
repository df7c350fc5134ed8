/*
 * What providers of grid data told the fetcher: the newest of each, as a grid file that the answers read like one of the
 * operator's. Average intensities alone are ever compared with a target.
 */
#pragma once

#include "analyst/grid/grid.h"
#include "ipc/frame.h"

#define LIVE_PROVIDERS_MAX 4

struct live_provider {
	char name[33], licence[65], failure[257];
	enum grid_factor factor;
	bool is_marginal, is_experimental;
	int64_t max_age_s, retrieved_s, failing_since_s, measured_until_s;
	size_t measured, estimated; /* points of the past, and those of them that are estimates */
	double demand_mw, reserve_percent;
	struct grid_file *file;    /* intensities, NULL = none yet */
	struct grid_point *prices; /* KRW/kWh, an hour each */
	size_t price_count;
};

struct live {
	struct live_provider providers[LIVE_PROVIDERS_MAX];
	size_t count;
};

void live_done(struct live *live);
/* An intensity frame, part by part. 0, -EBADMSG or -ENOMEM. */
int live_take(struct live *live, const struct frame *frame);
/* The first, in the order of `names` (config: grid_providers), that tells average intensities of that factor (-1 = any);
 * NULL if there is none. */
const struct live_provider *live_choose(const struct live *live, const char *names, int factor);
/* Is there a provider among `names` that has told nothing, neither averages nor that its signal is a marginal one? */
bool live_is_awaited(const struct live *live, const char *names);
/* Most of what was measured is an estimate. */
bool live_is_estimated(const struct live_provider *provider);
bool live_is_cached(const struct live_provider *provider, int64_t now_s);
