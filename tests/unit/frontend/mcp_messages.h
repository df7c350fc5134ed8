/* Messages to the server of mcp_fixture.h, of a revision with sessions or of the newest, and what comes back. */
#pragma once

#include "tests/unit/unit.h"

#include "ipc/tools.h"
#include "tests/fixture/mcp_fixture.h"

#define NEWEST "2025-11-25"
#define MODERN "2026-07-28"
#define META                                                                                                 \
	"\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"" MODERN                                   \
	"\",\"io.modelcontextprotocol/clientCapabilities\":{}}"

static struct mcp_refusal refusal;

static inline struct mcp_headers headers_of(const char *version, const char *method, const char *name)
{
	return (struct mcp_headers) { version, method, name, version != NULL ? strlen(version) : 0,
		method != NULL ? strlen(method) : 0, name != NULL ? strlen(name) : 0 };
}

static inline int take(const char *message, const char *version)
{
	const struct mcp_headers headers = headers_of(version[0] != '\0' ? version : NULL, NULL, NULL);

	server.heard.finished = 0;
	return server_take(message, strlen(message), &headers, NULL, &refusal);
}

static inline int take_modern(const char *message, const char *method, const char *name)
{
	const struct mcp_headers headers = headers_of(MODERN, method, name);

	server.heard.finished = 0;
	return server_take(message, strlen(message), &headers, NULL, &refusal);
}

static inline struct json_object *parse(const char *text)
{
	size_t offset;
	struct json_object *value = json_parse_strict(text, strlen(text), &offset);

	assert_non_null(value);
	return value;
}

static inline struct json_object *member(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	assert_true(json_object_object_get_ex(object, key, &value));
	return value;
}

/* The answer's error code; 0 when it is a result. */
static inline int error_code(void)
{
	assert_int_equal(server.heard.finished, 1);
	struct json_object *root = parse(server.heard.answer), *error = NULL;
	int code = json_object_object_get_ex(root, "error", &error)
			   ? json_object_get_int(member(error, "code"))
			   : 0;

	json_object_put(root);
	return code;
}

static inline int set_up(void **state)
{
	(void)state;
	return server_open("/proc/nonexistent");
}

static inline int tear_down(void **state)
{
	(void)state;
	server_close();
	return 0;
}
