/* PodLists as kubelet writes them, and as nobody should. */
#include "resolver/pods.h"

#include <errno.h>

#include "tests/unit/unit.h"

#define ID            "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ID2           "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
#define UID_          "12345678-1234-5678-9abc-123456789abc"
#define HASH          "0123456789abcdef0123456789abcdef"
#define POD(metadata) "{\"metadata\":{" metadata ",\"uid\":\"" UID_ "\",\"namespace\":\"n\",\"name\":\"p\"}}"
#define LIST(items)   "{\"kind\":\"PodList\",\"items\":[" items "]}"
#define OWNER(kind, name)                                                                                    \
	"\"ownerReferences\":[{\"kind\":\"" kind "\",\"name\":\"" name "\",\"controller\":true}]"

static struct names find_one(const char *list, enum pods_match wanted, const char *uid, const char *id)
{
	struct names names = { 0 };
	struct pods *pods;

	assert_int_equal(pods_parse(list, strlen(list), &pods), 0);
	assert_int_equal(pods_find(pods, uid, id, &names), wanted);
	pods_free(pods);
	return names;
}

static const struct {
	const char *what, *metadata, *kind, *name;
} owners[] = {
	{ "bare", "\"labels\":{}", "", "" },
	{ "deployment", OWNER("ReplicaSet", "web-5d9c") ",\"labels\":{\"pod-template-hash\":\"5d9c\"}",
		"Deployment", "web" },
	{ "replica set of its own", OWNER("ReplicaSet", "web-5d9c"), "ReplicaSet", "web-5d9c" },
	{ "another hash", OWNER("ReplicaSet", "web-5d9c") ",\"labels\":{\"pod-template-hash\":\"d9c\"}",
		"ReplicaSet", "web-5d9c" },
	{ "nothing but the hash", OWNER("ReplicaSet", "-5d9c") ",\"labels\":{\"pod-template-hash\":\"5d9c\"}",
		"ReplicaSet", "-5d9c" },
	{ "stateful set", OWNER("StatefulSet", "db"), "StatefulSet", "db" },
	{ "daemon set", OWNER("DaemonSet", "agent"), "DaemonSet", "agent" },
	{ "mirror of a static pod", OWNER("Node", "node-1"), "Node", "node-1" },
	{ "custom resource", OWNER("Workflow", "train"), "Workflow", "train" },
	/* 28571640 min = 1714298400 s = 2024-04-28T10:00:00Z */
	{ "cron job", OWNER("Job", "report-28571640") ",\"creationTimestamp\":\"2024-04-28T10:00:01Z\"",
		"CronJob", "report" },
	{ "cron job, by seconds",
		OWNER("Job", "report-1714298400") ",\"creationTimestamp\":\"2024-04-28T10:00:01Z\"",
		"CronJob", "report" },
	{ "job named by a date",
		OWNER("Job", "backup-20240428") ",\"creationTimestamp\":\"2024-04-28T10:00:01Z\"", "Job",
		"backup-20240428" },
	{ "job of another year",
		OWNER("Job", "report-28571640") ",\"creationTimestamp\":\"2025-04-28T10:00:01Z\"", "Job",
		"report-28571640" },
	{ "job without a time", OWNER("Job", "report-28571640"), "Job", "report-28571640" },
	{ "job with a bad time", OWNER("Job", "report-28571640") ",\"creationTimestamp\":\"now\"", "Job",
		"report-28571640" },
	{ "job of its own", OWNER("Job", "once"), "Job", "once" },
	{ "no controller", "\"ownerReferences\":[{\"kind\":\"Job\",\"name\":\"x\"}]", "", "" },
	{ "nonsense", "\"ownerReferences\":{\"kind\":7}", "", "" },
	{ "half an owner", "\"ownerReferences\":[{\"kind\":\"Job\",\"controller\":true}]", "", "" },
};

static void owners_are_followed_as_far_as_names_prove(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(owners) / sizeof(owners[0]); i++) {
		char list[2048];
		snprintf(list, sizeof(list),
			LIST("{\"metadata\":{%s,\"uid\":\"" UID_ "\",\"namespace\":\"n\",\"name\":\"p\"}}"),
			owners[i].metadata);
		struct names names = find_one(list, PODS_POD, UID_, "");
		if (strcmp(names.owner_kind, owners[i].kind) != 0 || strcmp(names.owner, owners[i].name) != 0)
			fail_msg("%s: %s %s", owners[i].what, names.owner_kind, names.owner);
	}
}

#define CONTAINERS                                                                                           \
	"\"spec\":{\"nodeName\":\"node-1\",\"containers\":[{\"name\":\"a\",\"resources\":{\"requests\":{"    \
	"\"cpu\":\"250m\","                                                                                  \
	"\"memory\":\"64Mi\"},\"limits\":{\"cpu\":2,\"memory\":\"oops\"}}},{\"name\":\"b\"}]},"              \
	"\"status\":{\"containerStatuses\":[{\"name\":\"a\",\"containerID\":\"containerd://" ID              \
	"\"},{\"name\":\"b\"}],\"ephemeralContainerStatuses\":[{\"name\":\"debug\",\"containerID\":\"cri-o:" \
	"//" ID2 "\"}]}"
#define STATIC                                                                                               \
	"{\"metadata\":{\"name\":\"etcd\",\"namespace\":\"kube-system\",\"uid\":\"" UID_                     \
	"\",\"annotations\":{\"kubernetes.io/config.hash\":\"" HASH "\"}}," CONTAINERS "}"

static void containers_are_found_by_pod_and_id(void **state)
{
	struct names names = find_one(LIST(STATIC), PODS_CONTAINER, UID_, ID);

	(void)state;
	assert_string_equal(names.container, "a");
	assert_int_equal(names.cpu_request_millicores, 250);
	assert_int_equal(names.cpu_limit_millicores, 2000);
	assert_int_equal(names.memory_request_bytes, 64 << 20);
	assert_int_equal(names.memory_limit_bytes, 0); /* nobody can read it */
	names = find_one(LIST(STATIC), PODS_CONTAINER, UID_, ID2);
	assert_string_equal(names.container, "debug");
	names = find_one(LIST(STATIC), PODS_CONTAINER, "", ID2);
	assert_string_equal(names.pod, "etcd");
	names = find_one(LIST(STATIC), PODS_POD, UID_, HASH); /* its pause container */
	assert_string_equal(names.container, "");
	find_one(LIST(STATIC), PODS_UNKNOWN, "", HASH);
	find_one(LIST(STATIC), PODS_UNKNOWN, "", "");
	find_one(LIST(STATIC), PODS_UNKNOWN, "99999999-1234-5678-9abc-123456789abc", ID);
}

/* spec.resources: the pod's cgroup carries what its containers do not, so that a sum counts it once. */
static void a_pod_has_what_it_requests_beyond_its_containers(void **state)
{
	const char *list = LIST(
		"{\"metadata\":{\"name\":\"web\",\"namespace\":\"n\",\"uid\":\"" UID_ "\"},\"spec\":{"
		"\"resources\":{\"requests\":{\"cpu\":\"1\",\"memory\":\"1Ki\"},\"limits\":{\"cpu\":\"3\","
		"\"memory\":\"9Ki\"}},"
		"\"containers\":[{\"name\":\"a\",\"resources\":{\"requests\":{\"cpu\":\"250m\",\"memory\":"
		"\"2Ki\"}}},{\"name\":\"b\"}],\"initContainers\":[{\"name\":\"once\",\"resources\":{"
		"\"requests\":"
		"{\"cpu\":\"900m\"}}},{\"name\":\"sidecar\",\"restartPolicy\":\"Always\",\"resources\":{"
		"\"requests\":{\"cpu\":\"50m\"}}}]},\"status\":{\"containerStatuses\":[{\"name\":\"a\","
		"\"containerID\":\"containerd://" ID "\"},{\"name\":\"b\",\"containerID\":\"containerd://" ID2
		"\"}]}}");
	struct names names = find_one(list, PODS_POD, UID_, "");

	(void)state;
	assert_int_equal(names.cpu_request_millicores, 700);
	assert_int_equal(names.cpu_limit_millicores, 3000);
	assert_int_equal(names.memory_request_bytes, 0); /* the containers have more */
	assert_int_equal(names.memory_limit_bytes, 0);   /* or it would pass for a request */
	assert_int_equal(find_one(list, PODS_CONTAINER, UID_, ID).cpu_request_millicores, 250);
	assert_int_equal(find_one(list, PODS_CONTAINER, UID_, ID2).cpu_request_millicores, 0);
	assert_int_equal(find_one(list, PODS_POD, UID_, HASH).cpu_request_millicores, 0); /* pause */
	assert_int_equal(find_one(LIST(STATIC), PODS_POD, UID_, "").cpu_request_millicores, 0);
}

/* One that crashes on and on lives a second, and is in a list's containerID only by chance. */
static void a_container_that_was_started_anew_had_its_name_before_too(void **state)
{
	static const char list[] =
		LIST("{\"metadata\":{\"name\":\"web\",\"namespace\":\"n\",\"uid\":\"" UID_ "\"},\"status\":{"
		     "\"containerStatuses\":[{\"name\":\"a\",\"containerID\":\"containerd://" ID
		     "\",\"lastState\":{\"terminated\":{\"containerID\":\"containerd://" ID2 "\"}}}],"
		     "\"initContainerStatuses\":[{\"name\":\"b\",\"lastState\":{}},{\"name\":\"c\","
		     "\"lastState\":7}]}}");

	(void)state;
	assert_string_equal(find_one(list, PODS_CONTAINER, UID_, ID).container, "a");
	assert_string_equal(find_one(list, PODS_CONTAINER, UID_, ID2).container, "a");
}

static void a_static_pod_goes_by_the_hash_too(void **state)
{
	struct names names = find_one(LIST(STATIC), PODS_CONTAINER, HASH, ID);

	(void)state;
	assert_string_equal(names.pod, "etcd");
	assert_string_equal(names.owner_kind, "Node");
	assert_string_equal(names.owner, "node-1");
}

static void an_empty_node_is_a_list_too(void **state)
{
	(void)state;
	find_one("{\"items\":null}", PODS_UNKNOWN, UID_, ID);
	find_one("{\"items\":[]}", PODS_UNKNOWN, UID_, ID);
}

static void pods_that_make_no_sense_are_left_out(void **state)
{
	static const char list[] = LIST(
		"{},7,null,[],{\"metadata\":[]},{\"metadata\":{\"uid\":\"\",\"name\":\"x\",\"namespace\":"
		"\"n\"}},"
		"{\"metadata\":{\"uid\":\"a\\u0000b\",\"name\":\"x\",\"namespace\":\"n\"}}," POD("\"a\":1"));
	struct names names;
	struct pods *pods;

	(void)state;
	assert_int_equal(pods_parse(list, strlen(list), &pods), 0);
	assert_int_equal(pods_count(pods), 1);
	assert_int_equal(pods_refused(pods), 7);
	assert_int_equal(pods_find(pods, UID_, "", &names), PODS_POD);
	pods_free(pods);
}

static void what_is_no_pod_list_is_refused(void **state)
{
	static const char *const lists[] = { "", "7", "[]", "{}", "{\"items\":{}}", "{\"items\":[}",
		"{'items':[]}", "{\"items\":[]}x", "{\"items\":[],\"items\":[]}", "Unauthorized" };
	struct pods *pods;

	(void)state;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		assert_int_equal(pods_parse(lists[i], strlen(lists[i]), &pods), -EBADMSG);
	for (size_t size = 0; size < sizeof(LIST(STATIC)) - 1; size++) /* cut anywhere */
		assert_int_equal(pods_parse(LIST(STATIC), size, &pods), -EBADMSG);
}

static void too_many_containers_are_refused(void **state)
{
	const size_t size = (PODS_ENTRIES_MAX + 2) * 128;
	char *list = malloc(size);
	struct pods *pods;
	size_t used;

	(void)state;
	assert_non_null(list);
	used = (size_t)snprintf(list, size, "{\"items\":[");
	for (size_t i = 0; i <= PODS_ENTRIES_MAX; i++)
		used += (size_t)snprintf(list + used, size - used,
			"%s{\"metadata\":{\"uid\":\"%zu\",\"name\":\"x\",\"namespace\":\"n\"}}",
			i > 0 ? "," : "", i);
	used += (size_t)snprintf(list + used, size - used, "]}");
	assert_int_equal(pods_parse(list, used, &pods), -E2BIG);
	free(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(owners_are_followed_as_far_as_names_prove),
		cmocka_unit_test(containers_are_found_by_pod_and_id),
		cmocka_unit_test(a_pod_has_what_it_requests_beyond_its_containers),
		cmocka_unit_test(a_container_that_was_started_anew_had_its_name_before_too),
		cmocka_unit_test(a_static_pod_goes_by_the_hash_too),
		cmocka_unit_test(an_empty_node_is_a_list_too),
		cmocka_unit_test(pods_that_make_no_sense_are_left_out),
		cmocka_unit_test(what_is_no_pod_list_is_refused),
		cmocka_unit_test(too_many_containers_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
