/* Whose a pod is by its name: what Kubernetes' controllers would have called so, and nothing else. */
#include "fetcher/power/owner.h"
#include "tests/unit/unit.h"

#define NOW       1764316800 /* minute 29405280 */
#define TAIL      "-5d4f8c7b9d-bcdfg"
#define LETTERS40 "aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd"

static void expect(const char *namespace, const char *pod, const char *kind, const char *owner)
{
	struct owner found = { .kind = "", .size = 0 };
	bool is_found = owner_infer(namespace, pod, NOW, &found);

	if (strcmp(is_found ? found.kind : "", kind) != 0 || found.size != strlen(owner) ||
		strncmp(pod, owner, found.size) != 0)
		fail_msg("%s/%s: %s %.*s", namespace, pod, found.kind, (int)found.size, pod);
}

/* Names of pods as clusters have shown them, and at the edges of the rule. */
static void a_deployments_pods_are_told_by_its_hash(void **state)
{
	static const struct {
		const char *pod, *owner;
	} pods[] = { { "nginx-deployment-66b6c48dd5-7c6nt", "nginx-deployment" },
		{ "coredns-5d78c9869d-8gk2w", "coredns" }, { "web-75675f5897-7ci7o", "" /* vowels */ },
		{ "web-5d9c7b8f6-x2x4q", "web" } /* nine digits */, { "w" TAIL, "w" }, { "0" TAIL, "0" },
		{ "my-app-2023" TAIL, "my-app-2023" }, { "a.b-c" TAIL, "a.b-c" },
		{ "web-5d4f8c7b9d" TAIL, "web-5d4f8c7b9d" }, { "web-86f8fbc6f9-zzzzz", "web" } /* 2^32 - 1 */,
		{ "web-86f8fbc6fb-zzzzz", "" /* one more */ },
		{ "web-544444444-22222", "" /* 10^8: no letter */ }, { "web-54444444b-22222", "web" },
		{ LETTERS40 "-abcd" TAIL, LETTERS40 "-abcd" } /* 62 bytes */,
		{ LETTERS40 "-abcde" TAIL, "" } /* 63: it may have been cut */,
		{ LETTERS40 "-abcdef" TAIL, "" } };

	(void)state;
	for (size_t i = 0; i < sizeof(pods) / sizeof(*pods); i++)
		expect("shop", pods[i].pod, pods[i].owner[0] != '\0' ? "deployment" : "", pods[i].owner);
}

static void what_another_could_have_named_has_no_owner(void **state)
{
	static const char *const pods[] = { "", "-", "--", "web", "web-0", "web-abcde", "web-bcdfg", &TAIL[1],
		TAIL, "my-app-2023-bcdfg", "-web" TAIL, "web-" TAIL, "we_b" TAIL, "Web" TAIL, "web." TAIL,
		".web" TAIL, "a..b" TAIL, "a.-b" TAIL, "a-.b" TAIL,
		"w\xc3\xa9"
		"b" TAIL,
		"we b" TAIL, "we\nb" TAIL,
		/* the five: too few, too many, not of the 27 */
		"web-5d4f8c7b9d-bcdf", "web-5d4f8c7b9d-bcdfgh", "web-5d4f8c7b9d-bcdf-", "web-5d4f8c7b9d-",
		"web-5d4f8c7b9d-bcdf0", "web-5d4f8c7b9d-BCDFG", "web-5d4f8c7b9d-bcd g",
		/* no hash: not of the ten, too short, too long, over 32 bits, with a leading zero, a number of somebody's */
		"web-5d4f8c7b9e-bcdfg", "web-5d4f8c7b9g-bcdfg", "web-5d4f8c7b-bcdfg", "web-5d4f8c7b9dd-bcdfg",
		"web-8bdfcb9bdf-bcdfg", "web-4d4f8c7b9d-bcdfg", "web-5678956789-bcdfg", "web-5-bcdfg",
		/* others' names: StatefulSet, DaemonSet, Job, indexed Job, engine-image of Longhorn, dates */
		"db-0", "db-5d4f8c7b9d-0", "node-exporter-x2x4q", "train-x2x4q", "train-5-x2x4q",
		"engine-image-ei-6bf5c8d9-x2x4q", "backup-20240428-x2x4q", "etcd-node-1",
		"x-20240428-0-x2x4q" };

	(void)state;
	for (size_t i = 0; i < sizeof(pods) / sizeof(*pods); i++)
		expect("shop", pods[i], "", "");
	expect("", "web" TAIL, "", "");
}

static void a_cronjobs_pods_are_told_by_a_minute_of_these_days(void **state)
{
	static const struct {
		const char *pod, *owner;
	} pods[] = { { "report-29405280-x2x4q", "report" }, { "report-29405285-x2x4q", "report" },
		{ "report-29405286-x2x4q", "" }, { "report-29395200-x2x4q", "report" },
		{ "report-29395199-x2x4q", "" }, { "report-2940528-x2x4q", "" },
		{ "report-029405280-x2x4q", "" }, { "report-2940528a-x2x4q", "" },
		{ "report-29405280-abcde", "" }, { "-29405280-x2x4q", "" }, { "29405280-x2x4q", "" },
		{ "report-1764316800-x2x4q", "" } };

	(void)state;
	for (size_t i = 0; i < sizeof(pods) / sizeof(*pods); i++)
		expect("batch", pods[i].pod, pods[i].owner[0] != '\0' ? "cronjob" : "", pods[i].owner);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_deployments_pods_are_told_by_its_hash),
		cmocka_unit_test(what_another_could_have_named_has_no_owner),
		cmocka_unit_test(a_cronjobs_pods_are_told_by_a_minute_of_these_days),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
