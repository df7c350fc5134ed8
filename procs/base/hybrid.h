/*
 * Two hierarchies of cgroups side by side (systemd's hybrid layout): v2 under <cgroup_root>/unified, where systemd puts
 * everybody, and v1. Runtimes that do not ask systemd (cgroupfs driver: Docker before 23, kubelet told so) make their
 * groups in v1 alone, and in v2 their containers are the runtime's own unit's.
 */
#pragma once

#include <stddef.h>

/* The name of such a group's parent that is in `v1_root` and not in `v2_root`, or NULL. */
const char *hybrid_v1_alone(const char *v1_root, const char *v2_root);
