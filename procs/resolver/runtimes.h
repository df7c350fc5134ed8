/*
 * Names of containers and pods from what the runtimes leave on disk; nothing is asked over a network here.
 *   /var/log/pods/<namespace>_<pod>_<uid>/<container>/…        kubelet, any runtime
 *   /run/containerd/io.containerd.runtime.v2.task/k8s.io/<id>/config.json   annotations io.kubernetes.cri.*
 *   /var/lib/docker/containers/<id>/config.v2.json              "Name", "Config"."Labels"
 *   /var/lib/containers/storage/overlay-containers/containers.json          podman, cri-o: "id", "names", "metadata"
 * The files are read with limits; one that cannot be read or makes no sense gives no name.
 */
#pragma once

#include <stdbool.h>

#define RUNTIME_FILE_MAX (4U << 20)

struct container_names {
	char namespace[254], pod[254], container[254];
};

/* Fills what it can find for a pod's uid and/or a container's id ("" = none). True if anything was found. host_root is
 * the folder "/" of the host ("/" as a rule). */
bool runtimes_find(const char *host_root, const char *pod_uid, const char *container_id,
	struct container_names *ret_names);
