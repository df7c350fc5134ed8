/* The runtimes' state files, laid out as kubelet, containerd, docker and podman leave them. */
#include "resolver/runtimes.h"

#include "tests/unit/unit.h"

#define ID   "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define UID_ "12345678-1234-5678-9abc-123456789abc"

static char root[] = "/tmp/tanso-runtimes-XXXXXX";
static struct runtimes *runtimes;

/* A round of its own for each question. */
static bool find(const char *pod_uid, const char *container_id, struct names *names)
{
	runtimes_refresh(runtimes);
	return runtimes_find(runtimes, pod_uid, container_id, names);
}

static void put(const char *folder, const char *file, const char *text)
{
	char command[600], path[600];

	snprintf(command, sizeof(command), "mkdir -p '%s%s'", root, folder);
	assert_int_equal(system(command), 0);
	if (file == NULL)
		return;
	snprintf(path, sizeof(path), "%s%s/%s", root, folder, file);
	FILE *out = fopen(path, "w");
	assert_non_null(out);
	fputs(text, out);
	fclose(out);
}

static void forget_all(void)
{
	char command[100];

	snprintf(command, sizeof(command), "rm -rf %s/run %s/var", root, root);
	assert_int_equal(system(command), 0);
}

static void kubelets_log_folders_tell_pod_and_namespace(void **state)
{
	struct names names;

	(void)state;
	put("/var/log/pods/prod_app-5d9c_" UID_ "/main", NULL, NULL);
	assert_true(find(UID_, "", &names));
	assert_string_equal(names.namespace, "prod");
	assert_string_equal(names.pod, "app-5d9c");
	assert_false(find("99999999-1234-5678-9abc-123456789abc", "", &names));
	forget_all();
}

static void containerds_annotations_tell_all_three_names(void **state)
{
	struct names names;

	(void)state;
	put("/run/containerd/io.containerd.runtime.v2.task/k8s.io/" ID, "config.json",
		"{\"annotations\":{\"io.kubernetes.cri.sandbox-name\":\"web\",\"io.kubernetes.cri.sandbox-"
		"namespace\":\"shop\","
		"\"io.kubernetes.cri.container-name\":\"nginx\"},"
		"\"linux\":{\"resources\":{\"cpu\":{\"shares\":102}}}}");
	assert_true(find(UID_, ID, &names));
	assert_string_equal(names.pod, "web");
	assert_string_equal(names.namespace, "shop");
	assert_string_equal(names.container, "nginx");
	assert_int_equal(names.cpu_request_millicores, 100);
	forget_all();
	put("/run/k3s/containerd/io.containerd.runtime.v2.task/k8s.io/" ID, "config.json",
		"{\"annotations\":{\"io.kubernetes.cri.sandbox-name\":\"web\"},\"linux\":{\"resources\":{"
		"\"cpu\":{"
		"\"shares\":2}}}}");
	assert_true(find(UID_, ID, &names)); /* K3s' own containerd; the pause container */
	assert_string_equal(names.container, "");
	assert_int_equal(names.cpu_request_millicores, 0);
	forget_all();
	put("/run/k0s/containerd/io.containerd.runtime.v2.task/k8s.io/" ID, "config.json",
		"{\"annotations\":{\"io.kubernetes.cri.sandbox-name\":\"db\"}}");
	assert_true(find(UID_, ID, &names));
	assert_string_equal(names.pod, "db");
	forget_all();
}

static void docker_tells_its_name_or_the_kubernetes_labels(void **state)
{
	struct names names;

	(void)state;
	put("/var/lib/docker/containers/" ID, "config.v2.json",
		"{\"Name\":\"/brave_turing\",\"Config\":{\"Labels\":{}}}");
	assert_true(find("", ID, &names));
	assert_string_equal(names.container, "brave_turing");
	put("/var/lib/docker/containers/" ID, "config.v2.json",
		"{\"Name\":\"/k8s_x\",\"Config\":{\"Labels\":{\"io.kubernetes.pod.name\":\"web\"}}}");
	assert_true(find("", ID, &names));
	assert_string_equal(names.pod, "web");
	forget_all();
	put("/var/snap/docker/common/var-lib-docker/containers/" ID, "config.v2.json",
		"{\"Name\":\"/snapped\"}");
	assert_true(find("", ID, &names));
	assert_string_equal(names.container, "snapped");
	forget_all();
}

#define LIST "/var/lib/containers/storage/overlay-containers"

static void podman_and_crio_keep_one_list(void **state)
{
	struct names names;

	(void)state;
	put(LIST, "containers.json",
		"[{\"id\":\"ffff\",\"names\":[\"other\"]},{\"id\":7,\"names\":[\"x\"]},{\"id\":\"eeee\","
		"\"names\":[]},"
		"{\"id\":\"" ID "\",\"names\":[\"db\"]}]");
	assert_true(find("", ID, &names));
	assert_string_equal(names.container, "db");
	assert_string_equal(names.pod, "");
	assert_true(find("", "ffff", &names));
	assert_false(find("", "eeee", &names));
	put(LIST, "containers.json",
		"[{\"id\":\"" ID "\",\"names\":[\"k8s_nginx_web_shop_" UID_ "_0\"]},"
		"{\"id\":\"aaaa\",\"names\":[\"k8s_POD_web_shop_" UID_ "_0\"]},"
		"{\"id\":\"bbbb\",\"names\":[\"k8s_nginx_web_shop_x_0_and_more\"]}]");
	assert_true(find(UID_, ID, &names)); /* the list has changed: it is read anew */
	assert_string_equal(names.container, "nginx");
	assert_string_equal(names.pod, "web");
	assert_string_equal(names.namespace, "shop");
	assert_true(find(UID_, "aaaa", &names));
	assert_string_equal(names.pod, "web");
	assert_string_equal(names.container, "");
	assert_true(find("", "bbbb", &names));
	assert_string_equal(names.pod, "");
	forget_all();
}

/* podman run --rm, and all of cri-o's, stand in a second list; a store in memory has it below /run. */
static void volatile_containers_and_other_drivers_have_names_too(void **state)
{
	static const char *const folders[] = { LIST, "/run/containers/storage/overlay-containers",
		"/var/lib/containers/storage/vfs-containers",
		"/var/lib/containers/storage/btrfs-containers" };
	struct names names;

	(void)state;
	put(LIST, "containers.json", "[{\"id\":\"ffff\",\"names\":[\"stays\"]}]");
	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		assert_false(find("", ID, &names));
		put(folders[i], "volatile-containers.json", "[{\"id\":\"" ID "\",\"names\":[\"goes\"]}]");
		assert_true(find("", ID, &names));
		assert_string_equal(names.container, "goes");
		assert_true(find("", "ffff", &names));
		put(folders[i], "volatile-containers.json", "[]");
	}
	forget_all();
}

static void nerdctl_leaves_its_name_in_any_namespace(void **state)
{
	struct names names;

	(void)state;
	put("/run/containerd/io.containerd.runtime.v2.task/moby/" ID, "config.json", "{\"annotations\":{}}");
	assert_false(find("", ID, &names));
	put("/run/containerd/io.containerd.runtime.v2.task/build/" ID, "config.json",
		"{\"annotations\":{\"nerdctl/name\":\"web\",\"nerdctl/namespace\":\"build\"}}");
	assert_true(find("", ID, &names));
	assert_string_equal(names.container, "web");
	assert_string_equal(names.pod, "");
	forget_all();
}

static void hostile_files_and_ids_give_no_name_and_no_harm(void **state)
{
	static const char *const contents[] = { "", "{", "[]", "null", "{\"annotations\":[1]}",
		"{\"annotations\":{\"io.kubernetes.cri.sandbox-name\":7}}", "{\"a\":\"\\ud800\"}",
		"{\"annotations\":{}}garbage" };
	struct names names;

	(void)state;
	for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
		put("/run/containerd/io.containerd.runtime.v2.task/k8s.io/" ID, "config.json", contents[i]);
		assert_false(find("", ID, &names));
	}
	put("/etc", "config.json", "{\"annotations\":{\"io.kubernetes.cri.container-name\":\"x\"}}");
	assert_false(find("", "../../../../../etc", &names)); /* an id is no path */
	assert_false(find("../..", "", &names));
	put("/var/log/pods/a_b", NULL, NULL);
	put("/var/log/pods/_" UID_, NULL, NULL);
	assert_false(find(UID_, "", &names));
	forget_all();
}

static int begin(void **state)
{
	(void)state;
	return mkdtemp(root) == NULL || runtimes_new(root, &runtimes) < 0;
}

static int end(void **state)
{
	char command[64];

	(void)state;
	runtimes_free(runtimes);
	snprintf(command, sizeof(command), "rm -rf %s", root);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kubelets_log_folders_tell_pod_and_namespace),
		cmocka_unit_test(containerds_annotations_tell_all_three_names),
		cmocka_unit_test(docker_tells_its_name_or_the_kubernetes_labels),
		cmocka_unit_test(podman_and_crio_keep_one_list),
		cmocka_unit_test(volatile_containers_and_other_drivers_have_names_too),
		cmocka_unit_test(nerdctl_leaves_its_name_in_any_namespace),
		cmocka_unit_test(hostile_files_and_ids_give_no_name_and_no_harm),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
