/*
 * The Model Context Protocol, revision 2025-11-25 (and the handshakes of 2024-11-05 … 2025-06-18), as a pure function:
 * the bytes of one message in, what to do out. No socket, no state: every answer follows from the message and the
 * protocol version its transport carries. https://modelcontextprotocol.io/specification/2025-11-25
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define MCP_ID_MAX 256

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
	char *arguments; /* canonical JSON object text, malloc'ed */
	size_t arguments_size;
	bool is_structured; /* the version knows structuredContent */
};

/* version: MCP-Protocol-Version of the transport as it came, "" if it carried none: then 2025-03-26 is meant, which
 * knows no structuredContent. lang "en" or "ko". Arguments of a call are checked here; what is wrong with them is a
 * result with isError, for the model to mend (SEP-1303). */
void mcp_take(
	const char *bytes, size_t size, const char *version, const char *lang, struct mcp_action *ret_action);
/* Turns the analyst's answer into the reply of a MCP_CALL. */
void mcp_finish_call(struct mcp_action *action, int code, const char *body, size_t size);
void mcp_action_done(struct mcp_action *action);
