#include "resolver/pods.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "ipc/tools.h"
#include "resolver/member.h"
#include "resolver/owners.h"
#include "resolver/quantity.h"

/* A pod (container_id "") or one of its containers. */
struct entry {
	char pod_uid[65], container_id[129];
	struct names names;
};

struct pods {
	struct entry *entries; /* sorted by pod_uid, container_id */
	size_t count, capacity;
	size_t pods, refused;
};

static int compare(const void *a, const void *b)
{
	const struct entry *left = a, *right = b;
	int by_pod = strcmp(left->pod_uid, right->pod_uid);

	return by_pod != 0 ? by_pod : strcmp(left->container_id, right->container_id);
}

static int add(struct pods *pods, const struct entry *entry)
{
	if (pods->count == PODS_ENTRIES_MAX)
		return -E2BIG;
	if (!array_grow(&pods->entries, pods->count, &pods->capacity, sizeof(*pods->entries)))
		return -ENOMEM;
	pods->entries[pods->count++] = *entry;
	return 0;
}

/* A quantity nobody can read is none. Kubernetes writes strings; a bare number is as good. */
static uint64_t quantity_of(struct json_object *resources, const char *list, const char *name, int decimals)
{
	struct json_object *value = member(member(resources, list), name);
	uint64_t quantity = 0;

	if (json_object_is_type(value, json_type_string) || json_object_is_type(value, json_type_int))
		(void)quantity_parse(json_object_get_string(value), decimals, &quantity);
	return quantity;
}

static void take_resources(struct json_object *resources, struct names *names)
{
	names->cpu_request_millicores = quantity_of(resources, "requests", "cpu", 3);
	names->cpu_limit_millicores = quantity_of(resources, "limits", "cpu", 3);
	names->memory_request_bytes = quantity_of(resources, "requests", "memory", 0);
	names->memory_limit_bytes = quantity_of(resources, "limits", "memory", 0);
}

static size_t length_of(struct json_object *list)
{
	return json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
}

/* The spec knows what a container may use, the status its id; the name is common to both. */
static struct json_object *find_spec(struct json_object *specs, const char *name)
{
	char other[254];

	for (size_t i = 0; i < length_of(specs); i++) {
		struct json_object *spec = json_object_array_get_idx(specs, i);
		if (take_text(spec, "name", other, sizeof(other)) && strcmp(other, name) == 0)
			return spec;
	}
	return NULL;
}

/* "containerd://<id>"; no id: not started yet. */
static int add_container(struct pods *pods, const struct entry *container, struct json_object *state)
{
	struct entry entry = *container;
	char id[192];

	if (!take_text(state, "containerID", id, sizeof(id)))
		return 0;
	const char *plain = strstr(id, "://");
	plain = plain != NULL ? plain + strlen("://") : id;
	if (*plain == '\0' || strlen(plain) >= sizeof(entry.container_id))
		return 0;
	memcpy(entry.container_id, plain, strlen(plain) + 1);
	return add(pods, &entry);
}

/* Also the one that ended before this one began: of a container that does not live until the next list it is all that is told. */
static int add_containers(
	struct pods *pods, const struct entry *pod, struct json_object *statuses, struct json_object *specs)
{
	for (size_t i = 0; i < length_of(statuses); i++) {
		struct json_object *status = json_object_array_get_idx(statuses, i);
		struct entry entry = *pod;
		if (!take_text(status, "name", entry.names.container, sizeof(entry.names.container)))
			continue;
		take_resources(member(find_spec(specs, entry.names.container), "resources"), &entry.names);
		int r = add_container(pods, &entry, status);
		if (r == 0)
			r = add_container(pods, &entry, member(member(status, "lastState"), "terminated"));
		if (r < 0)
			return r;
	}
	return 0;
}

/* What is left of the pod's request and limit. Where its containers request it all, its limit is none of a row's own: who
 * looks for requests takes a limit for one where there is none (analyst). */
static void subtract(uint64_t *request, uint64_t *limit, uint64_t requested, uint64_t limited)
{
	*request = *request > requested ? *request - requested : 0;
	*limit = *limit > limited && (*request > 0 || requested == 0) ? *limit - limited : 0;
}

static void add_parts(struct json_object *containers, bool only_sidecars, struct names *sum)
{
	char policy[16];

	for (size_t i = 0; i < length_of(containers); i++) {
		struct json_object *container = json_object_array_get_idx(containers, i);
		struct names part;
		if (only_sidecars && (!take_text(container, "restartPolicy", policy, sizeof(policy)) ||
					     strcmp(policy, "Always") != 0))
			continue;
		take_resources(member(container, "resources"), &part);
		sum->cpu_request_millicores += part.cpu_request_millicores;
		sum->cpu_limit_millicores += part.cpu_limit_millicores;
		sum->memory_request_bytes += part.memory_request_bytes;
		sum->memory_limit_bytes += part.memory_limit_bytes;
	}
}

/* What the pod as a whole has (spec.resources, Kubernetes 1.34) beyond what its containers have: these stand in rows of
 * their own, init containers that end in none for long. */
static void take_rest(struct json_object *spec, struct names *names)
{
	struct names sum = { 0 };

	take_resources(member(spec, "resources"), names);
	add_parts(member(spec, "containers"), false, &sum);
	add_parts(member(spec, "initContainers"), true, &sum);
	subtract(&names->cpu_request_millicores, &names->cpu_limit_millicores, sum.cpu_request_millicores,
		sum.cpu_limit_millicores);
	subtract(&names->memory_request_bytes, &names->memory_limit_bytes, sum.memory_request_bytes,
		sum.memory_limit_bytes);
}

static int add_under(struct pods *pods, const struct entry *entry, struct json_object *pod)
{
	static const struct {
		const char *statuses, *specs;
	} lists[] = {
		{ "containerStatuses", "containers" },
		{ "initContainerStatuses", "initContainers" },
		{ "ephemeralContainerStatuses", "ephemeralContainers" },
	};
	int r = add(pods, entry);

	for (size_t i = 0; i < ARRAY_SIZE(lists) && r == 0; i++)
		r = add_containers(pods, entry, member(member(pod, "status"), lists[i].statuses),
			member(member(pod, "spec"), lists[i].specs));
	return r;
}

static int add_pod(struct pods *pods, struct json_object *pod)
{
	struct json_object *metadata = member(pod, "metadata");
	struct json_object *annotations = member(metadata, "annotations");
	struct entry entry = { 0 };
	int r;

	if (!take_text(metadata, "uid", entry.pod_uid, sizeof(entry.pod_uid)) ||
		!take_text(metadata, "name", entry.names.pod, sizeof(entry.names.pod)) ||
		!take_text(metadata, "namespace", entry.names.namespace, sizeof(entry.names.namespace))) {
		pods->refused++;
		return 0;
	}
	owners_find(pod, &entry.names);
	take_rest(member(pod, "spec"), &entry.names);
	pods->pods++;
	if ((r = add_under(pods, &entry, pod)) < 0)
		return r;
	/* The cgroups of a static pod are named by the hash of its file; its mirror in the API has a uid of its own. */
	struct entry alias = entry;
	if ((take_text(annotations, "kubernetes.io/config.hash", alias.pod_uid, sizeof(alias.pod_uid)) ||
		    take_text(annotations, "kubernetes.io/config.mirror", alias.pod_uid,
			    sizeof(alias.pod_uid))) &&
		strcmp(alias.pod_uid, entry.pod_uid) != 0)
		return add_under(pods, &alias, pod);
	return 0;
}

int pods_parse(const char *bytes, size_t size, struct pods **ret_pods)
{
	size_t offset;
	CLEANUP(json_putp) struct json_object *list = json_parse_strict(bytes, size, &offset);
	struct json_object *items = member(list, "items");
	int r = 0;

	/* An empty node says "items": null. */
	if (!json_object_is_type(list, json_type_object) || !json_object_object_get_ex(list, "items", NULL) ||
		(items != NULL && !json_object_is_type(items, json_type_array)))
		return -EBADMSG;
	struct pods *pods = calloc(1, sizeof(*pods));
	if (pods == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < length_of(items) && r == 0; i++)
		r = add_pod(pods, json_object_array_get_idx(items, i));
	if (r < 0) {
		pods_free(pods);
		return r;
	}
	if (pods->count > 0)
		qsort(pods->entries, pods->count, sizeof(*pods->entries), compare);
	*ret_pods = pods;
	return 0;
}

void pods_free(struct pods *pods)
{
	if (pods == NULL)
		return;
	free(pods->entries);
	free(pods);
}

size_t pods_count(const struct pods *pods)
{
	return pods->pods;
}

size_t pods_refused(const struct pods *pods)
{
	return pods->refused;
}

static const struct entry *find(const struct pods *pods, const char *pod_uid, const char *container_id)
{
	struct entry key = { 0 };

	if (pods->count == 0 || strlen(pod_uid) >= sizeof(key.pod_uid) ||
		strlen(container_id) >= sizeof(key.container_id))
		return NULL;
	memcpy(key.pod_uid, pod_uid, strlen(pod_uid));
	memcpy(key.container_id, container_id, strlen(container_id));
	return bsearch(&key, pods->entries, pods->count, sizeof(key), compare);
}

static const struct entry *find_container(const struct pods *pods, const char *container_id)
{
	for (size_t i = 0; i < pods->count && container_id[0] != '\0'; i++)
		if (strcmp(pods->entries[i].container_id, container_id) == 0)
			return &pods->entries[i];
	return NULL;
}

enum pods_match pods_find(
	const struct pods *pods, const char *pod_uid, const char *container_id, struct names *ret_names)
{
	const struct entry *entry =
		pod_uid[0] != '\0' ? find(pods, pod_uid, container_id) : find_container(pods, container_id);

	if (entry == NULL && pod_uid[0] != '\0')
		entry = find(pods, pod_uid, "");
	if (entry == NULL)
		return PODS_UNKNOWN;
	*ret_names = entry->names;
	/* The pod's are not this container's. */
	if (entry->container_id[0] == '\0' && container_id[0] != '\0')
		ret_names->cpu_request_millicores = ret_names->cpu_limit_millicores =
			ret_names->memory_request_bytes = ret_names->memory_limit_bytes = 0;
	return entry->container_id[0] != '\0' ? PODS_CONTAINER : PODS_POD;
}
