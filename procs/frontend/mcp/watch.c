#include "frontend/mcp/watch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "frontend/mcp/mcp.h"
#include "frontend/mcp/session.h"
#include "frontend/mcp/uri.h"
#include "frontend/mcp/watch_kept.h"
#include "ipc/tools.h"

struct watched {
	struct watch *watch;
	char *text, *arguments; /* text NULL = a free place */
	char *namespaces;       /* that may be seen, as a principal has them */
	struct uri uri;
	uint32_t watchers;
	int64_t ask;     /* 0 = none under way */
	uint64_t ask_ns; /* not before */
};

/* What one watcher knows of it. */
struct sight {
	struct watched *item;
	char *known;      /* the watched member when last told, as JSON; NULL = not seen yet */
	uint64_t tell_ns; /* not before */
};

struct watcher {
	struct watcher *next, **link;
	struct watch *watch;
	struct principal *principal;
	struct session *session;
	struct mcp_call *call;
	struct sight sights[WATCH_URIS_MAX];
	size_t count;
	uint64_t heard_ns; /* when its session last had a stream */
};

struct watch {
	struct mcp *mcp;
	struct watch_kept *kept;
	struct watched all[WATCHED_MAX];
	size_t count;
	struct watcher *watchers;
};

int watch_new(struct watch **ret_watch, struct mcp *mcp, struct watch_kept *kept)
{
	struct watch *watch = calloc(1, sizeof(*watch));

	if (watch == NULL)
		return -ENOMEM;
	watch->mcp = mcp;
	watch->kept = kept;
	*ret_watch = watch;
	return 0;
}

void watch_free(struct watch *watch)
{
	if (watch == NULL)
		return;
	watch_kept_close(TAKE(watch->kept)); /* what sessions watch stays there */
	while (watch->watchers != NULL)
		watcher_free(watch->watchers);
	free(watch);
}

bool watch_is_busy(const struct watch *watch)
{
	return watch->count > 0;
}

/* what is watched */

static void release(struct watched *item)
{
	struct watch *watch = item->watch;

	if (--item->watchers > 0)
		return;
	if (item->ask > 0)
		watch->mcp->questions.cancel(watch->mcp->questions.context, item->ask);
	free(item->text);
	free(item->arguments);
	free(item->namespaces);
	*item = (struct watched) { .watch = watch };
	watch->count--;
}

/* Those who may see the same watch the same. */
static struct watched *find(struct watch *watch, const char *text, const char *namespaces)
{
	for (size_t i = 0; i < WATCHED_MAX; i++)
		if (watch->all[i].text != NULL && strcmp(watch->all[i].text, text) == 0 &&
			strcmp(watch->all[i].namespaces, namespaces) == 0)
			return &watch->all[i];
	return NULL;
}

static int make(struct watch *watch, const char *text, const char *namespaces, struct watched **ret_item)
{
	struct watched *item = NULL;
	struct uri uri;

	if (strlen(text) > URI_MAX || uri_parse(text, &uri) < 0)
		return -EINVAL;
	for (size_t i = 0; i < WATCHED_MAX && item == NULL; i++)
		if (watch->all[i].text == NULL)
			item = &watch->all[i];
	if (item == NULL)
		return -E2BIG;
	*item = (struct watched) { .watch = watch,
		.text = strdup(text),
		.uri = uri,
		.arguments = uri_arguments(&uri),
		.namespaces = strdup(namespaces) };
	if (item->text == NULL || item->arguments == NULL || item->namespaces == NULL) {
		free(TAKE(item->namespaces));
		free(TAKE(item->text));
		free(TAKE(item->arguments));
		return -ENOMEM;
	}
	watch->count++;
	*ret_item = item;
	return 0;
}

/* who watches */

struct watcher *watcher_new(
	struct watch *watch, struct principal *principal, struct session *session, struct mcp_call *call)
{
	struct watcher *watcher = calloc(1, sizeof(*watcher));

	if (watcher == NULL)
		return NULL;
	*watcher = (struct watcher) { .watch = watch,
		.principal = principal,
		.session = session,
		.call = call,
		.next = watch->watchers,
		.link = &watch->watchers };
	watcher->heard_ns = clock_mono_ns();
	principal_hold(principal);
	if (session != NULL)
		session_hold(session);
	if (watcher->next != NULL)
		watcher->next->link = &watcher->next;
	watch->watchers = watcher;
	return watcher;
}

static void lose_sight(struct watcher *watcher, size_t index)
{
	struct sight *sight = &watcher->sights[index];

	free(sight->known);
	release(sight->item);
	watcher->principal->watched--;
	*sight = watcher->sights[--watcher->count];
}

void watcher_free(struct watcher *watcher)
{
	if (watcher == NULL)
		return;
	while (watcher->count > 0)
		lose_sight(watcher, watcher->count - 1);
	*watcher->link = watcher->next;
	if (watcher->next != NULL)
		watcher->next->link = watcher->link;
	if (watcher->session != NULL)
		watch_kept_remove(watcher->watch->kept, watcher->session, NULL);
	session_release(watcher->session);
	principal_release(watcher->principal);
	free(watcher);
}

struct watcher *watcher_of_session(struct watch *watch, const struct session *session)
{
	for (struct watcher *watcher = watch->watchers; watcher != NULL; watcher = watcher->next)
		if (watcher->session == session && session != NULL)
			return watcher;
	return NULL;
}

static size_t index_of(const struct watcher *watcher, const struct watched *item)
{
	size_t i = 0;

	while (i < watcher->count && watcher->sights[i].item != item)
		i++;
	return i;
}

/* Nobody takes all places from the others, with however many sessions. Who has no name is everybody. */
static bool is_full(const struct principal *principal)
{
	return principal->name[0] != '\0' && principal->watched >= WATCH_EACH_MAX;
}

int watcher_add(struct watcher *watcher, const char *text)
{
	const char *namespaces = watcher->principal->namespaces;
	struct watched *item = find(watcher->watch, text, namespaces);
	int r;

	if (item != NULL && index_of(watcher, item) < watcher->count)
		return 0;
	if (watcher->count == WATCH_URIS_MAX || is_full(watcher->principal))
		return -E2BIG;
	if (item == NULL && (r = make(watcher->watch, text, namespaces, &item)) < 0)
		return r;
	item->watchers++;
	watcher->principal->watched++;
	watcher->sights[watcher->count++] = (struct sight) { .item = item };
	if (watcher->session != NULL)
		watch_kept_add(watcher->watch->kept, watcher->session, text);
	return 0;
}

void watcher_resume(struct watch *watch, struct principal *principal, struct session *session)
{
	struct watcher *watcher = NULL;
	const char *uri;

	if (watcher_of_session(watch, session) != NULL)
		return;
	for (size_t cursor = 0; (uri = watch_kept_next(watch->kept, session, &cursor)) != NULL;) {
		if (watcher == NULL && (watcher = watcher_new(watch, principal, session, NULL)) == NULL)
			return;
		(void)watcher_add(watcher, uri);
	}
	/* What changed while nobody looked is not known: each is told once. */
	for (size_t i = 0; watcher != NULL && i < watcher->count; i++)
		watcher->sights[i].known = strdup("?");
}

bool watcher_has(const struct watcher *watcher, const char *text)
{
	struct watched *item = find(watcher->watch, text, watcher->principal->namespaces);

	return item != NULL && index_of(watcher, item) < watcher->count;
}

void watcher_remove(struct watcher *watcher, const char *text)
{
	struct watched *item = find(watcher->watch, text, watcher->principal->namespaces);
	size_t i = item != NULL ? index_of(watcher, item) : watcher->count;

	if (i == watcher->count)
		return;
	lose_sight(watcher, i);
	if (watcher->session != NULL)
		watch_kept_remove(watcher->watch->kept, watcher->session, text);
}

size_t watcher_count(const struct watcher *watcher)
{
	return watcher->count;
}

/* changes */

static void tell(struct watcher *watcher, const char *uri)
{
	struct json_writer writer = { 0 };
	CLEANUP(freep) char *params = NULL;
	CLEANUP(freep) char *text = NULL;
	size_t size;

	json_open_object(&writer, NULL);
	json_write_text(&writer, "uri", uri);
	json_close_object(&writer);
	if (json_take(&writer, &params, &size) < 0)
		return;
	if (watcher->call != NULL) {
		mcp_say(watcher->call, "notifications/resources/updated", params);
		return;
	}
	if (!mcp_is_heard(watcher->session) ||
		asprintf(&text,
			"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/resources/updated\",\"params\":%s}",
			params) < 0)
		return;
	mcp_tell(watcher->session, text, strlen(text));
}

/* The watched member as JSON, "" where the resource is not there; NULL = nothing can be said now. malloc'ed. */
static char *read_state(const struct watched *item, int code, const char *body, size_t size)
{
	size_t offset;
	struct json_object *root, *member = NULL;
	char *state;

	if (code != 200)
		return code < 500 ? strdup("") : NULL;
	root = json_parse_strict(body, size, &offset);
	json_object_object_get_ex(root, item->uri.kind->watched, &member);
	state = strdup(json_object_to_json_string_ext(member, JSON_C_TO_STRING_PLAIN));
	json_object_put(root);
	return state;
}

/* Tells it if it is news; what comes too soon after the last news is told by a later answer. */
static void look(struct watcher *watcher, struct sight *sight, const char *state, uint64_t now_ns)
{
	bool is_first = sight->known == NULL;

	if (!is_first && (strcmp(sight->known, state) == 0 || now_ns < sight->tell_ns))
		return;
	char *copy = strdup(state);
	if (copy == NULL)
		return;
	free(sight->known);
	sight->known = copy;
	if (is_first)
		return;
	sight->tell_ns = now_ns + WATCH_TELL_MS * NS_PER_MILLISECOND;
	tell(watcher, sight->item->text);
}

static void on_answer(void *context, int code, const char *body, size_t size)
{
	struct watched *item = context;
	uint64_t now_ns = clock_mono_ns();
	CLEANUP(freep) char *state = read_state(item, code, body, size);

	item->ask = 0;
	for (struct watcher *watcher = item->watch->watchers; watcher != NULL && state != NULL;
		watcher = watcher->next) {
		size_t i = index_of(watcher, item);
		if (i < watcher->count)
			look(watcher, &watcher->sights[i], state, now_ns);
	}
}

/* Sessions whose client has not listened for long, or must not listen any more. */
static void forget_abandoned(struct watch *watch, uint64_t now_ns)
{
	uint64_t now_s = clock_now().real_ns / NS_PER_SECOND;

	for (struct watcher *watcher = watch->watchers, *next; watcher != NULL; watcher = next) {
		next = watcher->next;
		if (watcher->call == NULL && principal_is_over(watcher->principal, now_s))
			watcher_free(watcher);
		else if (watcher->call != NULL || mcp_is_heard(watcher->session))
			watcher->heard_ns = now_ns;
		else if (now_ns - watcher->heard_ns > WATCH_ABANDONED_S * NS_PER_SECOND)
			watcher_free(watcher);
	}
}

void watch_turn(struct watch *watch, uint64_t now_ns)
{
	struct mcp_questions *questions = &watch->mcp->questions;

	forget_abandoned(watch, now_ns);

	for (size_t i = 0; i < WATCHED_MAX && watch->count > 0; i++) {
		struct watched *item = &watch->all[i];
		if (item->text == NULL || item->ask > 0 || now_ns < item->ask_ns)
			continue;
		item->ask_ns = now_ns + WATCH_ASK_MS * NS_PER_MILLISECOND;
		item->ask = questions->submit(questions->context, item->namespaces, item->uri.kind->view,
			item->arguments, strlen(item->arguments), "en", on_answer, item);
	}
}
