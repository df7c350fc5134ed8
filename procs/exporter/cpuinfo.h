/* The processors of this node, read from procfs once, before the sandbox. */
#pragma once

#include "exporter/sheet.h"

#define CPUINFO_BYTES_MAX (4U << 20) /* about 1.5 KB a processor */

struct cpuinfo {
	struct sheet labels; /* a line of label text for each processor */
};

/* Fills from PROCFS_ROOT/cpuinfo. 0 or -errno; what the architecture does not tell (aarch64: nearly all) is empty. */
int cpuinfo_read(struct cpuinfo *info, const char *procfs_root);
void cpuinfo_parse(struct cpuinfo *info, char *text);
