/* Which cgroup hierarchy names the workloads on this host, and where memory use is read. */
#pragma once

#include <stdbool.h>

#include "base/config.h"

struct hierarchy {
	bool is_v1;                        /* cpuacct, else cgroup v2 */
	int id;                            /* as in /proc/cgroups; 0 = v2 */
	char root[CONFIG_TEXT_MAX];        /* folder where it is mounted */
	char memory_root[CONFIG_TEXT_MAX]; /* of the hierarchy that accounts memory, "" = none */
	const char *memory_file;
};

/* 0, or -ENOENT when no hierarchy is mounted under cgroup_root. */
int hierarchy_find(const struct config *config, struct hierarchy *ret_hierarchy);
