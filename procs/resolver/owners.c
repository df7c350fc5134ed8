#include "resolver/owners.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "resolver/member.h"

#define REFERENCES_MAX     64
#define JOB_AGE_MAX_S      (7 * 86400) /* a pod of a job may be made anew long after the job */
#define CLOCK_SKEW_S       300
#define MINUTES_DIGITS     8  /* unix minutes, since Kubernetes 1.21 */
#define SECONDS_DIGITS     10 /* unix seconds, before */
#define SECONDS_PER_MINUTE 60

static struct json_object *find_controller(struct json_object *metadata)
{
	struct json_object *references = member(metadata, "ownerReferences");
	size_t count =
		json_object_is_type(references, json_type_array) ? json_object_array_length(references) : 0;

	for (size_t i = 0; i < count && i < REFERENCES_MAX; i++) {
		struct json_object *reference = json_object_array_get_idx(references, i);
		if (json_object_get_boolean(member(reference, "controller")))
			return reference;
	}
	return NULL;
}

/* A Deployment names its ReplicaSets <name>-<pod-template-hash>, and labels their pods with the hash. */
static void follow_replicaset(struct json_object *metadata, struct names *names)
{
	char hash[64];
	size_t size = strlen(names->owner), hash_size;

	if (!take_text(member(metadata, "labels"), "pod-template-hash", hash, sizeof(hash)))
		return;
	hash_size = strlen(hash);
	if (size < hash_size + 2 || names->owner[size - hash_size - 1] != '-' ||
		strcmp(names->owner + size - hash_size, hash) != 0)
		return;
	names->owner[size - hash_size - 1] = '\0';
	snprintf(names->owner_kind, sizeof(names->owner_kind), "Deployment");
}

/* "2024-05-01T10:00:00Z" (RFC 3339, as Kubernetes writes times); -1 if it is none. */
static int64_t seconds_of(const char *text)
{
	struct tm tm = { 0 };
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);

	return end != NULL && *end == '\0' ? (int64_t)timegm(&tm) : -1;
}

/* A CronJob names its Jobs <name>-<scheduled time>. A hand-made job may end in digits too (a date): the time must be
 * one at which this pod can have been scheduled. */
static void follow_job(struct json_object *metadata, struct names *names)
{
	char created[64];
	char *dash = strrchr(names->owner, '-');
	size_t digits = dash != NULL ? strspn(dash + 1, "0123456789") : 0;

	if (dash == NULL || dash == names->owner || dash[1 + digits] != '\0' ||
		(digits != MINUTES_DIGITS && digits != SECONDS_DIGITS) ||
		!take_text(metadata, "creationTimestamp", created, sizeof(created)))
		return;
	int64_t scheduled = strtoll(dash + 1, NULL, 10) * (digits == MINUTES_DIGITS ? SECONDS_PER_MINUTE : 1);
	int64_t age = seconds_of(created) - scheduled;
	if (age < -CLOCK_SKEW_S || age > JOB_AGE_MAX_S)
		return;
	*dash = '\0';
	snprintf(names->owner_kind, sizeof(names->owner_kind), "CronJob");
}

void owners_find(struct json_object *pod, struct names *names)
{
	struct json_object *metadata = member(pod, "metadata");
	struct json_object *controller = find_controller(metadata);
	struct json_object *annotations = member(metadata, "annotations");

	if (controller == NULL) {
		/* kubelet lists static pods as its files make them: they are the node's own */
		if (member(annotations, "kubernetes.io/config.hash") != NULL &&
			take_text(member(pod, "spec"), "nodeName", names->owner, sizeof(names->owner)))
			snprintf(names->owner_kind, sizeof(names->owner_kind), "Node");
		return;
	}
	if (!take_text(controller, "kind", names->owner_kind, sizeof(names->owner_kind)) ||
		!take_text(controller, "name", names->owner, sizeof(names->owner))) {
		names->owner_kind[0] = names->owner[0] = '\0';
		return;
	}
	if (strcmp(names->owner_kind, "ReplicaSet") == 0)
		follow_replicaset(metadata, names);
	else if (strcmp(names->owner_kind, "Job") == 0)
		follow_job(metadata, names);
}
