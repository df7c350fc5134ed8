/*
 * Whose a pod is, read off its name alone: what Kubernetes' controllers name, another cannot have named by chance. Pure.
 * A Deployment's ReplicaSet is <deployment>-<hash> (pkg/controller/deployment/sync.go), a CronJob's Job <cronjob>-<minutes since
 * 1970> (pkg/controller/cronjob/utils.go), and a pod of either <owner>-<5 characters> of 27 (apiserver/pkg/storage/names/generate.go,
 * apimachinery/pkg/util/rand/rand.go), of which generateName keeps 58 before them. The hash is the decimal of 32 bits, each digit as
 * SafeEncodeString() writes it, so that most of what looks like one is none. Where it could be another's name there is no owner.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct owner {
	const char *kind; /* in lower case, for it is inferred */
	size_t size;      /* of its name, with which the pod's begins */
};

/* `now_s`: a CronJob's pod is of these days. */
bool owner_infer(const char *namespace, const char *pod, int64_t now_s, struct owner *ret_owner);
