/*
 * Subscriptions to resources, of both eras: a session's (resources/subscribe, told on its GET stream) or a listening call's
 * (subscriptions/listen). Each URI is asked twice a second however many watch it; when its watched member changes, every
 * watcher hears notifications/resources/updated, at most once in WATCH_TELL_MS for a URI.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WATCH_URIS_MAX    64  /* of one watcher */
#define WATCHED_MAX       256 /* different URIs */
#define WATCH_EACH_MAX    128 /* of one principal with a name, by all their watchers */
#define WATCH_ASK_MS      500 /* of a generation the analyst answers it once */
#define WATCH_TELL_MS     2000
#define WATCH_ABANDONED_S 600 /* a session's subscriptions end when it has had no stream for so long */

struct mcp;
struct mcp_call;
struct principal;
struct session;
struct watch;
struct watch_kept;
struct watcher;

/* Takes `kept`, NULL too (watch_kept.h): a session's subscriptions come back with its stream, also in a later process. */
int watch_new(struct watch **ret_watch, struct mcp *mcp, struct watch_kept *kept);
void watch_free(struct watch *watch);
/* Is anything watched? Then watch_turn() is due several times a second. */
bool watch_is_busy(const struct watch *watch);
void watch_turn(struct watch *watch, uint64_t now_ns);

/* Exactly one of session and call; borrowed, principal and session are held. When the credential
 * is over, so is a session's watcher. NULL: out of memory. */
struct watcher *watcher_new(
	struct watch *watch, struct principal *principal, struct session *session, struct mcp_call *call);
/* NULL-safe. The session, if any, no longer watches. */
void watcher_free(struct watcher *watcher);
struct watcher *watcher_of_session(struct watch *watch, const struct session *session);
/* A session is back: what it watched in an earlier process it watches again. */
void watcher_resume(struct watch *watch, struct principal *principal, struct session *session);
/* 0, also when it was watched already; -EINVAL: no resource of ours; -E2BIG: a limit. */
int watcher_add(struct watcher *watcher, const char *uri);
void watcher_remove(struct watcher *watcher, const char *uri);
bool watcher_has(const struct watcher *watcher, const char *uri);
size_t watcher_count(const struct watcher *watcher);
