/*
 * Whose the pods of a cluster are, as kube-state-metrics says it in a store: kube_pod_owner, and of a ReplicaSet or a Job its own
 * owner (kube-state-metrics docs/metrics/workload: pod, replicaset, job).
 */
#pragma once

#include "base/idmap.h"
#include "fetcher/power/owner.h"

struct json_object;

#define OWNERS_PODS_MAX 262144

/* PromQL, one question: controlling owners alone. */
extern const char owners_query[];

struct owners {
	struct idmap by_pod, by_text; /* where in texts the owner begins; 0 = told as several things */
	char *texts;                  /* kind, NUL, name, NUL; each once */
	size_t used, room;
};

/* A zeroed struct knows nobody. */
void owners_done(struct owners *owners);
/* Of the array of series; what is none of these is passed over. 0, -E2BIG or -ENOMEM. */
int owners_read(struct json_object *series, int64_t now_s, struct owners *ret_owners);
/* "" = it is not told, or as several things; the texts live as long as the owners. */
void owners_find(const struct owners *owners, const char *namespace, const char *pod, const char **ret_kind,
	const char **ret_name);
