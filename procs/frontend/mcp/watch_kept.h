/*
 * What sessions watch, remembered over a restart of this process: their ids outlive it, so their subscriptions must. A table
 * of WATCHED_MAX rows in STATE_DIR/frontend; when it is full, the row of the session that expires first makes room.
 */
#pragma once

#include <stddef.h>

struct session;
struct watch_kept;

/* NULL: the state directory cannot be written, and nothing is remembered. Everything below takes NULL. */
struct watch_kept *watch_kept_open(const char *state_dir);
void watch_kept_close(struct watch_kept *kept);
/* A session without an id (a connection's own) is not remembered. */
void watch_kept_add(struct watch_kept *kept, const struct session *session, const char *uri);
/* NULL for uri: all of the session. */
void watch_kept_remove(struct watch_kept *kept, const struct session *session, const char *uri);
/* The session's URIs one after the other, *cursor 0 at first; NULL = no more. Owned by the table. */
const char *watch_kept_next(const struct watch_kept *kept, const struct session *session, size_t *cursor);
