/* prompts/list and prompts/get */
#include "frontend/mcp/prompts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "frontend/mcp/mcp.h"

#define LIST_TTL_MS 3600000
#define VALUE_MAX   512 /* bytes of an argument */

#define IS_required true
#define IS_optional false

#define PROMPT(name, ...)                          static const struct prompt_argument name##_arguments[] = {
#define ARG(prompt, name, need, completes, en, ko) { #name, IS_##need, completes, { en, ko } },
#define ENDPROMPT(name)                                                                                      \
	}                                                                                                    \
	;
#include "frontend/mcp/prompts.def"

const struct prompt prompts[] = {
#define PROMPT(name, title_en, title_ko, text_en, text_ko, body_en, body_ko)                                 \
	{ #name, { title_en, title_ko }, { text_en, text_ko }, { body_en, body_ko }, name##_arguments,       \
		ARRAY_SIZE(name##_arguments) },
#include "frontend/mcp/prompts.def"
};
const size_t prompt_count = ARRAY_SIZE(prompts);

const struct prompt *prompt_find(const char *name)
{
	for (size_t i = 0; i < prompt_count; i++)
		if (strcmp(prompts[i].name, name) == 0)
			return &prompts[i];
	return NULL;
}

/* filling in */

struct scan {
	prompt_value_fn *value;
	void *context;
	FILE *out;
};

/* {name} at *at: its value, NULL where there is none; *at moves behind it. */
static const char *read_variable(const struct scan *scan, const char **at)
{
	size_t size = strcspn(*at + 1, "}");
	const char *value = scan->value(scan->context, *at + 1, size);

	*at += size + 2;
	return value;
}

static void put_text(const struct scan *scan, const char *at, const char *end)
{
	while (at < end) {
		if (*at == '{') {
			const char *value = read_variable(scan, &at);
			fputs(value != NULL ? value : "", scan->out);
		} else {
			fputc(*at++, scan->out);
		}
	}
}

static void put_optional(const struct scan *scan, const char *at, const char *end)
{
	const char *variable = memchr(at, '{', (size_t)(end - at));

	if (variable != NULL && read_variable(scan, &variable) != NULL)
		put_text(scan, at, end);
}

char *prompt_fill(const char *body, prompt_value_fn *value, void *context)
{
	char *text = NULL;
	size_t size = 0;
	struct scan scan = { value, context, open_memstream(&text, &size) };

	if (scan.out == NULL)
		return NULL;
	while (*body != '\0') {
		size_t plain = strcspn(body, "[");
		put_text(&scan, body, body + plain);
		body += plain;
		if (*body == '[') {
			size_t optional = strcspn(body, "]");
			put_optional(&scan, body + 1, body + optional);
			body += optional + 1;
		}
	}
	bool is_bad = ferror(scan.out) != 0;
	if (fclose(scan.out) != 0 || is_bad)
		free(TAKE(text));
	return text;
}

/* methods */

static int language_of(const struct mcp_call *call)
{
	return strcmp(call->lang, "ko") == 0;
}

static void write_prompt(struct json_writer *writer, const struct prompt *prompt, int language)
{
	json_open_object(writer, NULL);
	json_write_text(writer, "name", prompt->name);
	json_write_text(writer, "title", prompt->title[language]);
	json_write_text(writer, "description", prompt->text[language]);
	json_open_array(writer, "arguments");
	for (size_t i = 0; i < prompt->argument_count; i++) {
		json_open_object(writer, NULL);
		json_write_text(writer, "name", prompt->arguments[i].name);
		json_write_text(writer, "description", prompt->arguments[i].text[language]);
		json_write_boolean(writer, "required", prompt->arguments[i].required);
		json_close_object(writer);
	}
	json_close_array(writer);
	json_close_object(writer);
}

void mcp_prompts_list(struct mcp_call *call)
{
	if (mcp_refuse_cursor(call))
		return;
	struct json_writer *writer = mcp_open_result(call);
	json_open_array(writer, "prompts");
	for (size_t i = 0; i < prompt_count; i++)
		write_prompt(writer, &prompts[i], language_of(call));
	if (call->mcp->extension != NULL)
		call->mcp->extension->write_prompts(writer);
	json_close_array(writer);
	mcp_write_cache(call, LIST_TTL_MS, true);
	mcp_close_result(call);
}

static const char *value_of(void *context, const char *name, size_t size)
{
	char key[64];

	snprintf(key, sizeof(key), "%.*s", (int)size, name);
	const char *value = text_member(context, key);
	return value != NULL && value[0] != '\0' ? value : NULL;
}

/* Control characters could fake lines of the prompt: an argument is one short line. */
static bool is_line(const char *text)
{
	for (const char *at = text; *at != '\0'; at++)
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			return false;
	return strlen(text) <= VALUE_MAX;
}

static bool check(struct mcp_call *call, const struct prompt *prompt, struct json_object *arguments)
{
	char why[160];

	for (size_t i = 0; i < prompt->argument_count; i++) {
		const char *value = text_member(arguments, prompt->arguments[i].name);
		struct json_object *given = NULL; /* null = absent, as everywhere */
		json_object_object_get_ex(arguments, prompt->arguments[i].name, &given);
		bool is_absent =
			given == NULL || (value != NULL && value[0] == '\0'); /* a form's empty field */
		if (is_absent ? !prompt->arguments[i].required : value != NULL && is_line(value))
			continue;
		snprintf(why, sizeof(why), "argument %s must be a text of one line, 1 to %d bytes%s",
			prompt->arguments[i].name, VALUE_MAX,
			prompt->arguments[i].required ? "; it is required" : "");
		mcp_fail(call, 200, RPC_INVALID_PARAMS, why, NULL);
		return false;
	}
	return true;
}

void mcp_prompts_get(struct mcp_call *call)
{
	const char *name = text_member(call->message.params, "name");
	const struct prompt *prompt = name != NULL ? prompt_find(name) : NULL;
	struct json_object *arguments = object_member(call->message.params, "arguments", json_type_object);
	int language = language_of(call);

	if (prompt == NULL) {
		mcp_fail(call, 200, RPC_INVALID_PARAMS, "unknown prompt; prompts/list names those there are",
			NULL);
		return;
	}
	if (!check(call, prompt, arguments))
		return;
	CLEANUP(freep) char *text = prompt_fill(prompt->body[language], value_of, arguments);
	struct json_writer *writer = mcp_open_result(call);
	json_write_text(writer, "description", prompt->text[language]);
	json_open_array(writer, "messages");
	json_open_object(writer, NULL);
	json_write_text(writer, "role", "user");
	json_open_object(writer, "content");
	json_write_text(writer, "type", "text");
	json_write_text(writer, "text", text != NULL ? text : prompt->text[language]);
	json_close_object(writer);
	json_close_object(writer);
	json_close_array(writer);
	mcp_close_result(call);
}
