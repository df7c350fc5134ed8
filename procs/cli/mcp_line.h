/* What the stdio bridge knows of MCP: lines with a limit, and the few messages it must make itself. Pure functions. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define MCP_LINE_MAX         ((size_t)1 << 20)
#define MCP_LINE_VERSION_MAX 32

/* Cuts a stream in lines. A zeroed struct is empty. */
struct mcp_lines {
	char *bytes;
	size_t size, room;
	bool is_skipping; /* the rest of a line that was too long */
	bool is_taken;    /* the line in `bytes` was handed out */
};

enum mcp_lines_state { MCP_LINES_MORE, MCP_LINES_LINE, MCP_LINES_TOO_LONG };

/* Takes bytes from *done on, up to the end of one line at most. The line (without its end, NUL-terminated) is valid
 * until the next call. TOO_LONG comes once for each line over MCP_LINE_MAX (or without memory for it). */
enum mcp_lines_state mcp_lines_feed(struct mcp_lines *lines, const char *bytes, size_t size, size_t *done,
	const char **ret_line, size_t *ret_size);
/* What stands after the last line end, at the end of input. */
size_t mcp_lines_rest(struct mcp_lines *lines, const char **ret_line);
void mcp_lines_done(struct mcp_lines *lines);

/* True and the revision, when `message` is the answer to initialize. */
bool mcp_line_negotiated(const char *message, size_t size, char ret_version[static MCP_LINE_VERSION_MAX]);
/* What the bridge must know of a client's line; "" = not there. */
struct mcp_line_facts {
	char method[128], id[256];          /* id as canonical JSON */
	char version[MCP_LINE_VERSION_MAX]; /* of the newest revision's envelope */
	char name[2048];                    /* params.name or params.uri, as a header may carry it */
	char cancelled[256];                /* requestId of a notifications/cancelled, as canonical JSON */
};
void mcp_line_read(const char *line, size_t size, struct mcp_line_facts *ret_facts);
/* Does this look like a JSON-RPC message: braces around a member jsonrpc? What else stands in it is not checked. */
bool mcp_line_is_message(const char *bytes, size_t size);
/* A JSON-RPC error without an id, malloc'ed; NULL when out of memory. */
char *mcp_line_error(int code, const char *text, size_t *ret_size);
/* The error that answers `line`: -32700 when it is no JSON, else -32603 with the line's id; `body`, where it is a JSON
 * object, goes along as data. NULL when the line is a notification and wants no answer. */
char *mcp_line_failure(const char *line, size_t size, const char *text, const char *body, size_t body_size,
	size_t *ret_size);
