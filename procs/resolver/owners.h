/*
 * Who a pod belongs to, from its own metadata alone: the controlling ownerReference, a ReplicaSet followed to its
 * Deployment and a Job to its CronJob where the names prove it (no question to the API server is needed).
 */
#pragma once

#include <json-c/json.h>

#include "resolver/names.h"

/* Fills owner_kind and owner; both stay "" for a bare pod. `pod` is an element of PodList.items. */
void owners_find(struct json_object *pod, struct names *names);
