/*
 * A message that differs from an earlier one in its id alone is answered as that one was, but for the id, while the analyst's
 * snapshot lives: told by comparing bytes, without a parser. An answer is remembered only after the whole way was gone
 * for its message (message_parse(), mcp_check(), arguments, an answer that is kept) and the id was found where repeat_read()
 * sees it; then any other id that is allowed whatever surrounds it leaves the meaning of all other bytes as it is. All that
 * mcp_check() reads besides is compared, too, byte by byte. Every other message, and every id that is in the least unusual,
 * goes the whole way. Who may ask, and by which session, is found out before.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "frontend/answers.h"
#include "frontend/mcp/revision.h"

#define REPEAT_LINE_MAX    4096
#define REPEAT_HEADERS_MAX 256 /* bytes of their values together */
#define REPEAT_ID_MAX      64  /* of a string with its quotes */
#define REPEAT_DIGITS_MAX  15  /* of a number: exact in every implementation of JSON (RFC 8259 §6) */

struct mcp;
struct mcp_call;
struct mcp_headers;
struct message;
struct principal;

/* A line or a request's body that may be a repeat, and what mcp_check() knows of it besides; borrowed. */
struct repeat {
	const char *line;
	size_t size, id_at, id_size;
	const struct mcp_headers *headers; /* NULL: of stdio, which has none */
	enum revision fallback;
};

/* Finds what looks like the id. False: it goes the whole way. Pure, over foreign bytes. */
bool repeat_read(struct repeat *ret_repeat, const char *line, size_t size, const struct mcp_headers *headers,
	enum revision fallback);
/* The message that answers it, from behind the id on, held once for the caller; NULL = go the whole way. */
struct answers_body *repeat_find(
	struct mcp *mcp, const struct principal *principal, const char *lang, const struct repeat *repeat);
/* The line as what its message's answer may be remembered by; NULL = the message has its id elsewhere, or does more than to ask. */
const struct repeat *repeat_of(const struct message *message, const struct repeat *repeat);
/* Remembers the answer to call->repeat, which was given at once from what is kept of this generation. */
void repeat_keep(const struct mcp_call *call, const char *message, size_t size);

/* What every answer of ours begins with. */
extern const char repeat_begin[];
#define REPEAT_BEGIN_SIZE (sizeof("{\"jsonrpc\":\"2.0\",\"id\":") - 1)
