/* What one RAPL counter is of: on Intel a die, as the kernel names it; on AMD and Hygon always the whole package. */
#pragma once

#include <stdbool.h>

/* From `procfs_root`/cpuinfo; false where it cannot be read. */
bool packages_are_amd(const char *procfs_root);
