#include "frontend/mcp/session.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/web/sha256.h"
#include "frontend/mcp/state_map.h"

#define KEY_SIZE  SHA256_KEY_SIZE
#define MAC_SIZE  16
#define BODY_SIZE (1 + 4 + SESSION_NONCE_SIZE)

struct deleted {
	uint8_t nonce[SESSION_NONCE_SIZE];
	uint32_t expiry_s; /* 0 = a free place */
};

struct level {
	uint8_t nonce[SESSION_NONCE_SIZE];
	uint8_t level; /* and 1; 0 = a free place */
};

struct sessions {
	uint8_t key[KEY_SIZE];
	struct deleted *deleted; /* SESSIONS_DELETED_MAX, shared with the file */
	size_t deleted_end;      /* none stands at or after it */
	struct session *first;
	size_t count;
	struct level levels[SESSION_LEVELS_MAX]; /* of those that are not in memory, round and round */
	size_t levels_next;
};

int log_level_find(const char *name)
{
	static const char *const names[] = { "debug", "info", "notice", "warning", "error", "critical",
		"alert", "emergency" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(names[i], name) == 0)
			return (int)i;
	return -1;
}

/* files */

static int fill_with_key(int fd)
{
	uint8_t key[KEY_SIZE];
	int r = getentropy(key, sizeof(key)) == 0 ? 0 : -EIO;

	if (r == 0 && pwrite(fd, key, sizeof(key), 0) != (ssize_t)sizeof(key))
		r = -EIO;
	OPENSSL_cleanse(key, sizeof(key));
	return r;
}

static bool open_files(struct sessions *sessions, const char *state_dir)
{
	uint8_t *key = state_map(state_dir, "session.key", KEY_SIZE, fill_with_key);

	sessions->deleted =
		state_map(state_dir, "sessions.deleted", SESSIONS_DELETED_MAX * sizeof(struct deleted), NULL);
	if (key != NULL) {
		memcpy(sessions->key, key, KEY_SIZE);
		munmap(key, KEY_SIZE);
	}
	return key != NULL && sessions->deleted != NULL;
}

int sessions_open(struct sessions **ret_sessions, const char *state_dir, bool *ret_is_kept)
{
	struct sessions *sessions = calloc(1, sizeof(*sessions));
	const size_t size = SESSIONS_DELETED_MAX * sizeof(struct deleted);

	if (sessions == NULL)
		return -ENOMEM;
	*ret_is_kept = open_files(sessions, state_dir);
	if (!*ret_is_kept && sessions->deleted == NULL) {
		void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		sessions->deleted = memory != MAP_FAILED ? memory : NULL;
	}
	if (sessions->deleted == NULL ||
		(!*ret_is_kept && getentropy(sessions->key, sizeof(sessions->key)) != 0)) {
		sessions_free(sessions);
		return -ENOMEM;
	}
	for (size_t i = 0; i < SESSIONS_DELETED_MAX; i++)
		if (sessions->deleted[i].expiry_s != 0)
			sessions->deleted_end = i + 1;
	*ret_sessions = sessions;
	return 0;
}

void sessions_free(struct sessions *sessions)
{
	if (sessions == NULL)
		return;
	for (struct session *session = sessions->first, *next; session != NULL; session = next) {
		next = session->next;
		free(session);
	}
	if (sessions->deleted != NULL)
		munmap(sessions->deleted, SESSIONS_DELETED_MAX * sizeof(struct deleted));
	OPENSSL_cleanse(sessions->key, sizeof(sessions->key));
	free(sessions);
}

/* ids */

static void mac_of(const struct sessions *sessions, const uint8_t body[static BODY_SIZE],
	const struct principal *principal, uint8_t ret_mac[static MAC_SIZE])
{
	char text[BODY_SIZE + 8 + sizeof(principal->name) + sizeof(principal->namespaces)];
	uint8_t full[SHA256_BYTES];

	memcpy(text, body, BODY_SIZE);
	int size = snprintf(text + BODY_SIZE, sizeof(text) - BODY_SIZE, "%d%s\n%s", (int)principal->kind,
		principal->name, principal->namespaces); /* no name has a newline */
	sha256_mac(sessions->key, text, BODY_SIZE + (size_t)size, full);
	memcpy(ret_mac, full, MAC_SIZE);
}

/* base64url (RFC 4648 §5) in the letters of base64, whose own are none. */
static char base64_of(char c)
{
	return c == '-' ? '+' : c == '_' ? '/' : c == '+' || c == '/' ? '?' : c;
}

void sessions_issue(struct sessions *sessions, enum revision revision, const struct principal *principal,
	uint64_t now_s, char ret_id[static SESSION_ID_SIZE])
{
	uint8_t bytes[BODY_SIZE + MAC_SIZE];
	uint32_t expiry_s = (uint32_t)(now_s + SESSION_LIFE_S);

	bytes[0] = (uint8_t)revision;
	memcpy(bytes + 1, &expiry_s, sizeof(expiry_s));
	if (getentropy(bytes + 5, SESSION_NONCE_SIZE) != 0)
		abort(); /* an id that can be guessed must not be given out */
	mac_of(sessions, bytes, principal, bytes + BODY_SIZE);
	EVP_EncodeBlock((unsigned char *)ret_id, bytes, sizeof(bytes));
	for (char *at = ret_id; *at != '\0'; at++)
		*at = *at == '+' ? '-' : *at == '/' ? '_' : *at;
}

static bool decode(const struct sessions *sessions, const char *id, size_t size,
	const struct principal *principal, uint8_t ret_bytes[static BODY_SIZE + MAC_SIZE])
{
	char text[SESSION_ID_SIZE];
	uint8_t mac[MAC_SIZE];

	if (size != SESSION_ID_SIZE - 1 || memchr(id, '\0', size) != NULL)
		return false;
	for (size_t i = 0; i < size; i++)
		text[i] = base64_of(id[i]);
	if (EVP_DecodeBlock(ret_bytes, (const unsigned char *)text, (int)size) != BODY_SIZE + MAC_SIZE)
		return false;
	mac_of(sessions, ret_bytes, principal, mac);
	return CRYPTO_memcmp(mac, ret_bytes + BODY_SIZE, MAC_SIZE) == 0 && ret_bytes[0] < REVISION_MODERN;
}

static bool is_deleted(const struct sessions *sessions, const uint8_t nonce[static SESSION_NONCE_SIZE])
{
	for (size_t i = 0; i < sessions->deleted_end; i++)
		if (sessions->deleted[i].expiry_s != 0 &&
			memcmp(sessions->deleted[i].nonce, nonce, SESSION_NONCE_SIZE) == 0)
			return true;
	return false;
}

/* in memory */

static struct level *level_of(struct sessions *sessions, const uint8_t nonce[static SESSION_NONCE_SIZE])
{
	for (size_t i = 0; i < SESSION_LEVELS_MAX; i++)
		if (sessions->levels[i].level != 0 &&
			memcmp(sessions->levels[i].nonce, nonce, SESSION_NONCE_SIZE) == 0)
			return &sessions->levels[i];
	return NULL;
}

static int take_level(struct sessions *sessions, const uint8_t nonce[static SESSION_NONCE_SIZE])
{
	struct level *kept = level_of(sessions, nonce);

	if (kept == NULL)
		return LOG_LEVEL_DEFAULT;
	int level = kept->level - 1;
	kept->level = 0;
	return level;
}

static void keep_level(struct sessions *sessions, const struct session *session)
{
	if (session->log_level == LOG_LEVEL_DEFAULT || session->expiry_s == SESSION_WITHOUT_ID)
		return;
	struct level *place = &sessions->levels[sessions->levels_next++ % SESSION_LEVELS_MAX];
	memcpy(place->nonce, session->nonce, SESSION_NONCE_SIZE);
	place->level = (uint8_t)(session->log_level + 1);
}

static int make(
	struct sessions *sessions, const uint8_t *bytes, uint32_t expiry_s, struct session **ret_session)
{
	struct session *session = sessions->count < SESSIONS_MAX ? calloc(1, sizeof(*session)) : NULL;

	if (session == NULL)
		return -EBUSY;
	session->all = sessions;
	session->revision = (enum revision)bytes[0];
	session->expiry_s = expiry_s;
	session->log_level = take_level(sessions, bytes + 5);
	memcpy(session->nonce, bytes + 5, SESSION_NONCE_SIZE);
	session->next = sessions->first;
	session->link = &sessions->first;
	if (session->next != NULL)
		session->next->link = &session->next;
	sessions->first = session;
	sessions->count++;
	*ret_session = session;
	return 0;
}

int sessions_find(struct sessions *sessions, const char *id, size_t size, const struct principal *principal,
	uint64_t now_s, struct session **ret_session)
{
	uint8_t bytes[BODY_SIZE + MAC_SIZE];
	uint32_t expiry_s;
	int r = 0;

	if (!decode(sessions, id, size, principal, bytes))
		return -ENOENT;
	memcpy(&expiry_s, bytes + 1, sizeof(expiry_s));
	if (expiry_s < now_s || is_deleted(sessions, bytes + 5))
		return -ENOENT;
	struct session *session = sessions->first;
	while (session != NULL && memcmp(session->nonce, bytes + 5, SESSION_NONCE_SIZE) != 0)
		session = session->next;
	if (session == NULL && (r = make(sessions, bytes, expiry_s, &session)) < 0)
		return r;
	session_hold(session);
	*ret_session = session;
	return 0;
}

int sessions_new(struct sessions *sessions, struct session **ret_session)
{
	uint8_t bytes[BODY_SIZE] = { REVISION_ASSUMED };
	int r = getentropy(bytes + 5, SESSION_NONCE_SIZE) == 0 ? 0 : -EBUSY;

	if (r == 0)
		r = make(sessions, bytes, SESSION_WITHOUT_ID, ret_session);
	if (r == 0)
		session_hold(*ret_session);
	return r;
}

void session_hold(struct session *session)
{
	session->holds++;
}

void session_release(struct session *session)
{
	if (session == NULL || --session->holds > 0)
		return;
	*session->link = session->next;
	if (session->next != NULL)
		session->next->link = session->link;
	session->all->count--;
	keep_level(session->all, session);
	free(session);
}

void session_delete(struct session *session, uint64_t now_s)
{
	struct deleted *list = session->all->deleted, *place = &list[0];

	for (size_t i = 0; i < SESSIONS_DELETED_MAX; i++) {
		if (list[i].expiry_s < now_s) { /* expired, or free */
			place = &list[i];
			break;
		}
		if (list[i].expiry_s < place->expiry_s)
			place = &list[i];
	}
	place->expiry_s = 0;
	memcpy(place->nonce, session->nonce, SESSION_NONCE_SIZE);
	place->expiry_s = session->expiry_s;
	size_t end = (size_t)(place - list) + 1;
	if (session->all->deleted_end < end)
		session->all->deleted_end = end;
}

struct session *sessions_first(struct sessions *sessions)
{
	return sessions->first;
}
