/*
 * Hardware counters (perf events), one of each kind per CPU, in a map that the BPF programs read; the map keeps them
 * open. Small cloud guests have none: what the kernel opens counts, not what CPUID promises.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "bpf/usage.h"

#define PMU_CPU_WORDS (USAGE_CPUS_MAX / 64)
#define PMU_TYPES_MAX 8 /* kinds of cores in one machine; cores of a further kind are without counters */

/* The PMUs of the cores, where there are several kinds of cores (P and E cores, big.LITTLE): each has a type of its own. */
struct pmu_types {
	uint32_t count; /* 0: one PMU for all, or none */
	struct pmu_type {
		uint32_t type; /* as perf numbers it */
		uint64_t cpus[PMU_CPU_WORDS];
	} of[PMU_TYPES_MAX];
};

/* Which of them there are, as sysfs tells. */
void pmu_find_types(const char *sysfs_root, struct pmu_types *ret_types);
/* choice: as the key pmu_cycles. Bit e of the result is set: event e (USAGE_PMU_EVENTS) opens here, on every kind of core. */
uint32_t pmu_find(const char *choice, const struct pmu_types *types);
/* Opens the events of a CPU into the map. 0, or -errno of one that did not open: then none is. */
int pmu_open(int map_fd, const char *choice, const struct pmu_types *types, uint32_t events, uint32_t cpu);
void pmu_close(int map_fd, uint32_t events, uint32_t cpu);
/* Runs the program on each of these CPUs. */
void pmu_run_on(int program_fd, const uint64_t cpus[static PMU_CPU_WORDS]);
/* Sets the bits of the CPUs that are online, below USAGE_CPUS_MAX. 0, 1 if there are CPUs beyond, or -errno. */
int pmu_read_online(const char *sysfs_root, uint64_t ret_cpus[static PMU_CPU_WORDS]);
/* "0-3,8\n" (sysfs's cpulist format) to bits. 0, 1 if CPUs at or beyond `limit` were left out, or -EBADMSG. */
int pmu_parse_cpus(const char *text, uint64_t *ret_cpus, uint32_t limit);
