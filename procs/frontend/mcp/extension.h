/*
 * What a test build adds to the server: the tools, prompts and resources that the official conformance suite calls by
 * name (tests/conformance). The shipped binary has none: struct mcp.extension is NULL there.
 */
#pragma once

#include <stdbool.h>

#include "base/web/web.h"
#include "ipc/json_write.h"

struct mcp;
struct mcp_call;
struct message;

struct mcp_extension {
	int (*open)(struct mcp *mcp, struct web *web); /* once, before the sandbox */
	/* Further elements of the arrays of the four lists. */
	void (*write_tools)(struct json_writer *writer);
	void (*write_prompts)(struct json_writer *writer);
	void (*write_resources)(struct json_writer *writer);
	void (*write_templates)(struct json_writer *writer);
	/* True: it answers this call, now or later. */
	bool (*take)(struct mcp_call *call);
	/* The call has been answered, or its client left. */
	void (*forget)(struct mcp_call *call);
	/* A client's response to a request that the extension sent. */
	void (*on_response)(const struct message *message);
};
