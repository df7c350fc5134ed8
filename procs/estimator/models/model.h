/*
 * Watts where no meter is: idle + (full - idle) * shape(busy ratio), monotone, clamped to [idle, full]; integers all
 * through, so that a replay gives the same numbers. A guest pays its vCPUs' share of the host, idle and dynamic both.
 */
#pragma once

#include "estimator/host.h"

struct model {
	char name[64];             /* "curve:epyc_3" */
	uint64_t idle_mw, full_mw; /* package, of this system's share */
	uint64_t dram_mw;          /* all memory of this system */
	uint64_t dram_uw_per_gb;   /* of memory that is held */
	uint32_t error_ppm;        /* stated relative error of the package watts, k = 1 */
	uint8_t hash[32];          /* SHA-256 of everything above and the shape */
};

int model_make(const struct config *config, const struct host *host, struct model *ret_model);
/* Package power at busy_ns out of capacity_ns of CPU time. mW. */
uint64_t model_package_mw(const struct model *model, uint64_t busy_ns, uint64_t capacity_ns);
/* Energy of memory held: byte-seconds at the configured W/GB. µJ, rounded down. */
uint64_t model_memory_uj(const struct model *model, uint64_t byte_seconds);
