#include "fetcher/power/owners.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fnv.h"

#define NAME_MAX_BYTES 253
#define KIND_MAX_BYTES 63
#define SEVERAL        0
#define TEXTS_FIRST    65536

/* A scrape without honor_labels renames what is the scraper's too. */
#define OWNERS_OF(metric, of)                                                                                \
	"max by (namespace,exported_namespace," of ",owner_kind,owner_name) (" metric                        \
	"{owner_is_controller=\"true\"})"
const char owners_query[] = OWNERS_OF("kube_pod_owner", "pod,exported_pod") " or " OWNERS_OF(
	"kube_replicaset_owner", "replicaset") " or " OWNERS_OF("kube_job_owner", "job_name");

struct link_up {
	const char *kind, *label;
	struct idmap owners;
};

struct reading_owners {
	struct owners *owners;
	struct link_up sets, jobs;
	int64_t now_s;
};

void owners_done(struct owners *owners)
{
	idmap_done(&owners->by_pod);
	idmap_done(&owners->by_text);
	free(owners->texts);
	*owners = (struct owners) { 0 };
}

static uint64_t key_of(const char *first, const char *second)
{
	return fnv_text(fnv_text(FNV_BEGIN, first), second);
}

static const char *label_of(struct json_object *metric, const char *name, size_t max)
{
	struct json_object *value;

	if (!json_object_object_get_ex(metric, name, &value) ||
		!json_object_is_type(value, json_type_string) ||
		(size_t)json_object_get_string_len(value) > max)
		return "";
	return json_object_get_string(value);
}

static const char *exported_or(struct json_object *metric, const char *exported, const char *name)
{
	const char *value = label_of(metric, exported, NAME_MAX_BYTES);

	return value[0] != '\0' ? value : label_of(metric, name, NAME_MAX_BYTES);
}

static const char *namespace_of(struct json_object *metric)
{
	return exported_or(metric, "exported_namespace", "namespace");
}

/* Where the text stands: behind the first byte, which stands for none. */
static int keep(struct owners *owners, const char *kind, const char *name, uint32_t *ret_at)
{
	size_t kind_size = strlen(kind) + 1, size = kind_size + strlen(name) + 1;
	uint64_t key = key_of(kind, name);

	if (idmap_find(&owners->by_text, key, ret_at))
		return 0;
	if (owners->used + size + 1 > owners->room) {
		size_t room = 2 * owners->room + size + TEXTS_FIRST;
		char *texts = room < IDMAP_EMPTY ? realloc(owners->texts, room) : NULL;
		if (texts == NULL)
			return -ENOMEM;
		owners->texts = texts;
		owners->room = room;
	}
	if (owners->used == 0)
		owners->texts[owners->used++] = '\0';
	*ret_at = (uint32_t)owners->used;
	memcpy(owners->texts + owners->used, kind, kind_size);
	memcpy(owners->texts + owners->used + kind_size, name, size - kind_size);
	owners->used += size;
	return idmap_put(&owners->by_text, key, *ret_at);
}

/* Two clusters in one store may each have one of that name: whose it is nobody knows. */
static int put(struct idmap *map, uint64_t key, uint32_t at)
{
	uint32_t before;

	if (idmap_find(map, key, &before) && before != at)
		at = SEVERAL;
	return map->used < OWNERS_PODS_MAX ? idmap_put(map, key, at) : -E2BIG;
}

static int read_link(struct reading_owners *reading, struct json_object *metric, struct link_up *link)
{
	const char *name = label_of(metric, link->label, NAME_MAX_BYTES);
	const char *kind = label_of(metric, "owner_kind", KIND_MAX_BYTES);
	const char *owner = label_of(metric, "owner_name", NAME_MAX_BYTES);
	uint32_t at;
	int r;

	if (name[0] == '\0' || kind[0] == '\0' || owner[0] == '\0')
		return 0;
	r = keep(reading->owners, kind, owner, &at);
	return r < 0 ? r : put(&link->owners, key_of(namespace_of(metric), name), at);
}

/* One whose own owner is told counts for that; where the store has none of their owners its name may still say it. */
static int read_pod(struct reading_owners *reading, struct json_object *metric)
{
	const char *namespace = namespace_of(metric), *pod = exported_or(metric, "exported_pod", "pod");
	const char *kind = label_of(metric, "owner_kind", KIND_MAX_BYTES);
	const char *name = label_of(metric, "owner_name", NAME_MAX_BYTES);
	struct link_up *link = strcmp(kind, reading->sets.kind) == 0   ? &reading->sets
			       : strcmp(kind, reading->jobs.kind) == 0 ? &reading->jobs
								       : NULL;
	char inferred_name[64];
	struct owner inferred;
	uint32_t at;
	int r = 0;

	if (pod[0] == '\0' || kind[0] == '\0' || name[0] == '\0')
		return 0;
	if (link != NULL && link->owners.used == 0 &&
		owner_infer(namespace, pod, reading->now_s, &inferred)) {
		snprintf(inferred_name, sizeof(inferred_name), "%.*s", (int)inferred.size, pod);
		kind = inferred.kind;
		name = inferred_name;
	}
	if (link == NULL || !idmap_find(&link->owners, key_of(namespace, name), &at))
		r = keep(reading->owners, kind, name, &at);
	return r < 0 ? r : put(&reading->owners->by_pod, key_of(namespace, pod), at);
}

static int read_all(struct json_object *series, struct reading_owners *reading)
{
	size_t count = json_object_array_length(series);
	struct json_object *metric;
	int r = 0;

	for (size_t i = 0; i < 2 * count && r == 0; i++) { /* the links first */
		if (!json_object_object_get_ex(
			    json_object_array_get_idx(series, i % count), "metric", &metric))
			continue;
		if (i >= count)
			r = read_pod(reading, metric);
		else if ((r = read_link(reading, metric, &reading->sets)) == 0)
			r = read_link(reading, metric, &reading->jobs);
	}
	return r;
}

int owners_read(struct json_object *series, int64_t now_s, struct owners *ret_owners)
{
	struct reading_owners reading = { .owners = ret_owners,
		.sets = { .kind = "ReplicaSet", .label = "replicaset" },
		.jobs = { .kind = "Job", .label = "job_name" },
		.now_s = now_s };
	int r;

	*ret_owners = (struct owners) { 0 };
	r = read_all(series, &reading);
	idmap_done(&reading.sets.owners);
	idmap_done(&reading.jobs.owners);
	if (r < 0)
		owners_done(ret_owners);
	return r;
}

void owners_find(const struct owners *owners, const char *namespace, const char *pod, const char **ret_kind,
	const char **ret_name)
{
	uint32_t at;

	*ret_kind = *ret_name = "";
	if (!idmap_find(&owners->by_pod, key_of(namespace, pod), &at) || at == SEVERAL)
		return;
	*ret_kind = owners->texts + at;
	*ret_name = *ret_kind + strlen(*ret_kind) + 1;
}
