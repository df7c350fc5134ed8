/*
 * Key, certificate, client CA, users and tokens: read at the start, and read again within SECRETS_WATCH_S when a file has
 * changed. What cannot be used is said once, and what was in use stays in use.
 */
#pragma once

#include "base/config.h"
#include "base/file.h"
#include "base/landlock.h"
#include "base/web.h"
#include "exporter/credentials.h"
#include "exporter/tls.h"

#define SECRETS_WATCH_S 2
#define SECRETS_FORMER  8 /* contexts kept: 16 s at least, and h2o waits 10 s for a handshake */

enum secret_file {
	SECRET_KEY,
	SECRET_CERTIFICATE,
	SECRET_CLIENT_CA,
	SECRET_USERS,
	SECRET_TOKENS,
	SECRET_FILES
};

struct secrets {
	bool has_tls;
	struct tls_files files;
	char users[CONFIG_TEXT_MAX], tokens[CONFIG_TEXT_MAX]; /* paths, "" = none */
	struct file_identity identity[SECRET_FILES];
	SSL_CTX *tls; /* NULL = plain */
	SSL_CTX *former
		[SECRETS_FORMER]; /* h2o takes a connection's context up at its first byte, unreferenced till then */
	size_t former_count;
	struct tls_facts facts;
	struct credentials credentials;
	uint64_t next_watch_ns;
};

/* Reads all of them; what is missing or wrong is logged and an error: an endpoint must not open by mistake. */
int secrets_open(struct secrets *secrets, const struct config *config);
#define SECRETS_PLACES_MAX (2 * SECRET_FILES)
/* The folders that secrets_watch() reads in, a link's own and that of what it points to (certbot, mounted secrets).
 * places has room for SECRETS_PLACES_MAX. Returns how many. */
size_t secrets_places(const struct secrets *secrets, struct landlock_place *places);
/* Call it in every turn. */
void secrets_watch(struct secrets *secrets, struct web *web, uint64_t now_ns);
void secrets_done(struct secrets *secrets);
