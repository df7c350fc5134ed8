/* Has this machine hardware counters that we may read? Small cloud guests have none. */
#pragma once

#include <stdbool.h>

/* Opens a cycle counter for this process and closes it again: what the kernel says counts, not what CPUID promises. */
bool pmu_is_present(void);
