/* What the stdio bridge knows of MCP, and the few messages it must make itself. Pure functions. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define MCP_LINE_VERSION_MAX 32

/* True and the revision, when `message` is the answer to initialize. */
bool mcp_line_negotiated(const char *message, size_t size, char ret_version[static MCP_LINE_VERSION_MAX]);
/* What the bridge must know of a client's line; "" = not there. */
struct mcp_line_facts {
	char method[128], id[256];          /* id as canonical JSON */
	char version[MCP_LINE_VERSION_MAX]; /* of the newest revision's envelope */
	char name[2048];     /* params.name, or uri of resources/read, as a header may carry it */
	char cancelled[256]; /* requestId of a notifications/cancelled, as canonical JSON */
};
void mcp_line_read(const char *line, size_t size, struct mcp_line_facts *ret_facts);
/* Does this look like a JSON-RPC message, or an array of them: braces around a member jsonrpc? What else stands in it is not
 * checked. */
bool mcp_line_is_message(const char *bytes, size_t size);
/* What a refusal of ours ({"error": {"message", "hint"}}) says, in one line; "" where `body` is none. */
void mcp_line_reason(const char *body, size_t size, char *reason, size_t room);
/* A JSON-RPC error without an id, malloc'ed; NULL when out of memory. */
char *mcp_line_error(int code, const char *text, size_t *ret_size);
/* The error that answers `line`: -32700 when it is no JSON, else -32603 with the line's id; `body`, where it is a JSON
 * object, goes along as data. NULL when the line is a notification and wants no answer. */
char *mcp_line_failure(const char *line, size_t size, const char *text, const char *body, size_t body_size,
	size_t *ret_size);
