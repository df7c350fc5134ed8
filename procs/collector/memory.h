/* How much memory each cgroup holds by itself: the controllers count a parent with its children. */
#pragma once

#include "collector/cgroups.h"
#include "collector/hierarchy.h"

/* Fills memory_bytes of every cgroup; the root's is what is used beyond its children (kernel, page tables, …). */
void memory_read(struct cgroups *cgroups, const struct hierarchy *hierarchy, const char *procfs_root);
