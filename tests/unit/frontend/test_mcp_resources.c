/* What the server offers beside its tools: resources and the watch on them, prompts, completion. */
#include "frontend/mcp/prompts.h"
#include "frontend/mcp/uri.h"
#include "tests/unit/frontend/mcp_messages.h"

static void uris_name_what_they_say_and_nothing_else(void **state)
{
	static const char *const wrong[] = { "", "carbon-intensity:", "carbon-intensity://",
		"carbon-intensity://a/b", "carbon-intensity://%", "carbon-intensity://%2",
		"carbon-intensity://%zz", "carbon-intensity://a%00b", "workload-metrics://a",
		"workload-metrics://a/", "workload-metrics:///b", "workload-metrics://a/b/c",
		"compliance-standards://us/X", "file:///etc/passwd" };
	char long_uri[400] = "carbon-intensity://";
	struct uri uri;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_int_equal(uri_parse(wrong[i], &uri), -EINVAL);
	memset(long_uri + strlen(long_uri), 'a', 300);
	assert_int_equal(uri_parse(long_uri, &uri), -EINVAL);
	assert_int_equal(uri_parse("workload-metrics://prod/a%2Fb%22%ED%95%9C", &uri), 0);
	assert_string_equal(uri.values[0], "prod");
	assert_string_equal(uri.values[1], "a/b\"한");
	char *arguments = uri_arguments(&uri);
	assert_string_equal(arguments, "{\"namespace\":\"prod\",\"workload_name\":\"a/b\\\"한\"}");
	free(arguments);
}

static void an_unknown_resource_has_the_code_of_its_era(void **state)
{
	(void)state;
	take("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"resources/read\",\"params\":{\"uri\":\"x://y\"}}",
		NEWEST);
	assert_int_equal(error_code(), -32002);
	assert_non_null(strstr(server.heard.answer, "\"uri\":\"x://y\""));
	take_modern("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"resources/read\",\"params\":{\"uri\":"
		    "\"carbon-intensity://moon\"," META "}}",
		"resources/read", "carbon-intensity://moon");
	server_answer(422, "{\"error\":{\"code\":\"UNKNOWN_REGION\",\"message\":\"none\",\"hint\":\"\"}}");
	assert_int_equal(error_code(), -32602);
	assert_non_null(strstr(server.heard.answer, "UNKNOWN_REGION"));
}

static void a_change_of_status_is_told_once(void **state)
{
	static const char listen[] = "{\"jsonrpc\":\"2.0\",\"id\":\"L\",\"method\":\"subscriptions/"
				     "listen\",\"params\":{\"notifications\":{"
				     "\"toolsListChanged\":true,\"resourceSubscriptions\":[\"workload-"
				     "metrics://a/b\",\"no://such\"]}," META "}}";
	uint64_t now = 1;

	(void)state;
	take_modern(listen, "subscriptions/listen", NULL);
	server_answer(200, "{}");
	assert_non_null(strstr(server.heard.last_said,
		"{\"notifications\":{\"resourceSubscriptions\":[\"workload-metrics://a/b\"]},\"_meta\":{"
		"\"io.modelcontextprotocol/subscriptionId\":\"L\"}}"));
	server.heard.said = 0;
	const char *const states[] = { "COMPLIANT", "COMPLIANT", "NON_COMPLIANT", "NON_COMPLIANT" };
	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		char body[64];
		watch_turn(server.mcp.watch, now += WATCH_ASK_MS * UINT64_C(1000000));
		snprintf(body, sizeof(body), "{\"status\":\"%s\"}", states[i]);
		server_answer(200, body);
		assert_int_equal(server.heard.said, i >= 2);
	}
	assert_non_null(strstr(server.heard.last_said, "notifications/resources/updated"));
	server.asked.call = NULL;
	mcp_call_drop(server.mcp.calls);
	assert_false(mcp_is_busy(&server.mcp));
}

/* What cannot be read will never be told of, and is not promised; whether it is there or another's is not said. */
static void a_listener_is_promised_what_can_be_read(void **state)
{
	static const char listen[] =
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"subscriptions/"
		"listen\",\"params\":{\"notifications\":{"
		"\"resourceSubscriptions\":[\"workload-metrics://prod/nope\",\"workload-metrics://bank/"
		"vault\",7,"
		"\"carbon-intensity://moon\",\"workload-metrics://prod/app\",\"carbon-intensity://"
		"KR\"]},\"_meta\":{"
		"\"io.modelcontextprotocol/protocolVersion\":\"" MODERN
		"\",\"io.modelcontextprotocol/clientCapabilities\":{},\"progressToken\":1}}}";
	static const int codes[] = { 404, 403, 422, 200, 503 };

	(void)state;
	server.heard.said = 0;
	take_modern(listen, "subscriptions/listen", NULL);
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		assert_int_equal(server.heard.said, 0);
		mcp_calls_turn(&server.mcp, UINT64_MAX); /* no progress before the acknowledgement */
		server_answer(codes[i], "{}");
	}
	assert_int_equal(server.heard.said, 1);
	assert_non_null(strstr(server.heard.last_said,
		"\"resourceSubscriptions\":[\"workload-metrics://prod/app\",\"carbon-intensity://KR\"]"));
	server.asked.call = NULL;
	mcp_call_drop(server.mcp.calls);
	assert_false(mcp_is_busy(&server.mcp));
}

/* The analyst alone says what may be seen: what is watched for one is not looked at for another. */
static void a_resource_is_watched_with_the_eyes_of_its_watcher(void **state)
{
	static const char uri[] = "workload-metrics://bank/vault";
	struct principal all = { .name = "all", .until_s = UINT64_MAX };
	struct principal shop = { .name = "shop", .namespaces = "shop\n", .until_s = UINT64_MAX };
	struct session session = { .holds = 1 };
	struct watch *watch = server.mcp.watch;
	int64_t before = server.asked.id;

	(void)state;
	struct watcher *first = watcher_new(watch, &all, &session, NULL);
	struct watcher *second = watcher_new(watch, &shop, &session, NULL);
	assert_int_equal(watcher_add(first, uri), 0);
	assert_int_equal(watcher_add(second, uri), 0);
	watch_turn(watch, clock_mono_ns());
	assert_int_equal(server.asked.id - before, 2);
	assert_string_equal(server.asked.namespaces, "shop\n");
	watcher_free(first);
	watcher_free(second);
	assert_false(watch_is_busy(watch));
}

static void one_principal_leaves_places_for_others_with_however_many_sessions(void **state)
{
	struct principal greedy = { .name = "greedy", .until_s = UINT64_MAX };
	struct principal other = { .name = "other", .until_s = UINT64_MAX };
	struct session session = { .holds = 1 };
	struct watcher *watchers[WATCHED_MAX / WATCH_URIS_MAX];
	struct watch *watch = server.mcp.watch;
	size_t taken = 0;
	char uri[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(watchers); i++) {
		watchers[i] = watcher_new(watch, &greedy, &session, NULL);
		for (size_t j = 0; j < WATCH_URIS_MAX; j++) {
			snprintf(uri, sizeof(uri), "workload-metrics://prod/a%zu-%zu", i, j);
			taken += watcher_add(watchers[i], uri) == 0;
		}
	}
	assert_int_equal(taken, WATCH_EACH_MAX);
	struct watcher *second = watcher_new(watch, &other, &session, NULL);
	assert_int_equal(watcher_add(second, "workload-metrics://prod/app"), 0);
	for (size_t i = 0; i < ARRAY_SIZE(watchers); i++)
		watcher_free(watchers[i]);
	watcher_free(second);
	assert_int_equal(greedy.watched + other.watched, 0);
	assert_false(watch_is_busy(watch));
}

/* prompts and completion */

static const char *value_of(void *context, const char *name, size_t size)
{
	(void)context;
	return size == 1 && name[0] == 'a' ? "A" : NULL;
}

static void a_prompt_leaves_out_what_was_not_given(void **state)
{
	char *text = prompt_fill("x {a}[ in {b}][ by {a}!] y", value_of, NULL);

	(void)state;
	assert_string_equal(text, "x A by A! y");
	free(text);
}

static void every_prompt_can_be_had_in_both_languages(void **state)
{
	char *text;

	(void)state;
	for (size_t i = 0; i < prompt_count; i++)
		for (int language = 0; language < 2; language++) {
			text = prompt_fill(prompts[i].body[language], value_of, NULL);
			assert_null(strpbrk(text, "[]{}"));
			free(text);
		}
	take("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"prompts/"
	     "get\",\"params\":{\"name\":\"compliance_review\"}}",
		NEWEST);
	assert_int_equal(error_code(), -32602);
	take("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"prompts/"
	     "get\",\"params\":{\"name\":\"compliance_review\","
	     "\"arguments\":{\"workload_name\":\"a\\nb\"}}}",
		NEWEST);
	assert_int_equal(error_code(), -32602);
	take("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"prompts/"
	     "get\",\"params\":{\"name\":\"compliance_review\","
	     "\"arguments\":{\"workload_name\":\"app\"}}}",
		NEWEST);
	assert_int_equal(error_code(), 0);
	assert_non_null(strstr(server.heard.answer, "the workload app.\\n"));
}

/* Clients send the fields of a form that nothing was written into. */
static void an_empty_argument_of_a_prompt_is_none(void **state)
{
	(void)state;
	take("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"prompts/"
	     "get\",\"params\":{\"name\":\"compliance_review\","
	     "\"arguments\":{\"workload_name\":\"app\",\"namespace\":\"\",\"standard\":null}}}",
		NEWEST);
	assert_int_equal(error_code(), 0);
	assert_non_null(strstr(server.heard.answer, "the workload app.\\n"));
	take("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"prompts/"
	     "get\",\"params\":{\"name\":\"compliance_review\",\"arguments\":{\"workload_name\":\"\"}}}",
		NEWEST);
	assert_int_equal(error_code(), -32602);
	take("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"prompts/"
	     "get\",\"params\":{\"name\":\"compliance_review\","
	     "\"arguments\":{\"workload_name\":\"app\",\"namespace\":5}}}",
		NEWEST);
	assert_int_equal(error_code(), -32602);
}

static void completion_asks_for_names_of_the_right_kind(void **state)
{
	static const struct {
		const char *ref, *argument, *asked;
	} cases[] = {
		{ "\"type\":\"ref/prompt\",\"name\":\"compliance_review\"", "workload_name",
			"{\"kind\":\"workload\",\"prefix\":\"a\",\"namespace\":\"n\"}" },
		{ "\"type\":\"ref/prompt\",\"name\":\"carbon_report\"", "region",
			"{\"kind\":\"region\",\"prefix\":\"a\"}" },
		{ "\"type\":\"ref/resource\",\"uri\":\"workload-metrics://{namespace}/{pod_name}\"",
			"namespace", "{\"kind\":\"namespace\",\"prefix\":\"a\"}" },
		{ "\"type\":\"ref/resource\",\"uri\":\"compliance-standards://korea/{standard_code}\"",
			"standard_code", "{\"kind\":\"standard\",\"prefix\":\"a\"}" },
	};
	char message[512];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		snprintf(message, sizeof(message),
			"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"completion/"
			"complete\",\"params\":{\"ref\":{%s},"
			"\"argument\":{\"name\":\"%s\",\"value\":\"a\"},\"context\":{\"arguments\":{"
			"\"namespace\":\"n\"}}}}",
			cases[i].ref, cases[i].argument);
		take(message, NEWEST);
		assert_string_equal(server.asked.tool, "names");
		assert_string_equal(server.asked.arguments, cases[i].asked);
		server_answer(200, "{\"values\":[\"app\"],\"total\":1}");
		assert_non_null(
			strstr(server.heard.answer, "{\"values\":[\"app\"],\"total\":1,\"hasMore\":false}"));
	}
	take("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"completion/complete\",\"params\":{\"ref\":{\"type\":"
	     "\"ref/file\",\"uri\":\"carbon-intensity://"
	     "{region}\"},\"argument\":{\"name\":\"region\",\"value\":\"\"}}}",
		NEWEST);
	assert_int_equal(error_code(), -32602);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(uris_name_what_they_say_and_nothing_else),
		cmocka_unit_test(an_unknown_resource_has_the_code_of_its_era),
		cmocka_unit_test(a_change_of_status_is_told_once),
		cmocka_unit_test(a_listener_is_promised_what_can_be_read),
		cmocka_unit_test(one_principal_leaves_places_for_others_with_however_many_sessions),
		cmocka_unit_test(a_resource_is_watched_with_the_eyes_of_its_watcher),
		cmocka_unit_test(a_prompt_leaves_out_what_was_not_given),
		cmocka_unit_test(an_empty_argument_of_a_prompt_is_none),
		cmocka_unit_test(every_prompt_can_be_had_in_both_languages),
		cmocka_unit_test(completion_asks_for_names_of_the_right_kind),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
