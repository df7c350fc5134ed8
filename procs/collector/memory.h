/* How much memory each cgroup holds by itself: the controllers count a parent with its children. */
#pragma once

#include "collector/cgroups.h"
#include "collector/hierarchy.h"

/* Fills memory_bytes of every cgroup; the root's is what is used beyond its children (kernel, page tables, …). False, and
 * all 0: no cgroup has an account (cgroup_disable=memory), so that all that is used would be the root's. */
bool memory_read(struct cgroups *cgroups, const struct hierarchy *hierarchy, const char *procfs_root);
