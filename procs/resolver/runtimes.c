#include "resolver/runtimes.h"

#include <dirent.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "ipc/tools.h"

#define PATH_SIZE 1024

static void putp(struct json_object **object)
{
	json_object_put(*object);
}

static struct json_object *read_json(const char *path)
{
	CLEANUP(freep) char *text = malloc(RUNTIME_FILE_MAX);
	size_t offset;
	int size = text == NULL ? -1 : file_read_text(AT_FDCWD, path, text, RUNTIME_FILE_MAX);

	return size < 0 ? NULL : json_parse_strict(text, (size_t)size, &offset);
}

static struct json_object *member(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	if (json_object_is_type(object, json_type_object))
		json_object_object_get_ex(object, key, &value);
	return value;
}

static bool take_string(struct json_object *object, const char *key, char *to, size_t size)
{
	struct json_object *value = member(object, key);

	if (!json_object_is_type(value, json_type_string) || json_object_get_string_len(value) == 0)
		return false;
	snprintf(to, size, "%s", json_object_get_string(value));
	return true;
}

/* Ids become parts of paths: nothing but what an id is made of. */
static bool is_plain_id(const char *id)
{
	return id[0] != '\0' && strspn(id, "0123456789abcdefABCDEF-") == strlen(id);
}

/* The labels Kubernetes runtimes put on containers. */
static bool take_kubernetes_labels(struct json_object *labels, struct container_names *names)
{
	bool has_any = take_string(labels, "io.kubernetes.pod.name", names->pod, sizeof(names->pod));

	has_any |= take_string(
		labels, "io.kubernetes.pod.namespace", names->namespace, sizeof(names->namespace));
	has_any |= take_string(
		labels, "io.kubernetes.container.name", names->container, sizeof(names->container));
	return has_any;
}

static bool find_in_containerd(const char *root, const char *id, struct container_names *names)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "%s/run/containerd/io.containerd.runtime.v2.task/k8s.io/%s/config.json",
		root, id);
	CLEANUP(putp) struct json_object *config = read_json(path);
	struct json_object *annotations = member(config, "annotations");
	bool has_any =
		take_string(annotations, "io.kubernetes.cri.sandbox-name", names->pod, sizeof(names->pod));

	has_any |= take_string(annotations, "io.kubernetes.cri.sandbox-namespace", names->namespace,
		sizeof(names->namespace));
	has_any |= take_string(
		annotations, "io.kubernetes.cri.container-name", names->container, sizeof(names->container));
	return has_any;
}

static bool find_in_docker(const char *root, const char *id, struct container_names *names)
{
	char path[PATH_SIZE], name[254];

	snprintf(path, sizeof(path), "%s/var/lib/docker/containers/%s/config.v2.json", root, id);
	CLEANUP(putp) struct json_object *config = read_json(path);
	if (take_kubernetes_labels(member(member(config, "Config"), "Labels"), names))
		return true;
	if (!take_string(config, "Name", name, sizeof(name)))
		return false;
	snprintf(names->container, sizeof(names->container), "%s", name + (name[0] == '/'));
	return true;
}

/* podman and cri-o: one list for all; "metadata" is JSON within a string. */
static bool take_storage_entry(struct json_object *entry, struct container_names *names)
{
	struct json_object *list = member(entry, "names");
	char metadata[4096];
	size_t offset;

	if (json_object_is_type(list, json_type_array) && json_object_array_length(list) > 0)
		snprintf(names->container, sizeof(names->container), "%s",
			json_object_get_string(json_object_array_get_idx(list, 0)));
	if (take_string(entry, "metadata", metadata, sizeof(metadata))) {
		CLEANUP(putp)
		struct json_object *inner = json_parse_strict(metadata, strlen(metadata), &offset);
		take_string(inner, "pod-name", names->pod, sizeof(names->pod));
	}
	return names->container[0] != '\0';
}

static bool find_in_storage(const char *root, const char *id, struct container_names *names)
{
	char path[PATH_SIZE], entry_id[129];

	snprintf(
		path, sizeof(path), "%s/var/lib/containers/storage/overlay-containers/containers.json", root);
	CLEANUP(putp) struct json_object *list = read_json(path);
	if (!json_object_is_type(list, json_type_array))
		return false;
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *entry = json_object_array_get_idx(list, i);
		if (take_string(entry, "id", entry_id, sizeof(entry_id)) && strcmp(entry_id, id) == 0)
			return take_storage_entry(entry, names);
	}
	return false;
}

/* "<namespace>_<pod>_<uid>": neither namespaces nor pod names hold an underscore. */
static bool split_log_folder(const char *folder, const char *uid, struct container_names *names)
{
	const char *first = strchr(folder, '_'), *last = strrchr(folder, '_');

	if (first == NULL || last == first || strcmp(last + 1, uid) != 0)
		return false;
	snprintf(names->namespace, sizeof(names->namespace), "%.*s", (int)(first - folder), folder);
	snprintf(names->pod, sizeof(names->pod), "%.*s", (int)(last - first - 1), first + 1);
	return true;
}

static bool find_in_pod_logs(const char *root, const char *uid, struct container_names *names)
{
	char path[PATH_SIZE];
	struct dirent *entry;
	bool is_found = false;

	snprintf(path, sizeof(path), "%s/var/log/pods", root);
	DIR *dir = opendir(path);
	while (dir != NULL && !is_found && (entry = readdir(dir)) != NULL)
		is_found = split_log_folder(entry->d_name, uid, names);
	if (dir != NULL)
		closedir(dir);
	return is_found;
}

bool runtimes_find(const char *host_root, const char *pod_uid, const char *container_id,
	struct container_names *ret_names)
{
	const char *root = strcmp(host_root, "/") == 0 ? "" : host_root;
	bool is_found = false;

	*ret_names = (struct container_names) { 0 };
	if (is_plain_id(container_id))
		is_found = find_in_containerd(root, container_id, ret_names) ||
			   find_in_docker(root, container_id, ret_names) ||
			   find_in_storage(root, container_id, ret_names);
	if (is_plain_id(pod_uid) && ret_names->pod[0] == '\0')
		is_found |= find_in_pod_logs(root, pod_uid, ret_names);
	return is_found;
}
