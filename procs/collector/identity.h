/*
 * What a cgroup's path tells about its workload: one table of patterns (identity.c) for docker, containerd, cri-o,
 * podman, lxc, Kubernetes with both cgroup drivers, systemd units, user sessions and virtual machines. The path is
 * attacker text: anyone who may make a cgroup names it.
 */
#pragma once

#include "ipc/vocabulary.h"

struct identity {
	enum workload_kind kind;
	char runtime[32];
	char workload[254];
	char namespace[254];
	char pod_uid[64];
	char container_id[129];
};

/* Compiles the patterns; once. 0 or -ENOMEM. */
int identity_init(void);
/* Never fails: a path no pattern knows is a unit of namespace "cgroup" under its own path. */
void identity_of_path(const char *path, struct identity *ret_identity);
