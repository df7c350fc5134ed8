/*
 * Hardware counters (perf events), one of each kind per CPU, in a map that the BPF programs read; the map keeps them
 * open. Small cloud guests have none: what the kernel opens counts, not what CPUID promises.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "bpf/usage.h"

#define PMU_CPU_WORDS (USAGE_CPUS_MAX / 64)

/* choice: as the key pmu_cycles. Bit e of the result is set: event e (USAGE_PMU_EVENTS) opens here. */
uint32_t pmu_find(const char *choice);
/* Opens the events of a CPU into the map. 0, or -errno of one that did not open (the others are open). */
int pmu_open(int map_fd, const char *choice, uint32_t events, uint32_t cpu);
void pmu_close(int map_fd, uint32_t events, uint32_t cpu);
/* Runs the program on each of these CPUs. */
void pmu_run_on(int program_fd, const uint64_t cpus[static PMU_CPU_WORDS]);
/* Sets the bits of the CPUs that are online, below USAGE_CPUS_MAX. 0 or -errno. */
int pmu_read_online(const char *sysfs_root, uint64_t ret_cpus[static PMU_CPU_WORDS]);
/* "0-3,8\n" (sysfs's cpulist format) to bits; CPUs beyond `limit` are left out. 0 or -EBADMSG. */
int pmu_parse_cpus(const char *text, uint64_t *ret_cpus, uint32_t limit);
