#include "tests/conformance/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "frontend/mcp/mcp.h"
#include "frontend/mcp/stream.h"
#include "ipc/tools.h"

#define RUNS_MAX 64
#define TICK_NS  (10 * NS_PER_MILLISECOND)

/* A call that is under way. */
struct run {
	struct mcp_call *call; /* NULL = free */
	uint64_t due_ns;       /* 0 = waits for the client */
	char request_id[32];
	struct json_object *response;
	fixture_step_fn *step;
};

static struct {
	struct timer timer;
	struct run runs[RUNS_MAX];
	unsigned requests;
} fixture;

static struct run *run_of(const struct mcp_call *call)
{
	for (size_t i = 0; i < RUNS_MAX; i++)
		if (fixture.runs[i].call == call)
			return &fixture.runs[i];
	return NULL;
}

static struct run *run_for(struct mcp_call *call)
{
	struct run *run = run_of(call);

	if (run == NULL)
		run = run_of(NULL);
	if (run == NULL)
		abort(); /* a test that overruns its fixture */
	run->call = call;
	return run;
}

void fixture_after(struct mcp_call *call, int ms, fixture_step_fn *step)
{
	struct run *run = run_for(call);

	run->due_ns = clock_mono_ns() + (uint64_t)ms * NS_PER_MILLISECOND;
	run->step = step;
}

void fixture_ask_client(struct mcp_call *call, const char *method, const char *params, fixture_step_fn *step)
{
	struct run *run = run_for(call);
	CLEANUP(freep) char *text = NULL;

	run->due_ns = 0;
	run->step = step;
	snprintf(run->request_id, sizeof(run->request_id), "\"fixture-%u\"", ++fixture.requests);
	if (asprintf(&text, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"%s\",\"params\":%s}",
		    run->request_id, method, params) >= 0 &&
		call->sink->say(call->sink, text, strlen(text)))
		return;
	mcp_fail(call, 200, RPC_INTERNAL_ERROR, "the client cannot be asked back", NULL);
}

struct json_object *fixture_response(const struct mcp_call *call)
{
	const struct run *run = run_of(call);

	return run != NULL ? run->response : NULL;
}

static void on_response(const struct message *message)
{
	for (size_t i = 0; i < RUNS_MAX; i++) {
		struct run *run = &fixture.runs[i];
		if (run->call == NULL || run->due_ns != 0 || strcmp(run->request_id, message->id) != 0)
			continue;
		json_object_put(run->response);
		run->response = json_object_get(object_member(message->root, "result", json_type_object));
		run->step(run->call);
		return;
	}
}

static void forget(struct mcp_call *call)
{
	struct run *run = run_of(call);

	if (run == NULL)
		return;
	json_object_put(run->response);
	*run = (struct run) { 0 };
}

static int on_tick(struct timer *timer)
{
	uint64_t now_ns = clock_mono_ns();

	(void)timer;
	for (size_t i = 0; i < RUNS_MAX; i++) {
		struct run *run = &fixture.runs[i];
		if (run->call == NULL || run->due_ns == 0 || now_ns < run->due_ns)
			continue;
		run->due_ns = 0;
		run->request_id[0] = '\0';
		run->step(run->call);
	}
	return 0;
}

static int open_fixture(struct mcp *mcp, struct web *web)
{
	int r = timer_open(&fixture.timer, on_tick);

	(void)mcp;
	if (r == 0)
		r = web_add_source(web, &fixture.timer.source);
	return r < 0 ? r : timer_set(&fixture.timer, TICK_NS, TICK_NS);
}

void fixture_list_changed(struct mcp *mcp, const char *what)
{
	char method[64], key[64];

	snprintf(method, sizeof(method), "notifications/%s/list_changed", what);
	snprintf(key, sizeof(key), "%sListChanged", what);
	for (struct mcp_call *call = mcp->calls; call != NULL; call = call->next) {
		struct json_object *filter =
			object_member(call->message.params, "notifications", json_type_object);
		struct json_object *flag = object_member(filter, key, json_type_boolean);
		if (call->watcher != NULL && flag != NULL && json_object_get_boolean(flag))
			mcp_say(call, method, "{}");
	}
}

/* answers */

void fixture_result(struct mcp_call *call, const char *members)
{
	struct json_writer *writer = mcp_open_result(call);

	json_write_members(writer, members, strlen(members));
	mcp_close_result(call);
}

void fixture_text(struct mcp_call *call, const char *text)
{
	struct json_writer *writer = mcp_open_result(call);

	json_open_array(writer, "content");
	json_open_object(writer, NULL);
	json_write_text(writer, "type", "text");
	json_write_text(writer, "text", text);
	json_close_object(writer);
	json_close_array(writer);
	mcp_close_result(call);
}

const char *fixture_argument(const struct mcp_call *call, const char *name)
{
	const char *value =
		text_member(object_member(call->message.params, "arguments", json_type_object), name);

	return value != NULL ? value : "";
}

static bool take_quietly(struct mcp_call *call, const char *method, const char *uri)
{
	if (strncmp(uri, "test://", 7) != 0 ||
		(strcmp(method, "resources/subscribe") != 0 && strcmp(method, "resources/unsubscribe") != 0))
		return false;
	fixture_result(call, "{}");
	return true;
}

static bool take_completion(struct mcp_call *call)
{
	const char *name = text_member(object_member(call->message.params, "ref", json_type_object), "name");

	if (name == NULL || strcmp(name, "test_prompt_with_arguments") != 0)
		return false;
	fixture_result(call, "{\"completion\":{\"values\":[\"testing\"],\"total\":1,\"hasMore\":false}}");
	return true;
}

static bool take(struct mcp_call *call)
{
	const char *method = call->message.method, *name = text_member(call->message.params, "name"),
		   *uri = text_member(call->message.params, "uri");

	if (strcmp(method, "tools/call") == 0 && name != NULL)
		return fixture_take_tool(call, name) || fixture_take_round(call, name);
	if (strcmp(method, "prompts/get") == 0 && name != NULL)
		return fixture_take_round(call, name) || fixture_take_prompt(call, name);
	if (strcmp(method, "resources/read") == 0 && uri != NULL)
		return fixture_take_resource(call, uri);
	if (strcmp(method, "completion/complete") == 0)
		return take_completion(call);
	return uri != NULL && take_quietly(call, method, uri);
}

const struct mcp_extension fixture_extension = { .open = open_fixture,
	.write_tools = fixture_write_tools,
	.write_prompts = fixture_write_prompts,
	.write_resources = fixture_write_resources,
	.write_templates = fixture_write_templates,
	.take = take,
	.forget = forget,
	.on_response = on_response };
