/*
 * Watts where no meter is, for this machine: the models chosen for it (with hardware counters, without), monotone where they
 * are ours, clamped to [idle, full] always; integers, or doubles rounded to mW, so that a replay gives the same numbers.
 * A guest pays its vCPUs' share of the host, idle and dynamic both. A plain value: no pointers.
 */
#pragma once

#include "models/formula.h"
#include "models/host.h"
#include "models/model_file.h"

#define MODEL_CHOICES_MAX  3
#define MODEL_SOURCE_BYTES 64 /* as the frames carry it */

/* Mean power in that tick. */
struct model_output {
	uint64_t package_mw, package_idle_mw; /* idle is part of package; idle <= package always */
	uint64_t dram_mw, dram_idle_mw;       /* where has_dram_idle is false, idle is what no cgroup holds */
	bool has_dram_idle;
	const char *source; /* name of what answered, valid as long as the model */
	uint32_t error_ppm; /* stated relative error of the package watts, k = 1: twice it covers 95 % */
};

/* Used when everything it counts is counted; the last one needs nothing. */
struct model_choice {
	char name[MODEL_SOURCE_BYTES]; /* "m5.metal/counters", "curve:epyc_3" */
	uint32_t counters;             /* bits of enum counter that it needs */
	uint32_t host_threads;         /* of the host the formulas are of */
	uint32_t error_ppm;
	uint32_t has_dram; /* else dram_mw of the model */
	struct formula package, dram;
};

struct model {
	char name[MODEL_SOURCE_BYTES]; /* of the first choice */
	uint64_t idle_mw, full_mw;     /* package, of this system's share, by the first choice */
	uint64_t dram_mw;              /* all memory of this system */
	uint64_t dram_uw_per_gb;       /* of memory that is held */
	uint32_t error_ppm;            /* of the last choice, which is the widest */
	uint32_t cpus;
	uint32_t choices, unused;
	struct model_choice choice[MODEL_CHOICES_MAX];
	uint8_t hash[32]; /* SHA-256 of everything above: another hash is another energy epoch */
};

/* Chooses by config and host; reads models_dir. 0; -EINVAL, -ENOENT, -ERANGE with `error` filled; -ENOMEM. */
int model_make(const struct config *config, const struct host *host, struct model *ret_model,
	struct model_error *error);
/* Never negative, never NaN, within [idle, full] of the choice that answers. */
void model_evaluate(
	const struct model *model, const struct model_input *input, struct model_output *ret_output);
/* Energy of memory held: byte-seconds at the configured W/GB. µJ, rounded down. */
uint64_t model_memory_uj(const struct model *model, uint64_t byte_seconds);
