/*
 * The published revisions of the Model Context Protocol and what differs between them. The first four are one era
 * ("legacy" below): a handshake by initialize, sessions, subscriptions by request. 2026-07-28 has no handshake and no
 * sessions: every request carries an envelope in params._meta (https://modelcontextprotocol.io/specification).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum revision {
	REVISION_2024_11_05,
	REVISION_2025_03_26,
	REVISION_2025_06_18,
	REVISION_2025_11_25,
	REVISION_2026_07_28,
	REVISION_COUNT
};

#define REVISION_NEWEST_LEGACY REVISION_2025_11_25
#define REVISION_MODERN        REVISION_2026_07_28
/* What a header that is not there means (2025-06-18, transports). */
#define REVISION_ASSUMED REVISION_2025_03_26

const char *revision_name(enum revision revision);
/* The revision meant by "2025-11-25", also by "2025-11-25, 2025-11-25" (proxies merge repeated headers); -1 = one we do
 * not speak. */
int revision_find(const char *text, size_t size);

static inline bool revision_is_modern(enum revision revision)
{
	return revision >= REVISION_MODERN;
}
static inline bool revision_has_structured(enum revision revision)
{
	return revision >= REVISION_2025_06_18;
}
/* JSON-RPC batches came with one revision and went with the next. */
static inline bool revision_has_batches(enum revision revision)
{
	return revision == REVISION_2025_03_26;
}
/* A stream begins with an event that has an id and no data, so that it can be resumed from its start. */
static inline bool revision_has_priming(enum revision revision)
{
	return revision == REVISION_2025_11_25;
}
