/* Whose pods are, as a store with kube-state-metrics tells it; and what is told of them to the analyst. */
#include <errno.h>
#include <json-c/json.h>

#include "base/cleanup.h"
#include "fetcher/power/owners.h"
#include "tests/unit/unit.h"

#define NOW            1764316800
#define POD(pod)       "\"namespace\":\"shop\",\"pod\":\"" pod "\""
#define OF(kind, name) ",\"owner_kind\":\"" kind "\",\"owner_name\":\"" name "\""
#define SERIES(labels) "{\"metric\":{" labels "},\"value\":[0,\"1\"]}"
#define WEB            "web-5d4f8c7b9d-bcdfg"
#define SET            "\"namespace\":\"shop\",\"replicaset\":"
#define RUN            "\"namespace\":\"shop\",\"job_name\":"

static int read_text(const char *text, struct owners *owners)
{
	struct json_object *series = json_tokener_parse(text);
	int r;

	assert_non_null(series);
	r = owners_read(series, NOW, owners);
	json_object_put(series);
	return r;
}

static void expect(const char *series, const char *pod, const char *kind, const char *name)
{
	CLEANUP(owners_done) struct owners owners;
	const char *found_kind, *found_name;

	assert_int_equal(read_text(series, &owners), 0);
	owners_find(&owners, "shop", pod, &found_kind, &found_name);
	if (strcmp(found_kind, kind) != 0 || strcmp(found_name, name) != 0)
		fail_msg("%s: %s is of %s %s", series, pod, found_kind, found_name);
	owners_find(&owners, "dev", pod, &found_kind, &found_name);
	assert_string_equal(found_kind, "");
}

static void a_pod_counts_for_who_owns_its_owner(void **state)
{
	static const struct {
		const char *series, *kind, *name;
	} told[] = {
		{ "[]", "", "" },
		{ SERIES(POD(WEB) OF("StatefulSet", "db")), "StatefulSet", "db" },
		{ SERIES(POD(WEB) OF("ReplicaSet", "web-5d4f8c7b9d")) "," SERIES(
			  SET "\"web-5d4f8c7b9d\"" OF("Deployment", "web")),
			"Deployment", "web" },
		/* the links first, wherever they stand */
		{ SERIES(SET "\"web-5d4f8c7b9d\"" OF("Rollout", "web")) "," SERIES(
			  POD(WEB) OF("ReplicaSet", "web-5d4f8c7b9d")),
			"Rollout", "web" },
		/* a ReplicaSet of its own, where others' owners are told */
		{ SERIES(POD(WEB) OF("ReplicaSet", "web-5d4f8c7b9d")) "," SERIES(
			  SET "\"another\"" OF("Deployment", "x")),
			"ReplicaSet", "web-5d4f8c7b9d" },
		/* where none is told the name says it, and that it is the name that does */
		{ SERIES(POD(WEB) OF("ReplicaSet", "web-5d4f8c7b9d")), "deployment", "web" },
		{ SERIES(POD(WEB) OF("Job", "run")) "," SERIES(RUN "\"run\"" OF("CronJob", "nightly")),
			"CronJob", "nightly" },
		/* as a scrape without honor_labels shows it */
		{ SERIES("\"namespace\":\"monitoring\",\"pod\":\"ksm-0\",\"exported_namespace\":\"shop\","
			 "\"exported_pod\":"
			 "\"" WEB "\"" OF("DaemonSet", "d")),
			"DaemonSet", "d" },
		/* two clusters, two owners */
		{ SERIES(POD(WEB) OF("StatefulSet", "a")) "," SERIES(
			  POD(WEB) OF("StatefulSet", "b")) "," SERIES(POD(WEB) OF("StatefulSet", "b")),
			"", "" },
		{ SERIES(POD(WEB) OF("ReplicaSet", "r")) "," SERIES(
			  SET "\"r\"" OF("Deployment", "a")) "," SERIES(SET "\"r\"" OF("Deployment", "b")),
			"", "" },
		/* no owner, or no series of these */
		{ SERIES(POD(WEB) OF("", "")), "", "" },
		{ SERIES(POD(WEB)), "", "" },
		{ SERIES("\"pod\":7"), "", "" },
		{ "7,null,{},{\"metric\":[]},{\"metric\":{}}", "", "" },
	};
	char text[2048];

	(void)state;
	for (size_t i = 0; i < sizeof(told) / sizeof(*told); i++) {
		snprintf(text, sizeof(text), i == 0 ? "%s" : "[%s]", told[i].series);
		expect(text, WEB, told[i].kind, told[i].name);
	}
	expect("[" SERIES(POD("run-x2x4q") OF("Job", "run")) "]", "run-x2x4q", "Job", "run");
	expect("[" SERIES(POD("n-29405280-x2x4q") OF("Job", "n-29405280")) "]", "n-29405280-x2x4q", "cronjob",
		"n");
}

static void no_more_pods_than_there_is_room_for(void **state)
{
	CLEANUP(owners_done) struct owners owners;
	struct json_object *all = json_object_new_array();
	char text[160];

	(void)state;
	for (int i = 0; i <= OWNERS_PODS_MAX; i++) {
		snprintf(text, sizeof(text), SERIES("\"namespace\":\"a\",\"pod\":\"p%d\"" OF("Job", "run%d")),
			i, i % 7);
		json_object_array_add(all, json_tokener_parse(text));
	}
	assert_int_equal(owners_read(all, NOW, &owners), -E2BIG);
	assert_int_equal(owners.by_pod.used, 0);
	json_object_put(all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pod_counts_for_who_owns_its_owner),
		cmocka_unit_test(no_more_pods_than_there_is_room_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
