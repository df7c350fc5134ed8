/*
 * The Model Context Protocol, revision 2025-11-25 (and the handshakes of 2024-11-05 … 2025-06-18), as a pure function:
 * the bytes of one message in, what to do out. No socket, no state: every answer follows from the message and the
 * protocol version its transport carries. https://modelcontextprotocol.io/specification/2025-11-25
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define MCP_VERSION_MAX 16
#define MCP_ID_MAX      256

enum mcp_kind {
	MCP_REPLY,    /* body is the answer */
	MCP_ACCEPTED, /* a notification or a response: nothing to say (HTTP 202) */
	MCP_CALL,     /* ask the analyst, then mcp_finish_call() */
};

struct mcp_action {
	enum mcp_kind kind;
	int http_status; /* of a reply */
	char *body;      /* JSON-RPC message, malloc'ed */
	size_t size;
	/* MCP_CALL */
	char id[MCP_ID_MAX]; /* raw JSON token, echoed byte by byte */
	char tool[65];
	char *arguments; /* JSON object text, malloc'ed */
	size_t arguments_size;
	bool is_structured; /* the version knows structuredContent */
};

/* version: MCP-Protocol-Version of the transport, "" if it carried none. lang "en" or "ko" or "". */
void mcp_take(
	const char *bytes, size_t size, const char *version, const char *lang, struct mcp_action *ret_action);
/* Turns the analyst's answer into the reply of a MCP_CALL. */
void mcp_finish_call(struct mcp_action *action, int code, const char *body, size_t size);
void mcp_action_done(struct mcp_action *action);

/* Is this a revision we speak? */
bool mcp_is_version(const char *version);
/* A JSON-RPC error message without id, malloc'ed (for refusals before a message is read). */
char *mcp_error(int code, const char *message, size_t *ret_size);
