/*
 * Names of containers and pods from what the runtimes leave on disk; nothing is asked over a network here.
 *   /var/log/pods/<namespace>_<pod>_<uid>/<container>/…        kubelet, any runtime
 *   <containerd>/io.containerd.runtime.v2.task/<namespace>/<id>/config.json annotations io.kubernetes.cri.*, CPU shares; nerdctl/name
 *   /var/lib/docker/containers/<id>/config.v2.json              "Name", "Config"."Labels"
 *   /var/lib/containers/storage/<driver>-containers/{,volatile-}containers.json   podman, cri-o: "id", "names"
 * The files are read with limits; one that cannot be read or makes no sense gives no name. What lists many containers
 * is read once a round, not once a container.
 */
#pragma once

#include <stdbool.h>

#include "resolver/names.h"

#define RUNTIME_FILE_MAX (4U << 20)

struct runtimes;

/* Folders below host_root that are read, ending with NULL. */
extern const char *const runtime_folders[];

/* host_root: the folder "/" of the host ("/" as a rule), borrowed. 0 or -ENOMEM. */
int runtimes_new(const char *host_root, struct runtimes **ret_runtimes);
void runtimes_free(struct runtimes *runtimes);
/* Begins a round: reads the lists anew where they changed. */
void runtimes_refresh(struct runtimes *runtimes);
/* Fills what it can find for a pod's uid and/or a container's id ("" = none). True if anything was found. */
bool runtimes_find(
	struct runtimes *runtimes, const char *pod_uid, const char *container_id, struct names *ret_names);
