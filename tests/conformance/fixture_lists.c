/* What the lists show, and the prompts and resources. */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "frontend/mcp/mcp.h"
#include "tests/conformance/fixture.h"

#define NO_ARGUMENTS "{\"type\":\"object\",\"additionalProperties\":false}"
#define ONE_TEXT(name)                                                                                       \
	"{\"type\":\"object\",\"properties\":{\"" name "\":{\"type\":\"string\"}},\"required\":[\"" name     \
	"\"]}"
#define SCHEMA_2020_12                                                                                       \
	"{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"type\":\"object\",\"$defs\":{"      \
	"\"address\":{\"$anchor\":\"addressDef\",\"type\":\"object\",\"properties\":{\"street\":{\"type\":"  \
	"\"string\"},\"city\":{\"type\":\"string\"}}}},\"properties\":{\"name\":{\"type\":\"string\"},"      \
	"\"address\":{\"$ref\":\"#/$defs/address\"},\"contactMethod\":{\"type\":\"string\",\"enum\":["       \
	"\"phone\",\"email\"]},\"phone\":{\"type\":\"string\"},\"email\":{\"type\":\"string\"}},\"allOf\":[" \
	"{\"anyOf\":[{\"required\":[\"phone\"]},{\"required\":[\"email\"]}]}],\"if\":{\"properties\":{"      \
	"\"contactMethod\":{\"const\":\"phone\"}},\"required\":[\"contactMethod\"]},\"then\":{\"required\":" \
	"[\"phone\"]},\"else\":{\"required\":[\"email\"]},\"additionalProperties\":false}"

static const struct {
	const char *name, *schema;
} tool_rows[] = {
	{ "test_simple_text", NO_ARGUMENTS },
	{ "test_image_content", NO_ARGUMENTS },
	{ "test_audio_content", NO_ARGUMENTS },
	{ "test_embedded_resource", NO_ARGUMENTS },
	{ "test_multiple_content_types", NO_ARGUMENTS },
	{ "test_error_handling", NO_ARGUMENTS },
	{ "test_logging_tool", NO_ARGUMENTS },
	{ "test_tool_with_logging", NO_ARGUMENTS },
	{ "test_tool_with_progress", NO_ARGUMENTS },
	{ "test_sampling", ONE_TEXT("prompt") },
	{ "test_elicitation", ONE_TEXT("message") },
	{ "test_elicitation_sep1034_defaults", NO_ARGUMENTS },
	{ "test_elicitation_sep1330_enums", NO_ARGUMENTS },
	{ "test_reconnection", NO_ARGUMENTS },
	{ "test_missing_capability", NO_ARGUMENTS },
	{ "test_streaming_elicitation", NO_ARGUMENTS },
	{ "test_trigger_tool_change", NO_ARGUMENTS },
	{ "test_trigger_prompt_change", NO_ARGUMENTS },
	{ "test_input_required_result_elicitation", NO_ARGUMENTS },
	{ "test_input_required_result_sampling", NO_ARGUMENTS },
	{ "test_input_required_result_list_roots", NO_ARGUMENTS },
	{ "test_input_required_result_request_state", NO_ARGUMENTS },
	{ "test_input_required_result_tampered_state", NO_ARGUMENTS },
	{ "test_input_required_result_multiple_inputs", NO_ARGUMENTS },
	{ "test_input_required_result_multi_round", NO_ARGUMENTS },
	{ "test_input_required_result_capabilities", NO_ARGUMENTS },
	{ "json_schema_2020_12_tool", SCHEMA_2020_12 },
};

void fixture_write_tools(struct json_writer *writer)
{
	for (size_t i = 0; i < ARRAY_SIZE(tool_rows); i++) {
		json_open_object(writer, NULL);
		json_write_text(writer, "name", tool_rows[i].name);
		json_write_text(writer, "description", "A tool of the conformance suite.");
		json_write_raw(writer, "inputSchema", tool_rows[i].schema, strlen(tool_rows[i].schema));
		json_close_object(writer);
	}
}

static const struct {
	const char *name, *arguments[2];
} prompt_rows[] = {
	{ "test_simple_prompt", { NULL, NULL } },
	{ "test_prompt_with_arguments", { "arg1", "arg2" } },
	{ "test_prompt_with_embedded_resource", { "resourceUri", NULL } },
	{ "test_prompt_with_image", { NULL, NULL } },
	{ "test_input_required_result_prompt", { NULL, NULL } },
};

void fixture_write_prompts(struct json_writer *writer)
{
	for (size_t i = 0; i < ARRAY_SIZE(prompt_rows); i++) {
		json_open_object(writer, NULL);
		json_write_text(writer, "name", prompt_rows[i].name);
		json_write_text(writer, "description", "A prompt of the conformance suite.");
		json_open_array(writer, "arguments");
		for (size_t j = 0; j < 2 && prompt_rows[i].arguments[j] != NULL; j++) {
			json_open_object(writer, NULL);
			json_write_text(writer, "name", prompt_rows[i].arguments[j]);
			json_write_text(writer, "description", "A test argument.");
			json_write_boolean(writer, "required", true);
			json_close_object(writer);
		}
		json_close_array(writer);
		json_close_object(writer);
	}
}

static const struct {
	const char *uri, *type, *key, *value;
} resource_rows[] = {
	{ "test://static-text", "text/plain", "text", "This is the content of the static text resource." },
	{ "test://static-binary", "image/png", "blob", fixture_png },
	{ "test://watched-resource", "text/plain", "text", "Watched." },
};

void fixture_write_resources(struct json_writer *writer)
{
	for (size_t i = 0; i < ARRAY_SIZE(resource_rows); i++) {
		json_open_object(writer, NULL);
		json_write_text(writer, "uri", resource_rows[i].uri);
		json_write_text(writer, "name", resource_rows[i].uri + strlen("test://"));
		json_write_text(writer, "description", "A resource of the conformance suite.");
		json_write_text(writer, "mimeType", resource_rows[i].type);
		json_close_object(writer);
	}
}

void fixture_write_templates(struct json_writer *writer)
{
	static const char row[] =
		"{\"uriTemplate\":\"test://template/{id}/data\",\"name\":\"template\",\"description\":"
		"\"A template of the conformance suite.\",\"mimeType\":\"application/json\"}";

	json_write_raw(writer, NULL, row, sizeof(row) - 1);
}

static void answer_contents(
	struct mcp_call *call, const char *uri, const char *type, const char *key, const char *value)
{
	struct json_writer *writer = mcp_open_result(call);

	json_open_array(writer, "contents");
	json_open_object(writer, NULL);
	json_write_text(writer, "uri", uri);
	json_write_text(writer, "mimeType", type);
	json_write_text(writer, key, value);
	json_close_object(writer);
	json_close_array(writer);
	mcp_write_cache(call, 0, false);
	mcp_close_result(call);
}

bool fixture_take_resource(struct mcp_call *call, const char *uri)
{
	char id[64] = "", text[256];

	for (size_t i = 0; i < ARRAY_SIZE(resource_rows); i++)
		if (strcmp(resource_rows[i].uri, uri) == 0) {
			answer_contents(call, uri, resource_rows[i].type, resource_rows[i].key,
				resource_rows[i].value);
			return true;
		}
	if (sscanf(uri, "test://template/%63[^/]/data", id) != 1)
		return false;
	snprintf(text, sizeof(text), "{\"id\":\"%s\",\"templateTest\":true,\"data\":\"Data for ID: %s\"}", id,
		id);
	answer_contents(call, uri, "application/json", "text", text);
	return true;
}

static void answer_prompt(struct mcp_call *call, const char *first, const char *second)
{
	struct json_writer *writer = mcp_open_result(call);

	json_open_array(writer, "messages");
	for (int i = 0; i < 2; i++) {
		const char *content = i == 0 ? first : second;
		if (content == NULL)
			continue;
		json_open_object(writer, NULL);
		json_write_text(writer, "role", "user");
		json_write_raw(writer, "content", content, strlen(content));
		json_close_object(writer);
	}
	json_close_array(writer);
	mcp_close_result(call);
}

#define TEXT(text) "{\"type\":\"text\",\"text\":\"" text "\"}"

bool fixture_take_prompt(struct mcp_call *call, const char *name)
{
	CLEANUP(freep) char *content = NULL;
	int size = 0;

	if (strcmp(name, "test_simple_prompt") == 0) {
		answer_prompt(call, TEXT("This is a simple prompt for testing."), NULL);
		return true;
	}
	if (strcmp(name, "test_prompt_with_arguments") == 0)
		size = asprintf(&content, TEXT("Prompt with arguments: arg1='%.100s', arg2='%.100s'"),
			fixture_argument(call, "arg1"), fixture_argument(call, "arg2"));
	else if (strcmp(name, "test_prompt_with_embedded_resource") == 0)
		size = asprintf(&content,
			"{\"type\":\"resource\",\"resource\":{\"uri\":\"%.200s\",\"mimeType\":\"text/plain\","
			"\"text\":\"Embedded resource content for testing.\"}}",
			fixture_argument(call, "resourceUri"));
	else if (strcmp(name, "test_prompt_with_image") == 0)
		size = asprintf(&content, "{\"type\":\"image\",\"data\":\"%s\",\"mimeType\":\"image/png\"}",
			fixture_png);
	if (size <= 0)
		return false;
	answer_prompt(call, content,
		strstr(name, "embedded") != NULL ? TEXT("Please process the embedded resource above.")
		: strstr(name, "image") != NULL  ? TEXT("Please analyze the image above.")
						 : NULL);
	return true;
}
