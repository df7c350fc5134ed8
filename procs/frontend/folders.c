#include "frontend/folders.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/nearest.h"
#include "frontend/form.h"
#include "frontend/guards.h"
#include "frontend/reply.h"
#include "ipc/tools.h"

/* Questions by name, and where they are asked. */
struct folder {
	const char *path;
	const struct tool *tools;
	const size_t *count;
	const struct tool *(*find)(const char *name, size_t size);
};

static const struct folder folders[] = { { "/tools/", tools, &tool_count, tool_find },
	{ "/views/", views, &view_count, view_find } };

/* A request that waits for the analyst; lives in the request's pool, so that a client who leaves takes it along. */
struct waiting {
	struct http *http;
	h2o_req_t *req;
	const struct principal *principal; /* lives as long as the request */
	int64_t ask;                       /* 0 = answered */
};

static void on_gone(void *object)
{
	struct waiting *waiting = object;

	if (waiting->ask > 0)
		asks_cancel(waiting->http->asks, waiting->ask);
}

static void on_answer(void *context, int code, const char *body, size_t size)
{
	struct waiting *waiting = context;

	waiting->ask = 0;
	if (code == 503)
		h2o_add_header_by_str(&waiting->req->pool, &waiting->req->res.headers,
			H2O_STRLIT("retry-after"), 0, NULL, H2O_STRLIT("1"));
	web_reply(waiting->req, code, REPLY_JSON, body, size);
}

/* Answers at once where the analyst cannot be asked. */
static void answer_refusal(struct waiting *waiting, int64_t reason)
{
	const char *lang = reply_language(waiting->http, waiting->req);
	struct error_object error = { .code = ERROR_BUSY, .retry_after_s = 1 };
	size_t size;

	if (reason == -ENOTCONN)
		error = asks_absent_error(lang);
	CLEANUP(freep) char *body = error_json(&error, lang, &size);
	on_answer(waiting, error_status(error.code), body != NULL ? body : "{}", body != NULL ? size : 2);
}

static struct waiting *new_waiting(struct http *http, h2o_req_t *req, const struct principal *principal)
{
	struct waiting *waiting = h2o_mem_alloc_shared(&req->pool, sizeof(*waiting), on_gone);

	*waiting = (struct waiting) { .http = http, .req = req, .principal = principal };
	return waiting;
}

static void ask(struct waiting *waiting, const char *tool, const char *arguments, size_t size)
{
	int64_t id = asks_submit(waiting->http->asks, waiting->principal->namespaces, tool, arguments, size,
		reply_language(waiting->http, waiting->req), on_answer, waiting);

	if (id > 0)
		waiting->ask = id;
	else if (id < 0)
		answer_refusal(waiting, id);
}

static void reply_unknown_tool(
	struct http *http, h2o_req_t *req, const struct folder *folder, const char *name, size_t size)
{
	struct error_object error = { .code = ERROR_UNKNOWN_TOOL };
	char wanted[65];
	const char *names[32];
	size_t count = 0;

	snprintf(wanted, sizeof(wanted), "%.*s", (int)(size < 64 ? size : 64), name);
	snprintf(error.value, sizeof(error.value), "%s", wanted);
	for (; count < *folder->count && count < ARRAY_SIZE(names); count++)
		names[count] = folder->tools[count].name;
	int nearest = nearest_name(wanted, names, count);
	if (nearest >= 0)
		snprintf(error.candidates[error.candidate_count++], sizeof(error.candidates[0]), "%s",
			names[nearest]);
	nearest_hint(wanted, names, count, strcmp(reply_language(http, req), "ko") == 0, error.hint,
		sizeof(error.hint));
	reply_error(http, req, &error);
}

/* Any content type, or none: `curl -d` calls a JSON body a form. NULL with `error` filled. */
static struct json_object *read_arguments(h2o_req_t *req, const struct tool *tool, struct error_object *error)
{
	h2o_iovec_t type = guard_header(req, "content-type");
	const char *body = req->entity.len > 0 ? req->entity.base : "{}";
	size_t size = req->entity.len > 0 ? req->entity.len : 2, offset = 0;
	bool is_form = form_is_meant(type.base, type.len, body, size);
	struct json_object *given =
		is_form ? form_parse(tool, body, size) : json_parse_strict(body, size, &offset);

	if (given != NULL)
		return given;
	*error = (struct error_object) { .code = ERROR_INVALID_JSON };
	snprintf(error->hint, sizeof(error->hint),
		is_form ? "The body is no form of at most %zu fields in UTF-8."
			: "Stopped at byte %zu of the body.",
		is_form ? (size_t)FORM_FIELDS_MAX : offset);
	return NULL;
}

/* The argument that stands behind the question mark, where nobody would read it; NULL = none does. */
static const char *argument_in_query(h2o_req_t *req, const struct tool *tool)
{
	const char *query = req->query_at != SIZE_MAX ? req->path.base + req->query_at : "";
	size_t size = req->query_at != SIZE_MAX ? req->path.len - req->query_at : 0;

	for (size_t i = 0; i < tool->argument_count; i++) {
		const char *name = tool->arguments[i].name;
		size_t length = strlen(name);
		for (size_t at = 0; at + length + 1 < size; at++)
			if (strchr("?&", query[at]) != NULL && query[at + 1 + length] == '=' &&
				memcmp(query + at + 1, name, length) == 0)
				return name;
	}
	return NULL;
}

static void refuse_query(struct http *http, h2o_req_t *req, const char *name)
{
	struct error_object error = { .code = ERROR_INVALID_ARGUMENT };
	bool is_korean = strcmp(reply_language(http, req), "ko") == 0;

	snprintf(error.field, sizeof(error.field), "%s", name);
	snprintf(error.message, sizeof(error.message),
		is_korean ? "%s 인수가 주소의 물음표 뒤에 있어 읽을 수 없습니다."
			  : "%s stands behind the question mark, where it is not read.",
		name);
	snprintf(error.hint, sizeof(error.hint), "%s",
		is_korean ? "인수는 JSON 객체나 폼으로 본문에 담아 보내십시오."
			  : "Send arguments in the body, as a JSON object or a form.");
	reply_error(http, req, &error);
}

static void reply_answer(
	struct http *http, h2o_req_t *req, const struct principal *principal, const struct tool *tool)
{
	struct json_object *checked = NULL;
	struct error_object error;
	const char *misplaced = argument_in_query(req, tool);
	struct json_object *given = misplaced == NULL ? read_arguments(req, tool, &error) : NULL;

	if (misplaced != NULL) {
		refuse_query(http, req, misplaced);
	} else if (given == NULL) {
		reply_error(http, req, &error);
	} else if (tool_check_arguments(tool, given, reply_language(http, req), &checked, &error) < 0) {
		reply_error(http, req, &error);
	} else {
		const char *text = json_object_to_json_string_ext(
			checked, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
		ask(new_waiting(http, req, principal), tool->name, text, strlen(text));
	}
	json_object_put(given);
	json_object_put(checked);
}

static void reply_description(struct http *http, h2o_req_t *req, const struct tool *tool)
{
	struct json_object *description = tool_describe(tool, reply_language(http, req));
	const char *text = json_object_to_json_string_ext(
		description, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);

	reply_in_language(req, 200, REPLY_JSON, text, strlen(text));
	json_object_put(description);
}

static bool answer_in(
	struct http *http, h2o_req_t *req, const struct principal *principal, const struct folder *folder)
{
	size_t prefix = strlen(folder->path);

	if (req->path_normalized.len < prefix || memcmp(req->path_normalized.base, folder->path, prefix) != 0)
		return false;
	const char *name = req->path_normalized.base + prefix;
	size_t size = req->path_normalized.len - prefix;
	const struct tool *tool = folder->find(name, size);
	if (tool == NULL)
		reply_unknown_tool(http, req, folder, name, size);
	else if (request_is_get(req))
		reply_description(http, req, tool);
	else if (h2o_memis(req->method.base, req->method.len, H2O_STRLIT("POST")))
		reply_answer(http, req, principal, tool);
	else
		reply_wrong_method(http, req, "GET, HEAD, POST");
	return true;
}

bool folders_answer(struct http *http, h2o_req_t *req, const struct principal *principal)
{
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		if (answer_in(http, req, principal, &folders[i]))
			return true;
	return false;
}
