/*
 * Watts where no meter is: idle + (full - idle) * shape(busy ratio), monotone, clamped to [idle, full]; integers all
 * through, so that a replay gives the same numbers. A guest pays its vCPUs' share of the host, idle and dynamic both.
 */
#pragma once

#include <stdbool.h>

#include "ipc/ring.h"
#include "models/host.h"

/* How the node's counters grew in one tick. */
struct model_input {
	uint64_t dt_ns, busy_ns, capacity_ns;
	uint64_t counter[COUNTER_COUNT]; /* by enum counter, where counters_valid says so */
	uint64_t softirqs[SOFTIRQ_COUNT];
	uint32_t counters_valid;
};

/* Mean power in that tick. */
struct model_output {
	uint64_t package_mw, package_idle_mw; /* idle is part of package; idle <= package always */
	uint64_t dram_mw, dram_idle_mw;       /* where has_dram_idle is false, idle is what no cgroup holds */
	bool has_dram_idle;
	const char *source; /* name of what answered, valid as long as the model */
	uint32_t error_ppm; /* stated relative error of the package watts, k = 1 */
};

struct model {
	char name[64];             /* "curve:epyc_3" */
	uint64_t idle_mw, full_mw; /* package, of this system's share */
	uint64_t dram_mw;          /* all memory of this system */
	uint64_t dram_uw_per_gb;   /* of memory that is held */
	uint32_t error_ppm;        /* stated relative error of the package watts, k = 1 */
	uint8_t hash[32];          /* SHA-256 of everything above and the shape */
};

int model_make(const struct config *config, const struct host *host, struct model *ret_model);
/* Never negative, never NaN, within [idle, full]; by cycles where they are counted and a curve for them is there. */
void model_evaluate(
	const struct model *model, const struct model_input *input, struct model_output *ret_output);
/* Package power at busy_ns out of capacity_ns of CPU time. mW. */
uint64_t model_package_mw(const struct model *model, uint64_t busy_ns, uint64_t capacity_ns);
/* Energy of memory held: byte-seconds at the configured W/GB. µJ, rounded down. */
uint64_t model_memory_uj(const struct model *model, uint64_t byte_seconds);
