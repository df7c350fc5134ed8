/*
 * The pods of this node, from a PodList as kubelet answers it: by pod uid and container id, the names, the owner, and
 * what each container requests and may use. The answer is parsed strictly and with limits; a pod that makes no sense
 * is left out and counted.
 */
#pragma once

#include "resolver/names.h"

#define PODS_ENTRIES_MAX 16384 /* pods and containers; kubelet's own limit is 110 pods as a rule */

struct pods;

enum pods_match { PODS_UNKNOWN, PODS_POD, PODS_CONTAINER };

/* 0; -EBADMSG: no strict JSON, or no PodList; -E2BIG: over PODS_ENTRIES_MAX; -ENOMEM. */
int pods_parse(const char *bytes, size_t size, struct pods **ret_pods);
void pods_free(struct pods *pods);
size_t pods_count(const struct pods *pods); /* pods, not containers */
size_t pods_refused(const struct pods *pods);

/* PODS_CONTAINER: all names; PODS_POD: the pod is known, this container is not (its pause container, one too new, or
 * container_id ""): container is left out, and so are quantities but for container_id "": what the pod has beyond its
 * containers. pod_uid "": by the container's id alone. */
enum pods_match pods_find(
	const struct pods *pods, const char *pod_uid, const char *container_id, struct names *ret_names);
