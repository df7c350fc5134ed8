/*
 * What the suite @modelcontextprotocol/conformance asks of a server besides the protocol: tools, prompts and resources with
 * given names and answers (its scenarios' descriptions are the source of every text here). Some of them wait, ask the
 * client back, or need several rounds.
 */
#pragma once

#include "frontend/mcp/call.h"
#include "frontend/mcp/extension.h"

extern const struct mcp_extension fixture_extension;

/* A 1x1 red PNG and a WAV of no samples, base64. */
extern const char fixture_png[], fixture_wav[];

typedef void fixture_step_fn(struct mcp_call *call);

/* fixture.c: running calls */

/* Runs step after ms, unless the call has ended. */
void fixture_after(struct mcp_call *call, int ms, fixture_step_fn *step);
/* Asks the client back on the call's stream; then `step` runs with fixture_response() set. params: a JSON object. */
void fixture_ask_client(struct mcp_call *call, const char *method, const char *params, fixture_step_fn *step);
struct json_object *fixture_response(const struct mcp_call *call); /* its result, NULL = an error */
void fixture_list_changed(struct mcp *mcp, const char *what);      /* "tools", "prompts" */

/* Ends the call with one text, or with these members of a result. */
void fixture_text(struct mcp_call *call, const char *text);
void fixture_result(struct mcp_call *call, const char *members);
const char *fixture_argument(const struct mcp_call *call, const char *name);

/* True: the call was theirs. */
bool fixture_take_tool(struct mcp_call *call, const char *name);
bool fixture_take_round(struct mcp_call *call, const char *name);
bool fixture_take_prompt(struct mcp_call *call, const char *name);
bool fixture_take_resource(struct mcp_call *call, const char *uri);

void fixture_write_tools(struct json_writer *writer);
void fixture_write_prompts(struct json_writer *writer);
void fixture_write_resources(struct json_writer *writer);
void fixture_write_templates(struct json_writer *writer);
