#include "resolver/runtimes.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "ipc/tools.h"
#include "resolver/member.h"

#define PATH_SIZE       1024
#define POD_FOLDERS_MAX 16384
#define CONTAINERS_MAX  65536
#define NAMESPACES_MAX  256 /* of a containerd */
#define STORAGE         "/var/lib/containers/storage"
#define STORAGE_RUN     "/run/containers/storage"
#define POD_LOGS        "/var/log/pods"
#define SHARES_PER_CPU  1024
#define MILLICORES      1000
#define SHARES_MIN      2 /* what kubelet writes for "no request" */

/* containerd's state folder: its own, K3s' and RKE2's, k0s', MicroK8s'; Docker's containers: its own, the snap's */
#define CONTAINERDS                                                                                          \
	"/run/containerd", "/run/k3s/containerd", "/run/k0s/containerd",                                     \
		"/var/snap/microk8s/common/run/containerd"
#define DOCKERS "/var/lib/docker/containers", "/var/snap/docker/common/var-lib-docker/containers"
static const char *const containerds[] = { CONTAINERDS };
static const char *const dockers[] = { DOCKERS };

const char *const runtime_folders[] = { CONTAINERDS, DOCKERS, STORAGE, STORAGE_RUN, POD_LOGS, NULL };

/* podman and cri-o, by storage driver: what stays, what goes with its container (podman run --rm, all of cri-o's), and
 * that of a transient store */
#define LISTS_OF(driver)                                                                                     \
	STORAGE "/" driver "-containers/containers.json",                                                    \
		STORAGE "/" driver "-containers/volatile-containers.json",                                   \
		STORAGE_RUN "/" driver "-containers/volatile-containers.json"
static const char *const storage_lists[] = { LISTS_OF("overlay"), LISTS_OF("btrfs"), LISTS_OF("vfs") };

struct runtimes {
	const char *root;
	struct json_object *pods;                              /* uid -> "<namespace>_<pod>" */
	struct json_object *storage;                           /* id -> name */
	struct stat storage_status[ARRAY_SIZE(storage_lists)]; /* of the lists as read */
};

static struct json_object *read_json(const char *path)
{
	CLEANUP(freep) char *text = malloc(RUNTIME_FILE_MAX);
	size_t offset;
	int size = text == NULL ? -1 : file_read_text(AT_FDCWD, path, text, RUNTIME_FILE_MAX);

	return size < 0 ? NULL : json_parse_strict(text, (size_t)size, &offset);
}

/* Ids become parts of paths: nothing but what an id is made of. */
static bool is_plain_id(const char *id)
{
	return id[0] != '\0' && strspn(id, "0123456789abcdefABCDEF-") == strlen(id);
}

/* The labels Kubernetes runtimes put on containers; "POD" is the pause container, which is the pod itself. */
static bool take_kubernetes_labels(struct json_object *labels, struct names *names)
{
	bool has_any = take_text(labels, "io.kubernetes.pod.name", names->pod, sizeof(names->pod));

	has_any |=
		take_text(labels, "io.kubernetes.pod.namespace", names->namespace, sizeof(names->namespace));
	has_any |=
		take_text(labels, "io.kubernetes.container.name", names->container, sizeof(names->container));
	if (strcmp(names->container, "POD") == 0)
		names->container[0] = '\0';
	return has_any;
}

/* kubelet asks for floor(millicores * 1024 / 1000) shares: the one request that gives this many. */
static uint64_t request_of(struct json_object *config)
{
	int64_t shares = json_object_get_int64(
		member(member(member(member(config, "linux"), "resources"), "cpu"), "shares"));

	if (shares <= SHARES_MIN || shares > INT32_MAX)
		return 0;
	return ((uint64_t)shares * MILLICORES + SHARES_PER_CPU - 1) / SHARES_PER_CPU;
}

/* Kubernetes' annotations, or those that nerdctl leaves for its hook. */
static bool take_containerd_config(const char *path, struct names *names)
{
	CLEANUP(json_putp) struct json_object *config = read_json(path);
	struct json_object *notes = member(config, "annotations");
	bool has_any = take_text(notes, "io.kubernetes.cri.sandbox-name", names->pod, sizeof(names->pod));

	has_any |= take_text(
		notes, "io.kubernetes.cri.sandbox-namespace", names->namespace, sizeof(names->namespace));
	if (take_text(
		    notes, "io.kubernetes.cri.container-name", names->container, sizeof(names->container))) {
		has_any = true;
		names->cpu_request_millicores = request_of(config);
	}
	return has_any || take_text(notes, "nerdctl/name", names->container, sizeof(names->container));
}

/* A containerd's state has a folder for each of its namespaces. */
static bool find_in_namespaces(const char *tasks, const char *id, struct names *names)
{
	DIR *dir = opendir(tasks);
	struct dirent *entry;
	bool has_any = false;

	for (size_t i = 0; dir != NULL && !has_any && i < NAMESPACES_MAX && (entry = readdir(dir)) != NULL;
		i++) {
		char path[2 * PATH_SIZE];
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s/%s/config.json", tasks, entry->d_name, id);
		has_any = take_containerd_config(path, names);
	}
	if (dir != NULL)
		closedir(dir);
	return has_any;
}

static bool find_in_containerd(const char *root, const char *id, struct names *names)
{
	bool has_any = false;

	for (size_t i = 0; i < ARRAY_SIZE(containerds) && !has_any; i++) {
		char tasks[PATH_SIZE];
		snprintf(tasks, sizeof(tasks), "%s%s/io.containerd.runtime.v2.task", root, containerds[i]);
		has_any = find_in_namespaces(tasks, id, names);
	}
	return has_any;
}

static bool take_docker_config(const char *path, struct names *names)
{
	char name[254];

	CLEANUP(json_putp) struct json_object *config = read_json(path);
	if (take_kubernetes_labels(member(member(config, "Config"), "Labels"), names))
		return true;
	if (!take_text(config, "Name", name, sizeof(name)))
		return false;
	snprintf(names->container, sizeof(names->container), "%s", name + (name[0] == '/'));
	return true;
}

static bool find_in_docker(const char *root, const char *id, struct names *names)
{
	bool has_any = false;

	for (size_t i = 0; i < ARRAY_SIZE(dockers) && !has_any; i++) {
		char path[PATH_SIZE];
		snprintf(path, sizeof(path), "%s%s/%s/config.v2.json", root, dockers[i], id);
		has_any = take_docker_config(path, names);
	}
	return has_any;
}

/* cri-o names containers k8s_<container>_<pod>_<namespace>_<uid>_<attempt>, as kubelet once did with Docker's; no name
 * of Kubernetes' holds an underscore. */
static bool split_kubernetes_name(const char *name, struct names *names)
{
	struct names split = { 0 };
	int end = 0;

	if (sscanf(name, "k8s_%253[^_]_%253[^_]_%253[^_]_%*[^_]_%*[0-9]%n", split.container, split.pod,
		    split.namespace, &end) != 3 ||
		end == 0 || name[end] != '\0')
		return false;
	if (strcmp(split.container, "POD") == 0)
		split.container[0] = '\0';
	*names = split;
	return true;
}

static bool find_in_storage(const struct runtimes *runtimes, const char *id, struct names *names)
{
	char name[254];

	if (!take_text(runtimes->storage, id, name, sizeof(name)))
		return false;
	if (!split_kubernetes_name(name, names))
		snprintf(names->container, sizeof(names->container), "%s", name);
	return true;
}

static void index_storage(struct runtimes *runtimes, struct json_object *list)
{
	size_t count = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
	char id[129];

	for (size_t i = 0; i < count && i < CONTAINERS_MAX; i++) {
		struct json_object *entry = json_object_array_get_idx(list, i);
		struct json_object *names = member(entry, "names");
		if (take_text(entry, "id", id, sizeof(id)) && json_object_is_type(names, json_type_array) &&
			json_object_array_length(names) > 0)
			json_object_object_add(
				runtimes->storage, id, json_object_get(json_object_array_get_idx(names, 0)));
	}
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static void path_of_list(const struct runtimes *runtimes, size_t list, char path[static PATH_SIZE])
{
	snprintf(path, PATH_SIZE, "%s%s", runtimes->root, storage_lists[list]);
}

static bool have_lists_changed(struct runtimes *runtimes)
{
	bool have_changed = false;

	for (size_t i = 0; i < ARRAY_SIZE(storage_lists); i++) {
		char path[PATH_SIZE];
		struct stat status = { 0 }; /* as of no file */
		path_of_list(runtimes, i, path);
		if (stat(path, &status) < 0)
			status = (struct stat) { 0 };
		have_changed |= !is_same_file(&status, &runtimes->storage_status[i]);
		runtimes->storage_status[i] = status;
	}
	return have_changed;
}

static void refresh_storage(struct runtimes *runtimes)
{
	if (!have_lists_changed(runtimes))
		return;
	json_object_put(runtimes->storage);
	runtimes->storage = json_object_new_object();
	for (size_t i = 0; i < ARRAY_SIZE(storage_lists); i++) {
		char path[PATH_SIZE];
		path_of_list(runtimes, i, path);
		CLEANUP(json_putp) struct json_object *list = read_json(path);
		index_storage(runtimes, list);
	}
}

/* "<namespace>_<pod>_<uid>": neither namespaces nor pod names hold an underscore. */
static void index_pod_folder(struct runtimes *runtimes, const char *folder)
{
	const char *last = strrchr(folder, '_');
	char uid[65];

	if (last == NULL || strlen(last + 1) >= sizeof(uid) || !is_plain_id(last + 1))
		return;
	snprintf(uid, sizeof(uid), "%s", last + 1);
	json_object_object_add(runtimes->pods, uid, json_object_new_string_len(folder, (int)(last - folder)));
}

static void refresh_pods(struct runtimes *runtimes)
{
	char path[PATH_SIZE];
	struct dirent *entry;

	snprintf(path, sizeof(path), "%s" POD_LOGS, runtimes->root);
	DIR *dir = opendir(path);
	json_object_put(runtimes->pods);
	runtimes->pods = json_object_new_object();
	for (size_t i = 0; dir != NULL && i < POD_FOLDERS_MAX && (entry = readdir(dir)) != NULL; i++)
		index_pod_folder(runtimes, entry->d_name);
	if (dir != NULL)
		closedir(dir);
}

static bool find_in_pod_logs(const struct runtimes *runtimes, const char *uid, struct names *names)
{
	char text[512], *dash;

	if (!take_text(runtimes->pods, uid, text, sizeof(text)) || (dash = strchr(text, '_')) == NULL ||
		dash == text || dash[1] == '\0')
		return false;
	snprintf(names->namespace, sizeof(names->namespace), "%.*s", (int)(dash - text), text);
	snprintf(names->pod, sizeof(names->pod), "%.253s", dash + 1);
	return true;
}

int runtimes_new(const char *host_root, struct runtimes **ret_runtimes)
{
	*ret_runtimes = calloc(1, sizeof(**ret_runtimes));
	if (*ret_runtimes == NULL)
		return -ENOMEM;
	(*ret_runtimes)->root = strcmp(host_root, "/") == 0 ? "" : host_root;
	return 0;
}

void runtimes_free(struct runtimes *runtimes)
{
	if (runtimes == NULL)
		return;
	json_object_put(runtimes->pods);
	json_object_put(runtimes->storage);
	free(runtimes);
}

void runtimes_refresh(struct runtimes *runtimes)
{
	refresh_pods(runtimes);
	refresh_storage(runtimes);
}

bool runtimes_find(
	struct runtimes *runtimes, const char *pod_uid, const char *container_id, struct names *ret_names)
{
	bool is_found = false;

	*ret_names = (struct names) { 0 };
	if (is_plain_id(container_id))
		is_found = find_in_containerd(runtimes->root, container_id, ret_names) ||
			   find_in_docker(runtimes->root, container_id, ret_names) ||
			   find_in_storage(runtimes, container_id, ret_names);
	if (is_plain_id(pod_uid) && ret_names->pod[0] == '\0')
		is_found |= find_in_pod_logs(runtimes, pod_uid, ret_names);
	return is_found;
}
