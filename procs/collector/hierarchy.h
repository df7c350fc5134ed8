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
	bool is_memory_v1;
	char v1_root
		[CONFIG_TEXT_MAX]; /* beside v2, where that was found and not asked for; "" = it stays v2 */
	unsigned alone;            /* readings in a row that found containers in v1 alone */
};

/* 0, or -ENOENT when no hierarchy is mounted under cgroup_root. */
int hierarchy_find(const struct config *config, struct hierarchy *ret_hierarchy);

/* At each reading: containers have come that stand in cgroup v1 alone, so that hierarchy_find() would decide otherwise.
 * The name of their parent, or NULL. */
const char *hierarchy_is_outgrown(struct hierarchy *hierarchy);
