#include "frontend/openapi.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "ipc/tools.h"

#define FORM_TYPE   "application/x-www-form-urlencoded"
#define JSON_TYPE   "application/json"
#define REF(name)   "#/components/" name
#define LANGUAGES   2
#define PLAIN_FLAGS (JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)

static void add(struct json_object *object, const char *key, struct json_object *value)
{
	json_object_object_add(object, key, value);
}

static void add_text(struct json_object *object, const char *key, const char *text)
{
	add(object, key, json_object_new_string(text));
}

/* A new object that becomes a member. */
static struct json_object *add_object(struct json_object *object, const char *key)
{
	struct json_object *member = json_object_new_object();

	add(object, key, member);
	return member;
}

static struct json_object *text_list(const char *text)
{
	struct json_object *list = json_object_new_array();

	json_object_array_add(list, json_object_new_string(text));
	return list;
}

static struct json_object *reference(const char *to)
{
	struct json_object *object = json_object_new_object();

	add_text(object, "$ref", to);
	return object;
}

static bool is_korean(const char *lang)
{
	return strcmp(lang, "ko") == 0;
}

static void add_content(struct json_object *of, const char *type, struct json_object *schema)
{
	struct json_object *content;

	if (!json_object_object_get_ex(of, "content", &content))
		content = add_object(of, "content");
	add(add_object(content, type), "schema", schema);
}

/* Only what must be given: a form filled with every default would ask for a namespace called "string". */
static struct json_object *example_of(const struct tool *tool)
{
	struct json_object *example = json_object_new_object();

	for (size_t i = 0; i < tool->argument_count; i++) {
		const struct tool_argument *argument = &tool->arguments[i];
		if (!argument->required)
			continue;
		if (argument->choices[0] != '\0')
			add(example, argument->name,
				json_object_new_string_len(
					argument->choices, (int)strcspn(argument->choices, "|")));
		else if (strcmp(argument->type, "string") == 0)
			add_text(example, argument->name, "app");
		else if (strcmp(argument->type, "strings") == 0)
			add(example, argument->name, text_list("app"));
		else
			add(example, argument->name, json_object_new_int(100));
	}
	return example;
}

/* Swagger UI fills a field with the default and sends all of them: none here, so that the configured defaults hold (docs.js
 * leaves empty what may be left out); what must be given begins with the example. */
static struct json_object *form_schema(const struct tool *tool, const char *lang)
{
	struct json_object *schema = tool_input_schema(tool, lang), *example = example_of(tool), *properties,
			   *property, *value;

	json_object_object_get_ex(schema, "properties", &properties);
	for (size_t i = 0; i < tool->argument_count; i++) {
		const struct tool_argument *argument = &tool->arguments[i];
		json_object_object_get_ex(properties, argument->name, &property);
		if (json_object_object_get_ex(example, argument->name, &value))
			add(property, "example", json_object_get(value));
		json_object_object_del(property, "default");
	}
	json_object_put(example);
	return schema;
}

static void add_body(struct json_object *operation, const struct tool *tool, const char *lang)
{
	struct json_object *body = add_object(operation, "requestBody"), *content, *json;

	/* the form first: Swagger UI shows the first one, with a field for each argument */
	add_content(body, FORM_TYPE, form_schema(tool, lang));
	add_content(body, JSON_TYPE, tool_input_schema(tool, lang));
	json_object_object_get_ex(body, "content", &content);
	json_object_object_get_ex(content, JSON_TYPE, &json);
	add(json, "example", example_of(tool));
}

static void add_responses(struct json_object *operation, struct json_object *schema)
{
	struct json_object *responses = add_object(operation, "responses"),
			   *ok = add_object(responses, "200");

	add_text(ok, "description", "The answer.");
	add_content(ok, JSON_TYPE, schema);
	add(responses, "default", reference(REF("responses/Error")));
}

static void add_tool(struct json_object *paths, const struct tool *tool, const char *folder, const char *lang)
{
	char path[96], id[96];
	struct json_object *item, *post, *get, *schema = json_object_new_object();

	snprintf(path, sizeof(path), "/%s/%s", folder, tool->name);
	item = add_object(paths, path);
	post = add_object(item, "post");
	add_text(post, "operationId", tool->name);
	add(post, "tags", text_list(folder));
	add_text(post, "summary", is_korean(lang) ? tool->title_ko : tool->title_en);
	add_text(post, "description", is_korean(lang) ? tool->text_ko : tool->text_en);
	add_body(post, tool, lang);
	add_responses(post, tool_output_schema(tool, lang));
	get = add_object(item, "get");
	snprintf(id, sizeof(id), "describe_%s", tool->name);
	add_text(get, "operationId", id);
	add(get, "tags", text_list("descriptions"));
	add_text(get, "summary",
		is_korean(lang) ? "인수와 답의 스키마" : "Its arguments and its answer, as schemas");
	add_text(schema, "type", "object");
	add_responses(get, schema);
}

static const struct {
	const char *path, *id, *type, *text_en, *text_ko;
} plain_pages[] = {
	{ "/tools", "list_tools", JSON_TYPE, "All tools with their schemas", "모든 도구와 스키마" },
	{ "/reasons", "list_reasons", JSON_TYPE, "What every reason and error code means",
		"이유와 오류 코드의 뜻" },
	{ "/openapi.json", "openapi", JSON_TYPE, "This document", "이 문서" },
	{ "/llms.txt", "llms", "text/plain", "The same in words, for language models",
		"언어 모델을 위한 설명" },
	{ "/events", "events", "text/event-stream",
		"The dashboard's feed: events power, summary and trouble, for as long as the connection "
		"lasts",
		"대시보드가 쓰는 이벤트: power, summary, trouble" },
	{ "/healthz", "healthz", "text/plain", "The process lives", "프로세스가 살아 있음" },
	{ "/readyz", "readyz", "text/plain", "It can answer", "답할 수 있음" },
};

static void add_plain_pages(struct json_object *paths, const char *lang)
{
	for (size_t i = 0; i < sizeof(plain_pages) / sizeof(plain_pages[0]); i++) {
		struct json_object *get = add_object(add_object(paths, plain_pages[i].path), "get");
		struct json_object *responses, *ok, *schema = json_object_new_object();
		add_text(get, "operationId", plain_pages[i].id);
		add(get, "tags", text_list("descriptions"));
		add_text(get, "summary", is_korean(lang) ? plain_pages[i].text_ko : plain_pages[i].text_en);
		responses = add_object(get, "responses");
		ok = add_object(responses, "200");
		add_text(ok, "description", "As said above.");
		add_text(schema, "type", strcmp(plain_pages[i].type, JSON_TYPE) == 0 ? "object" : "string");
		add_content(ok, plain_pages[i].type, schema);
		add(responses, "default", reference(REF("responses/Error")));
	}
}

static void describe_error(struct json_object *schemas)
{
	static const char *const texts[] = { "message", "hint", "field" };
	struct json_object *schema = add_object(schemas, "Error"), *error, *properties, *list, *codes;

	add_text(schema, "type", "object");
	add(schema, "required", text_list("error"));
	error = add_object(add_object(schema, "properties"), "error");
	add_text(error, "type", "object");
	list = text_list("code");
	json_object_array_add(list, json_object_new_string("message"));
	json_object_array_add(list, json_object_new_string("hint"));
	add(error, "required", list);
	properties = add_object(error, "properties");
	codes = json_object_new_array();
	for (int i = 0; i < ERROR_CODE_COUNT; i++)
		json_object_array_add(codes, json_object_new_string(error_name((enum error_code)i)));
	list = add_object(properties, "code");
	add_text(list, "type", "string");
	add(list, "enum", codes);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		add_text(add_object(properties, texts[i]), "type", "string");
	list = add_object(properties, "candidates");
	add_text(list, "type", "array");
	add_text(add_object(list, "items"), "type", "string");
	add_text(add_object(properties, "retry_after_s"), "type", "integer");
}

static void add_components(struct json_object *root)
{
	struct json_object *components = add_object(root, "components"), *error, *schemes, *bearer, *client;

	describe_error(add_object(components, "schemas"));
	error = add_object(add_object(components, "responses"), "Error");
	add_text(error, "description", "What is wrong, and the remedy. Codes: docs/tools.md.");
	add_content(error, JSON_TYPE, reference(REF("schemas/Error")));
	schemes = add_object(components, "securitySchemes");
	bearer = add_object(schemes, "bearer");
	add_text(bearer, "type", "http");
	add_text(bearer, "scheme", "bearer");
	client = add_object(schemes, "client_certificate");
	add_text(client, "type", "mutualTLS");
}

/* None is needed where the server asks for none: on loopback, as shipped. */
static void add_security(struct json_object *root)
{
	static const char *const schemes[] = { "bearer", "client_certificate" };
	struct json_object *list = json_object_new_array(), *one;

	json_object_array_add(list, json_object_new_object());
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		one = json_object_new_object();
		add(one, schemes[i], json_object_new_array());
		json_object_array_add(list, one);
	}
	add(root, "security", list);
}

static void add_tags(struct json_object *root, const char *lang)
{
	static const struct {
		const char *name, *en, *ko;
	} tags[] = { { "tools", "Questions, each with one answer", "질문과 답" },
		{ "views", "Rows of numbers for pictures", "차트용 데이터" },
		{ "descriptions", "What there is", "설명과 목록" } };
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		struct json_object *tag = json_object_new_object();
		add_text(tag, "name", tags[i].name);
		add_text(tag, "description", is_korean(lang) ? tags[i].ko : tags[i].en);
		json_object_array_add(list, tag);
	}
	add(root, "tags", list);
}

static struct json_object *describe_server(const char *lang)
{
	struct json_object *root = json_object_new_object(), *info, *licence, *paths, *server, *servers;

	add_text(root, "openapi", "3.1.0");
	info = add_object(root, "info");
	add_text(info, "title", "tanso");
	add_text(info, "version", TANSO_VERSION);
	add_text(info, "description",
		is_korean(lang)
			? "워크로드마다 전력을 얼마나 쓰는지, 한국의 탄소집약도와 PUE 기준을 충족하는지 "
			  "답합니다. 인수는 폼이나 JSON 객체로 보냅니다. 모르는 필드는 생략됩니다."
			: "How much power every workload draws, and whether it meets the Korean "
			  "carbon intensity and PUE benchmarks. Arguments come as a form or as a JSON "
			  "object; fields that are not known are left out of answers.");
	licence = add_object(info, "license");
	add_text(licence, "name", "Apache-2.0");
	add_text(licence, "identifier", "Apache-2.0");
	servers = json_object_new_array();
	server = json_object_new_object();
	add_text(server, "url", "/");
	json_object_array_add(servers, server);
	add(root, "servers", servers);
	add_tags(root, lang);
	paths = add_object(root, "paths");
	for (size_t i = 0; i < tool_count; i++)
		add_tool(paths, &tools[i], "tools", lang);
	for (size_t i = 0; i < view_count; i++)
		add_tool(paths, &views[i], "views", lang);
	add_plain_pages(paths, lang);
	add_components(root);
	add_security(root);
	return root;
}

const char *openapi_document(const char *lang, size_t *ret_size)
{
	static struct json_object *documents[LANGUAGES]; /* json-c keeps the text with the object */
	bool korean = is_korean(lang);

	if (documents[korean] == NULL)
		documents[korean] = describe_server(lang);
	return json_object_to_json_string_length(documents[korean], PLAIN_FLAGS, ret_size);
}

static struct json_object *describe_reasons(const char *lang)
{
	struct json_object *root = json_object_new_object(), *reasons = add_object(root, "reasons"),
			   *labels = add_object(root, "labels"), *errors = add_object(root, "errors");

	for (int i = 0; i < REASON_CODE_COUNT; i++) {
		enum reason_code code = (enum reason_code)i;
		add_text(reasons, reason_name(code), reason_text(code, lang));
		add_text(labels, reason_name(code), reason_label(code, lang));
	}
	for (int i = 0; i < ERROR_CODE_COUNT; i++)
		add_text(errors, error_name((enum error_code)i), error_text((enum error_code)i, lang));
	return root;
}

const char *openapi_reasons(const char *lang, size_t *ret_size)
{
	static struct json_object *lists[LANGUAGES];
	bool korean = is_korean(lang);

	if (lists[korean] == NULL)
		lists[korean] = describe_reasons(lang);
	return json_object_to_json_string_length(lists[korean], PLAIN_FLAGS, ret_size);
}

static void write_llms(FILE *out, bool korean)
{
	fputs(korean ? "# tanso (탄소)\n\n> 이 서버는 리눅스 호스트의 워크로드마다 전력(W)을 재고, 한국의 "
		       "탄소집약도(424 gCO2eq/kWh)와 PUE(1.4) 기준을 충족하는지 이유와 함께 답합니다.\n\n"
		       "기준은 참고값이며 법정 한도가 아닙니다. 모든 수에는 출처(provenance)와 이유 "
		       "코드(reason_codes)가 따릅니다. 모르는 필드는 생략되고 null은 없습니다.\n\n"
		       "## 요청 방법\n\n- `POST /tools/<name>`: 인수는 JSON 객체 또는 폼, 답은 JSON 객체\n"
		       "- MCP: `/mcp` (Streamable HTTP)\n"
		       "- 언어: 인수 `lang` (`ko`, `en`) 또는 Accept-Language\n\n## 도구\n\n"
		     : "# tanso\n\n> This server measures the watts of every workload of a Linux host and "
		       "says "
		       "whether each meets the Korean carbon intensity (424 gCO2eq/kWh) and PUE (1.4) "
		       "benchmarks, and why.\n\nThe benchmarks are references, no statutory limits. Every "
		       "number comes with its source (provenance) and its limits (reason_codes). Fields that "
		       "are not known are left out; there is no null.\n\n## How to ask\n\n- `POST "
		       "/tools/<name>`: a JSON object or a form of arguments in, a JSON object out\n- MCP: "
		       "`/mcp` (Streamable HTTP)\n- Language of prose: argument `lang` (`ko`, `en`) or "
		       "Accept-Language\n\n## Tools\n\n",
		out);
	for (size_t i = 0; i < tool_count; i++)
		fprintf(out, "- [%s](/tools/%s): %s\n", tools[i].name, tools[i].name,
			korean ? tools[i].text_ko : tools[i].text_en);
	fputs(korean ? "\n## 그 밖에\n\n- [OpenAPI 3.1](/openapi.json)\n- [코드의 뜻](/reasons)\n- [API 시험 "
		       "페이지](/docs)\n- [대시보드](/)\n"
		     : "\n## More\n\n- [OpenAPI 3.1](/openapi.json)\n- [Meaning of the codes](/reasons)\n- "
		       "[A page "
		       "to try them](/docs)\n- [Dashboard](/)\n",
		out);
}

const char *openapi_llms(const char *lang, size_t *ret_size)
{
	static char *texts[LANGUAGES];
	static size_t sizes[LANGUAGES];
	bool korean = is_korean(lang);

	if (texts[korean] == NULL) {
		FILE *out = open_memstream(&texts[korean], &sizes[korean]);
		if (out == NULL)
			return NULL;
		write_llms(out, korean);
		if (fclose(out) != 0)
			return NULL;
	}
	*ret_size = sizes[korean];
	return texts[korean];
}
