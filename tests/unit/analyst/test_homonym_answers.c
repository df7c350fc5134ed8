/* Pods, Deployments and other owners of one name: which of them an answer means. */
#include "tests/unit/analyst/fleet.h"

#include "analyst/ledger/sql.h"
#include "base/cleanup.h"

struct pod {
	const char *namespace, *name, *owner_kind, *owner;
	uint64_t joules;
};

static void begin_pods(struct fleet *fleet, const struct pod *pods, size_t count)
{
	uint64_t joules[FLEET_MAX];

	begin(fleet);
	fleet->w.config.pue = 1.5;
	for (size_t i = 0; i < count; i++) {
		const struct workload_row pod = { .op = TOPOLOGY_ADD,
			.id = 100 + fleet->count++,
			.kind = WORKLOAD_POD,
			.namespace = text_of(pods[i].namespace),
			.workload = text_of(pods[i].name),
			.pod = text_of(pods[i].name),
			.owner_kind = text_of(pods[i].owner_kind),
			.owner = text_of(pods[i].owner) };
		fixture_name_row(&fleet->w.f, &pod);
		joules[i] = pods[i].joules;
	}
	for (int i = 0; i < 12; i++)
		step(fleet, joules, 50);
}

/* In namespace shop the bare pod web, Deployment web with two pods, and Job run with a pod of its own name; in db Deployment
 * redis and StatefulSet redis. The owners' joules differ, so that one taken for another shows. */
static void begin_homonyms(struct fleet *fleet)
{
	static const struct pod pods[] = { { "shop", "web", "", "", 60 },
		{ "shop", "web-a", "Deployment", "web", 280 }, { "shop", "web-b", "Deployment", "web", 200 },
		{ "shop", "run", "Job", "run", 70 }, { "db", "r-1", "Deployment", "redis", 250 },
		{ "db", "r-2", "StatefulSet", "redis", 110 } };

	begin_pods(fleet, pods, ARRAY_SIZE(pods));
}

static double saving_of(struct json_object *row, const char *type)
{
	struct json_object *list = at(row, "optimizations");

	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *one = json_object_array_get_idx(list, i);
		if (strcmp(json_object_get_string(at(one, "type")), type) == 0)
			return number_in(one, "estimated_kg_month");
	}
	fail_msg("no %s in %s", type, json_object_to_json_string(row));
	return 0;
}

static void a_hotspots_improvements_are_its_own_beside_others_of_its_name(void **state)
{
	struct fleet fleet;
	struct json_object *rows;
	double potential = 0;

	(void)state;
	begin_homonyms(&fleet);
	assert_int_equal(ask(&fleet.w, "identify_power_hotspots", "{}"), 200);
	rows = member(&fleet.w, "hotspots");
	assert_int_equal(json_object_array_length(rows), 5);
	for (size_t i = 0; i < 5; i++) {
		struct json_object *one = json_object_array_get_idx(rows, i);
		double kg = number_in(one, "emissions_kg_month") * (1 - 1.4 / 1.5);
		expect_near(saving_of(one, "pue_improvement"), kg);
		potential += kg;
	}
	expect_number(&fleet.w, "potential_reduction_kg_month", potential);
	end(&fleet);
}

static void the_metrics_of_a_pod_are_the_pods_beside_an_owner_of_its_name(void **state)
{
	static const struct {
		const char *namespace, *name, *kind;
		double watts;
	} cases[] = { { "shop", "web", "pod", 6 }, { "shop", "run", "pod", 7 },
		{ "shop", "web-a", "pod", 28 } };
	struct fleet fleet;
	char text[128];

	(void)state;
	begin_homonyms(&fleet);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		snprintf(text, sizeof(text), "{\"namespace\":\"%s\",\"workload_name\":\"%s\"}",
			cases[i].namespace, cases[i].name);
		assert_int_equal(ask(&fleet.w, "workload_metrics", text), 200);
		expect_text(&fleet.w, "pod", cases[i].name);
		expect_text(&fleet.w, "kind", cases[i].kind);
		expect_near(number_in(member(&fleet.w, "metrics"), "total_watts"), cases[i].watts);
		assert_true(json_object_array_length(member(&fleet.w, "reason_codes")) > 0);
	}
	/* of two owners none is a pod */
	assert_int_equal(
		ask(&fleet.w, "workload_metrics", "{\"namespace\":\"db\",\"workload_name\":\"redis\"}"), 422);
	expect_error(&fleet.w, "AMBIGUOUS_WORKLOAD");
	assert_non_null(strstr(fleet.w.answer.body, "db/redis (statefulset)"));
	end(&fleet);
}

static void the_metrics_say_how_they_were_collected_as_the_provenance_does(void **state)
{
	static const char *const methods[] = { "ebpf", "kepler", "prometheus" };
	struct json_object *power;
	struct fleet fleet;

	(void)state;
	begin_homonyms(&fleet);
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
		struct config *config = &fleet.w.config;
		config->kepler_endpoint[0] = config->prometheus_url[0] = '\0';
		if (i > 0)
			strcpy(i == 1 ? config->kepler_endpoint : config->prometheus_url,
				"http://127.0.0.1:9");
		assert_int_equal(ask(&fleet.w, "workload_metrics",
					 "{\"namespace\":\"shop\",\"workload_name\":\"web\"}"),
			200);
		expect_text(&fleet.w, "collection_method", methods[i]);
		assert_int_equal(ask(&fleet.w, "get_power_consumption_summary", "{}"), 200);
		power = json_object_object_get(member(&fleet.w, "provenance"), "power");
		assert_string_equal(
			json_object_get_string(json_object_object_get(power, "collection_method")),
			methods[i]);
	}
	end(&fleet);
}

static void a_name_of_two_is_asked_back_and_the_candidates_are_understood(void **state)
{
	static const struct {
		const char *name, *kind;
		double watts;
	} cases[] = { { "shop/web (deployment)", "deployment", 48 }, { "shop/web (pod)", "pod", 6 },
		{ "db/redis (deployment)", "deployment", 25 },
		{ "db/redis (statefulset)", "statefulset", 11 }, { "run", "pod", 7 },
		{ "shop/run (job)", "job", 7 }, { "web-a", "pod", 28 } };
	struct fleet fleet;
	char text[128];

	(void)state;
	begin_homonyms(&fleet);
	assert_int_equal(assess(&fleet.w, "{\"workload_name\":\"web\"}"), 422);
	expect_error(&fleet.w, "AMBIGUOUS_WORKLOAD");
	assert_non_null(strstr(fleet.w.answer.body, "\"shop/web (pod)\",\"shop/web (deployment)\""));
	assert_int_equal(assess(&fleet.w, "{\"workload_name\":\"redis\",\"namespace\":\"db\"}"), 422);
	expect_error(&fleet.w, "AMBIGUOUS_WORKLOAD");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		snprintf(text, sizeof(text), "{\"workload_name\":\"%s\"}", cases[i].name);
		assert_int_equal(assess(&fleet.w, text), 200);
		expect_text(&fleet.w, "kind", cases[i].kind);
		expect_number(&fleet.w, "current_power_watts", cases[i].watts);
	}
	/* what is to be asked next finds the same workload again */
	assess(&fleet.w, "{\"workload_name\":\"shop/web (deployment)\"}");
	expect_in(at(json_object_array_get_idx(member(&fleet.w, "next_steps"), 0), "arguments"),
		"workload_name", "shop/web (deployment)");
	end(&fleet);
}

static void a_name_says_its_kind_as_kubectl_writes_it(void **state)
{
	static const struct {
		const char *arguments, *kind;
		double watts;
	} cases[] = { { "{\"workload_name\":\"deployment/redis\"}", "deployment", 25 },
		{ "{\"workload_name\":\"StatefulSet/redis\"}", "statefulset", 11 },
		{ "{\"workload_name\":\"db/statefulset/redis\"}", "statefulset", 11 },
		{ "{\"workload_name\":\"statefulset/redis\",\"namespace\":\"db\"}", "statefulset", 11 },
		{ "{\"workload_name\":\"redis (deployment)\",\"namespace\":\"db\"}", "deployment", 25 },
		{ "{\"workload_name\":\"pod/web\"}", "pod", 6 },
		{ "{\"workload_name\":\"deployment/web\"}", "deployment", 48 },
		{ "{\"workload_name\":\"job/run\"}", "job", 7 } };
	static const char *const strangers[] = { "{\"workload_name\":\"job/redis\"}",
		"{\"workload_name\":\"shop/statefulset/redis\"}",
		"{\"workload_name\":\"statefulset/redis\",\"namespace\":\"shop\"}",
		"{\"workload_name\":\"statefulset/\"}", "{\"workload_name\":\"/redis\"}" };
	struct fleet fleet;

	(void)state;
	begin_homonyms(&fleet);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (assess(&fleet.w, cases[i].arguments) != 200)
			fail_msg("%s: %s", cases[i].arguments, fleet.w.answer.body);
		expect_text(&fleet.w, "kind", cases[i].kind);
		expect_number(&fleet.w, "current_power_watts", cases[i].watts);
		if (strstr(cases[i].arguments, "namespace") == NULL)
			continue;
		assert_int_equal(ask(&fleet.w, "workload_metrics", cases[i].arguments), 200);
		expect_text(&fleet.w, "kind", cases[i].kind);
		expect_near(number_in(member(&fleet.w, "metrics"), "total_watts"), cases[i].watts);
	}
	for (size_t i = 0; i < ARRAY_SIZE(strangers); i++) {
		assert_int_equal(assess(&fleet.w, strangers[i]), 404);
		expect_error(&fleet.w, "WORKLOAD_NOT_FOUND");
	}
	/* and says so where it was needed */
	assess(&fleet.w, "{\"workload_name\":\"redis\"}");
	assert_non_null(strstr(fleet.w.answer.body, "Say which: deployment/redis or statefulset/redis"));
	end(&fleet);
}

/* A namespace that is called as a kind; two Deployments of one name; and both at once. */
static void what_tells_them_apart_is_as_short_as_it_may_be_and_never_guessed(void **state)
{
	static const struct pod pods[] = { { "deployment", "web", "", "", 60 },
		{ "shop", "web-a", "Deployment", "web", 250 }, { "a", "x-1", "Deployment", "api", 110 },
		{ "b", "x-2", "Deployment", "api", 120 }, { "a", "y-1", "Deployment", "etl", 130 },
		{ "b", "y-2", "Deployment", "etl", 140 }, { "b", "y-3", "Job", "etl", 150 } };
	static const struct {
		const char *prefix, *values;
	} completions[] = { { "api", "[\"a/api\",\"b/api\"]" },
		{ "etl", "[\"a/deployment/etl\",\"b/deployment/etl\",\"b/job/etl\"]" },
		{ "b/", "[\"b/api\",\"b/deployment/etl\",\"b/job/etl\"]" }, { "b/jo", "[]" },
		{ "b/job/e", "[\"b/job/etl\"]" }, { "x", "[\"x-1\",\"x-2\"]" },
		{ "we", "[\"pod/web\",\"deployment/web\",\"web-a\"]" } };
	struct fleet fleet;
	char text[128];

	(void)state;
	begin_pods(&fleet, pods, ARRAY_SIZE(pods));
	assert_int_equal(assess(&fleet.w, "{\"workload_name\":\"deployment/web\"}"), 422);
	expect_error(&fleet.w, "AMBIGUOUS_WORKLOAD");
	assert_non_null(strstr(fleet.w.answer.body, "\"deployment/web (pod)\",\"shop/web (deployment)\""));
	for (size_t i = 0; i < ARRAY_SIZE(completions); i++) {
		snprintf(text, sizeof(text), "{\"kind\":\"workload\",\"prefix\":\"%s\"}",
			completions[i].prefix);
		assert_int_equal(ask(&fleet.w, "names", text), 200);
		assert_string_equal(json_object_to_json_string_ext(
					    member(&fleet.w, "values"), JSON_C_TO_STRING_NOSLASHESCAPE),
			completions[i].values);
	}
	end(&fleet);
}

/* What completes a name is understood, each as another one. */
static void what_completes_a_name_is_understood(void **state)
{
	struct fleet fleet;
	struct json_object *values;
	char text[1024];

	(void)state;
	begin_homonyms(&fleet);
	assert_int_equal(ask(&fleet.w, "names", "{\"kind\":\"workload\",\"prefix\":\"\"}"), 200);
	values = json_object_get(member(&fleet.w, "values"));
	assert_int_equal(json_object_array_length(values), 9); /* web and redis twice, run, and the pods */
	for (size_t i = 0; i < json_object_array_length(values); i++) {
		snprintf(text, sizeof(text), "{\"workload_name\":\"%s\"}",
			json_object_get_string(json_object_array_get_idx(values, i)));
		if (assess(&fleet.w, text) != 200)
			fail_msg("%s: %s", text, fleet.w.answer.body);
	}
	json_object_put(values);
	end(&fleet);
}

static void the_star_of_an_answer_may_be_asked_back(void **state)
{
	struct fleet fleet;

	(void)state;
	begin(&fleet);
	run_fleet(&fleet, 9);
	assert_int_equal(ask(&fleet.w, "identify_power_hotspots", "{\"namespace\":\"*\"}"), 200);
	expect_text(&fleet.w, "namespace", "*");
	assert_int_equal(list(&fleet, "{\"namespace\":\"*\"}"), 200);
	expect_number(&fleet.w, "total_workloads", 9);
	assert_int_equal(assess(&fleet.w, "{\"workload_name\":\"pod-1\",\"namespace\":\"*\"}"), 200);
	end(&fleet);
}

static void tell_owner(
	struct fleet *fleet, size_t index, const struct pod *pod, const char *kind, const char *owner)
{
	const struct workload_row row = { .op = TOPOLOGY_ADD,
		.id = 100 + index,
		.kind = WORKLOAD_POD,
		.namespace = text_of(pod->namespace),
		.workload = text_of(pod->name),
		.pod = text_of(pod->name),
		.owner_kind = text_of(kind),
		.owner = text_of(owner) };

	fixture_name_row(&fleet->w.f, &row);
}

static void expect_owner(
	struct fleet *fleet, const char *name, const char *kind, double watts, bool is_inferred)
{
	char text[128];

	snprintf(text, sizeof(text), "{\"workload_name\":\"%s\"}", name);
	if (assess(&fleet->w, text) != 200)
		fail_msg("%s: %s", name, fleet->w.answer.body);
	expect_text(&fleet->w, "kind", kind);
	expect_number(&fleet->w, "current_power_watts", watts);
	expect_reason(&fleet->w, "OWNER_INFERRED", is_inferred);
}

/* The list's row of that owner, or of a pod of nobody's. */
static void expect_listed(
	struct fleet *fleet, const char *name, const char *kind, double watts, bool is_inferred)
{
	struct json_object *rows;

	assert_int_equal(list(fleet, "{}"), 200);
	rows = member(&fleet->w, "workloads");
	for (size_t i = 0; i < json_object_array_length(rows); i++) {
		struct json_object *one = json_object_array_get_idx(rows, i);
		if (strcmp(json_object_get_string(at(one, "workload")), name) != 0)
			continue;
		expect_in(one, "kind", kind);
		expect_near(number_in(one, "power_watts"), watts);
		assert_int_equal(
			strstr(json_object_to_json_string(at(one, "reason_codes")), "OWNER_INFERRED") != NULL,
			is_inferred);
		return;
	}
	fail_msg("no %s in %s", name, fleet->w.answer.body);
}

/* Of those that tell of many and have no reasons by row. */
static void expect_said(struct fleet *fleet, const char *tool, const char *arguments, bool is_inferred)
{
	assert_int_equal(ask(&fleet->w, tool, arguments), 200);
	expect_reason(&fleet->w, "OWNER_INFERRED", is_inferred);
}

/* Of a source that knows no owners, and of one that begins to know them. */
static void an_owner_inferred_from_names_is_said_to_be_and_goes_once_it_is_told(void **state)
{
	static const struct pod pods[] = { { "shop", "web-1", "deployment", "web", 280 },
		{ "shop", "web-2", "deployment", "web", 200 }, { "shop", "etl-1", "cronjob", "etl", 70 },
		{ "shop", "solo", "", "", 60 } };
	struct fleet fleet;

	(void)state;
	begin_pods(&fleet, pods, ARRAY_SIZE(pods));
	expect_owner(&fleet, "web", "deployment", 48, true);
	expect_owner(&fleet, "deployment/web", "deployment", 48, true);
	expect_owner(&fleet, "web-1", "pod", 28, true); /* is CONTINUOUS by its owner */
	expect_owner(&fleet, "solo", "pod", 6, false);
	expect_listed(&fleet, "web", "deployment", 48, true);
	expect_listed(&fleet, "solo", "pod", 6, false);
	expect_said(&fleet, "get_power_consumption_summary", "{}", true);
	expect_said(&fleet, "identify_power_hotspots", "{\"power_threshold_watts\":40}", true);
	expect_said(&fleet, "identify_power_hotspots", "{\"power_threshold_watts\":50}", false);
	expect_said(&fleet, "list_top_power_consumers", "{}", false); /* pods, each for itself */
	tell_owner(&fleet, 0, &pods[0], "Deployment", "web");
	expect_owner(&fleet, "web", "deployment", 48, true); /* one of the two still is */
	tell_owner(&fleet, 1, &pods[1], "Deployment", "web");
	tell_owner(&fleet, 1, &pods[1], "deployment", "web-x"); /* by who knows less, later: nothing */
	tell_owner(&fleet, 2, &pods[2], "Job", "etl-1");
	for (int i = 0; i < 2; i++) { /* from memory, and from the file */
		expect_owner(&fleet, "web", "deployment", 48, false);
		expect_listed(&fleet, "web", "deployment", 48, false);
		expect_owner(&fleet, "etl-1 (job)", "job", 7, false);
		expect_listed(&fleet, "etl-1", "job", 7, false);
		assert_int_equal(assess(&fleet.w, "{\"workload_name\":\"etl\"}"), 404);
		assert_int_equal(assess(&fleet.w, "{\"workload_name\":\"web-x\"}"), 404);
		expect_said(&fleet, "get_power_consumption_summary", "{}", false);
		named_clear(&fleet.w.f.ledger->named);
	}
	end(&fleet);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hotspots_improvements_are_its_own_beside_others_of_its_name),
		cmocka_unit_test(the_metrics_of_a_pod_are_the_pods_beside_an_owner_of_its_name),
		cmocka_unit_test(the_metrics_say_how_they_were_collected_as_the_provenance_does),
		cmocka_unit_test(a_name_of_two_is_asked_back_and_the_candidates_are_understood),
		cmocka_unit_test(a_name_says_its_kind_as_kubectl_writes_it),
		cmocka_unit_test(what_tells_them_apart_is_as_short_as_it_may_be_and_never_guessed),
		cmocka_unit_test(what_completes_a_name_is_understood),
		cmocka_unit_test(the_star_of_an_answer_may_be_asked_back),
		cmocka_unit_test(an_owner_inferred_from_names_is_said_to_be_and_goes_once_it_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
