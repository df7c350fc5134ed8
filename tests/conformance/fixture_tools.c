/* The tools of one round. */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "frontend/mcp/mcp.h"
#include "frontend/mcp/session.h"
#include "tests/conformance/fixture.h"

#define STEP_MS 50

#define PNG "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mP4z8AAAAMBAQD3A0FDAAAAAElFTkSuQmCC"
#define WAV "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA="

#define TEXT(text)  "{\"type\":\"text\",\"text\":\"" text "\"}"
#define IMAGE       "{\"type\":\"image\",\"data\":\"" PNG "\",\"mimeType\":\"image/png\"}"
#define CONTENT(of) "{\"content\":[" of "]}"

const char fixture_png[] = PNG, fixture_wav[] = WAV;

/* answered at once */
static const struct {
	const char *name, *result;
} fixed[] = {
	{ "test_simple_text", CONTENT(TEXT("This is a simple text response for testing.")) },
	{ "test_image_content", CONTENT(IMAGE) },
	{ "test_audio_content",
		CONTENT("{\"type\":\"audio\",\"data\":\"" WAV "\",\"mimeType\":\"audio/wav\"}") },
	{ "test_embedded_resource",
		CONTENT("{\"type\":\"resource\",\"resource\":{\"uri\":\"test://"
			"embedded-resource\",\"mimeType\":"
			"\"text/plain\",\"text\":\"This is an embedded resource content.\"}}") },
	{ "test_multiple_content_types",
		CONTENT(TEXT("Multiple content types test:") "," IMAGE
							     ",{\"type\":\"resource\",\"resource\":{\"uri\":"
							     "\"test://mixed-content-resource\","
							     "\"mimeType\":\"application/"
							     "json\",\"text\":\"{\\\"test\\\":\\\"data\\\","
							     "\\\"value\\\":123}\"}}") },
	{ "test_error_handling",
		"{\"content\":[" TEXT(
			"This tool intentionally returns an error for testing") "],\"isError\":true}" },
	{ "test_logging_tool", CONTENT(TEXT("Nothing was logged: no logLevel was asked for.")) },
	{ "json_schema_2020_12_tool", CONTENT(TEXT("ok")) },
};

static void say_log(struct mcp_call *call, const char *text)
{
	char params[160];

	if (call->session != NULL && call->session->log_level > LOG_LEVEL_DEFAULT)
		return;
	snprintf(params, sizeof(params), "{\"level\":\"info\",\"data\":\"%s\"}", text);
	mcp_say(call, "notifications/message", params);
}

static void log_third(struct mcp_call *call)
{
	say_log(call, "Tool execution completed");
	fixture_text(call, "Logged three times.");
}

static void log_second(struct mcp_call *call)
{
	say_log(call, "Tool processing data");
	fixture_after(call, STEP_MS, log_third);
}

static void log_first(struct mcp_call *call)
{
	say_log(call, "Tool execution started");
	fixture_after(call, STEP_MS, log_second);
}

static void say_progress(struct mcp_call *call, int progress)
{
	struct json_object *token;
	char params[512];

	if (!json_object_object_get_ex(call->message.meta, "progressToken", &token))
		return;
	snprintf(params, sizeof(params), "{\"progressToken\":%.300s,\"progress\":%d,\"total\":100}",
		json_object_to_json_string(token), progress);
	mcp_say(call, "notifications/progress", params);
}

static void progress_third(struct mcp_call *call)
{
	say_progress(call, 100);
	fixture_text(call, "Progressed.");
}

static void progress_second(struct mcp_call *call)
{
	say_progress(call, 50);
	fixture_after(call, STEP_MS, progress_third);
}

static void progress_first(struct mcp_call *call)
{
	say_progress(call, 0);
	fixture_after(call, STEP_MS, progress_second);
}

/* asking the client back */

static void finish_sampling(struct mcp_call *call)
{
	const char *text =
		text_member(object_member(fixture_response(call), "content", json_type_object), "text");
	CLEANUP(freep) char *answer = NULL;

	if (asprintf(&answer, "LLM response: %s", text != NULL ? text : "none") >= 0)
		fixture_text(call, answer);
}

static void ask_sampling(struct mcp_call *call)
{
	struct json_object *prompt = json_object_new_string(fixture_argument(call, "prompt"));
	CLEANUP(freep) char *params = NULL;

	if (asprintf(&params,
		    "{\"messages\":[{\"role\":\"user\",\"content\":{\"type\":\"text\",\"text\":%s}}],"
		    "\"maxTokens\":100}",
		    json_object_to_json_string(prompt)) >= 0)
		fixture_ask_client(call, "sampling/createMessage", params, finish_sampling);
	json_object_put(prompt);
}

static void finish_elicitation(struct mcp_call *call)
{
	struct json_object *response = fixture_response(call);
	const char *action = text_member(response, "action");
	struct json_object *content = object_member(response, "content", json_type_object);
	CLEANUP(freep) char *answer = NULL;

	if (asprintf(&answer, "Elicitation completed: action=%s, content=%s",
		    action != NULL ? action : "none", json_object_to_json_string(content)) >= 0)
		fixture_text(call, answer);
}

static void elicit(struct mcp_call *call, const char *message, const char *properties, const char *required)
{
	struct json_object *text = json_object_new_string(message);
	CLEANUP(freep) char *params = NULL;

	if (asprintf(&params,
		    "{\"message\":%s,\"requestedSchema\":{\"type\":\"object\",\"properties\":{%s},"
		    "\"required\":[%s]}}",
		    json_object_to_json_string(text), properties, required) >= 0)
		fixture_ask_client(call, "elicitation/create", params, finish_elicitation);
	json_object_put(text);
}

static void elicit_user(struct mcp_call *call)
{
	elicit(call, fixture_argument(call, "message"),
		"\"username\":{\"type\":\"string\",\"description\":\"User's response\"},"
		"\"email\":{\"type\":\"string\",\"description\":\"User's email address\"}",
		"\"username\",\"email\"");
}

static void elicit_defaults(struct mcp_call *call)
{
	elicit(call, "Every kind of default",
		"\"name\":{\"type\":\"string\",\"default\":\"John Doe\"},"
		"\"age\":{\"type\":\"integer\",\"default\":30},"
		"\"score\":{\"type\":\"number\",\"default\":95.5},"
		"\"status\":{\"type\":\"string\",\"enum\":[\"active\",\"inactive\",\"pending\"],\"default\":"
		"\"active\"},"
		"\"verified\":{\"type\":\"boolean\",\"default\":true}",
		"");
}

#define OPTIONS "[\"option1\",\"option2\",\"option3\"]"
#define TITLED(a)                                                                                            \
	"[{\"const\":\"value1\",\"title\":\"First " a "\"},{\"const\":\"value2\",\"title\":\"Second " a "\"" \
	"}]"

static void elicit_enums(struct mcp_call *call)
{
	elicit(call, "Every kind of choice",
		"\"untitledSingle\":{\"type\":\"string\",\"enum\":" OPTIONS "},"
		"\"titledSingle\":{\"type\":\"string\",\"oneOf\":" TITLED(
			"Option") "},"
				  "\"legacyEnum\":{\"type\":\"string\",\"enum\":[\"opt1\",\"opt2\",\"opt3\"],"
				  "\"enumNames\":[\"Option One\",\"Option Two\",\"Option Three\"]},"
				  "\"untitledMulti\":{\"type\":\"array\",\"items\":{\"type\":\"string\","
				  "\"enum\":" OPTIONS "}},"
				  "\"titledMulti\":{\"type\":\"array\",\"items\":{\"anyOf\":" TITLED(
					  "Choice") "}}",
		"");
}

/* the stream is closed in mid-call; the answer waits for whoever comes back for it */

static void finish_reconnection(struct mcp_call *call)
{
	fixture_text(call, "Reconnected.");
}

static void cut(struct mcp_call *call)
{
	call->sink->cut(call->sink);
	fixture_after(call, STEP_MS, finish_reconnection);
}

static void begin_reconnection(struct mcp_call *call)
{
	say_log(call, "the stream is about to close");
	fixture_after(call, STEP_MS, cut);
}

/* the newest revision */

static void need_sampling(struct mcp_call *call)
{
	struct json_object *capabilities =
		object_member(call->message.meta, META_CAPABILITIES, json_type_object);

	if (object_member(capabilities, "sampling", json_type_object) != NULL)
		fixture_text(call, "The client can sample.");
	else
		mcp_fail(call, 400, MCP_MISSING_CAPABILITY, "this tool needs sampling",
			"{\"requiredCapabilities\":{\"sampling\":{}}}");
}

static void change_tools(struct mcp_call *call)
{
	fixture_list_changed(call->mcp, "tools");
	fixture_text(call, "The list of tools changed.");
}

static void change_prompts(struct mcp_call *call)
{
	fixture_list_changed(call->mcp, "prompts");
	fixture_text(call, "The list of prompts changed.");
}

static const struct {
	const char *name;
	fixture_step_fn *begin;
} running[] = {
	{ "test_tool_with_logging", log_first },
	{ "test_tool_with_progress", progress_first },
	{ "test_sampling", ask_sampling },
	{ "test_elicitation", elicit_user },
	{ "test_elicitation_sep1034_defaults", elicit_defaults },
	{ "test_elicitation_sep1330_enums", elicit_enums },
	{ "test_reconnection", begin_reconnection },
	{ "test_missing_capability", need_sampling },
	{ "test_trigger_tool_change", change_tools },
	{ "test_trigger_prompt_change", change_prompts },
};

bool fixture_take_tool(struct mcp_call *call, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(fixed); i++)
		if (strcmp(fixed[i].name, name) == 0) {
			fixture_result(call, fixed[i].result);
			return true;
		}
	for (size_t i = 0; i < ARRAY_SIZE(running); i++)
		if (strcmp(running[i].name, name) == 0) {
			running[i].begin(call);
			return true;
		}
	return false;
}
