/*
 * Hardware counters of CPUs that come and go: opened on those that are online, tried again on those where they do not open.
 * A CPU is open only with all its counters.
 */
#pragma once

#include "collector/usage/kernel.h"

/* False: some CPU that is online is not counted, or was not until now; what was done on it is in no counter. */
bool usage_cpus_follow(struct usage_kernel *kernel);
/* After the programs have looked at each CPU's events. False: there is a CPU whose events have stopped, as the kernel does it
 * when the CPU goes, also if it is back before anybody noticed; they are closed, and opened anew by the next look. */
bool usage_cpus_check(struct usage_kernel *kernel);
void usage_cpus_close(struct usage_kernel *kernel, uint32_t events);
/* CPUs that were online without counters at the last look. */
uint32_t usage_cpus_uncounted(const struct usage_kernel *kernel);
