/*
 * Sessions of the legacy era. An id describes itself: revision, expiry, a nonce, and a MAC over them and who asked for
 * it (struct principal), under a key that lies in the state directory. So an id outlives this process, needs no memory, and is
 * worth nothing to another principal. Memory is kept only for what cannot be derived: an open stream, subscriptions,
 * calls in flight, and the log levels of the last SESSION_LEVELS_MAX that had one of their own. Deleted ids are remembered in a
 * file, SESSIONS_DELETED_MAX of them; beyond, those deleted first are forgotten (they expire within SESSION_LIFE_S anyway).
 */
#pragma once

#include <stdint.h>

#include "frontend/mcp/revision.h"
#include "frontend/auth/principal.h"

#define SESSION_ID_SIZE      45 /* 33 bytes in base64url, and NUL */
#define SESSION_LIFE_S       86400
#define SESSION_WITHOUT_ID   UINT32_MAX /* expiry of one that ends with its connection */
#define SESSIONS_MAX         1024       /* with something to keep */
#define SESSIONS_DELETED_MAX 4096
#define SESSION_LEVELS_MAX   256
#define SESSION_NONCE_SIZE   12

struct mcp_sink;
struct stream;
struct sessions;

struct session {
	struct session *next, **link;
	struct sessions *all;
	uint8_t nonce[SESSION_NONCE_SIZE];
	enum revision revision;
	uint32_t expiry_s;
	uint32_t holds; /* freed with the last one */
	/* what is kept */
	int log_level;         /* LOG_LEVEL_DEFAULT until it was set */
	struct stream *stream; /* of its GET, NULL = none */
	bool is_http_sse;      /* the stream is that of GET /sse, and its session is none of /mcp */
	struct mcp_sink *line; /* of the connection that is the session (stdio.h), NULL = none */
};

#define LOG_LEVEL_DEFAULT 1 /* info: the index in RFC 5424's names */
/* "debug" 0 … "emergency" 7, or -1. */
int log_level_find(const char *name);

/* Reads the key and the list of deleted ids in STATE_DIR/frontend, or makes them. *ret_is_kept false: the folder could not
 * be written, ids will not outlive this process. 0 or -errno. */
int sessions_open(struct sessions **ret_sessions, const char *state_dir, bool *ret_is_kept);
void sessions_free(struct sessions *sessions);

void sessions_issue(struct sessions *sessions, enum revision revision, const struct principal *principal,
	uint64_t now_s, char ret_id[static SESSION_ID_SIZE]);
/* The session of an id, held for the caller. -ENOENT: no such session, expired or deleted; -EBUSY: SESSIONS_MAX. */
int sessions_find(struct sessions *sessions, const char *id, size_t size, const struct principal *principal,
	uint64_t now_s, struct session **ret_session);
/* One without an id, held for the caller, who is its only way in. 0 or -EBUSY. */
int sessions_new(struct sessions *sessions, struct session **ret_session);
void session_hold(struct session *session);
void session_release(struct session *session);
/* From now on the id is unknown; the caller still holds the session. */
void session_delete(struct session *session, uint64_t now_s);
/* The first of those in memory. */
struct session *sessions_first(struct sessions *sessions);
