/* What a cgroup may use, from its own files: cpu.max and memory.max (v2), cpu.cfs_quota_us and memory.limit_in_bytes
 * (v1). It is what Docker, containerd, podman and systemd all write there, whatever their state files look like. */
#pragma once

#include "resolver/names.h"

/* Sets cpu_limit_millicores and memory_limit_bytes; 0 = no limit of its own (its parents may have one). */
void limits_read(const char *cgroup_root, const char *path, struct names *names);
