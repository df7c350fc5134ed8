#include "frontend/mcp/watch_kept.h"

#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>

#include "base/clock.h"
#include "frontend/mcp/session.h"
#include "frontend/mcp/state_map.h"
#include "frontend/mcp/uri.h"
#include "frontend/mcp/watch.h"

/* Apart from the texts: a search touches a page or two. */
struct owner {
	uint32_t expiry_s; /* of the session; what is past is a free place */
	uint8_t nonce[SESSION_NONCE_SIZE];
};

struct watch_kept {
	struct owner owners[WATCHED_MAX];
	char uris[WATCHED_MAX][URI_MAX + 1];
};

struct watch_kept *watch_kept_open(const char *state_dir)
{
	return state_map(state_dir, "sessions.watched", sizeof(struct watch_kept), NULL);
}

void watch_kept_close(struct watch_kept *kept)
{
	if (kept != NULL)
		munmap(kept, sizeof(*kept));
}

static bool is_of(const struct owner *owner, const struct session *session)
{
	return owner->expiry_s != 0 && owner->expiry_s == session->expiry_s &&
	       memcmp(owner->nonce, session->nonce, SESSION_NONCE_SIZE) == 0;
}

const char *watch_kept_next(const struct watch_kept *kept, const struct session *session, size_t *cursor)
{
	while (kept != NULL && *cursor < WATCHED_MAX) {
		size_t i = (*cursor)++;
		if (is_of(&kept->owners[i], session) && memchr(kept->uris[i], '\0', URI_MAX + 1) != NULL)
			return kept->uris[i];
	}
	return NULL;
}

void watch_kept_add(struct watch_kept *kept, const struct session *session, const char *uri)
{
	size_t size = strlen(uri) + 1, place = 0, cursor = 0;
	uint32_t now_s = (uint32_t)(clock_now().real_ns / NS_PER_SECOND);

	if (kept == NULL || session->expiry_s == SESSION_WITHOUT_ID || size > URI_MAX + 1)
		return;
	for (const char *found; (found = watch_kept_next(kept, session, &cursor)) != NULL;)
		if (strcmp(found, uri) == 0)
			return;
	for (size_t i = 0; i < WATCHED_MAX && kept->owners[place].expiry_s >= now_s; i++)
		if (kept->owners[i].expiry_s < kept->owners[place].expiry_s)
			place = i;
	kept->owners[place].expiry_s = 0;
	memcpy(kept->uris[place], uri, size);
	memcpy(kept->owners[place].nonce, session->nonce, SESSION_NONCE_SIZE);
	kept->owners[place].expiry_s =
		session->expiry_s; /* last: a process killed before leaves a free place */
}

void watch_kept_remove(struct watch_kept *kept, const struct session *session, const char *uri)
{
	const char *found;

	for (size_t cursor = 0; (found = watch_kept_next(kept, session, &cursor)) != NULL;)
		if (uri == NULL || strcmp(found, uri) == 0)
			kept->owners[cursor - 1].expiry_s = 0;
}
