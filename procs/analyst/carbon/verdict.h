/* What a workload's usage means: usable or not and why, energy, emissions, compliance. Shared by all tools. */
#pragma once

#include "analyst/answers/question.h"

struct verdict {
	bool is_power_usable;
	struct compliance compliance;
	double grid_intensity;   /* I_w [g/kWh] */
	double grid_uncertainty; /* relative, k = 1 */
	double coverage;         /* by the grid file, 0 … 1 */
	double observed_ns, present_ns;
	double mean_watts, kwh_month, kg_month, kg_month_uncertainty, grams_per_hour;
};

/* Fills reasons of the question along the way. `node`: what the node used in the same window. */
void verdict_reach(struct question *question, const struct usage *usage, uint64_t present_ns,
	const struct usage *node, struct verdict *ret_verdict);
/* Reasons that hold for the snapshot as a whole: stale, fake, initializing. True: watts may be shown. */
bool snapshot_is_usable(const struct question *question, struct reasons *reasons);
