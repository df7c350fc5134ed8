/*
 * Key, certificate, client CA, users and tokens: read at the start, and read again within TLS_WATCH_S when a file has
 * changed. What cannot be used is said once, and what was in use stays in use.
 */
#pragma once

#include "base/config.h"
#include "base/file.h"
#include "base/landlock.h"
#include "base/web/web.h"
#include "base/web/tls.h"
#include "exporter/credentials.h"

struct secrets {
	bool has_tls;
	struct tls tls;
	char users[CONFIG_TEXT_MAX], tokens[CONFIG_TEXT_MAX]; /* paths, "" = none */
	struct file_identity users_identity, tokens_identity;
	struct credentials credentials;
	uint64_t next_watch_ns;
};

/* Reads all of them; what is missing or wrong is logged and an error: an endpoint must not open by mistake. */
int secrets_open(struct secrets *secrets, const struct config *config);
#define SECRETS_PLACES_MAX (TLS_PLACES_MAX + 2 * LANDLOCK_FILE_PLACES)
/* The folders that secrets_watch() reads in; places has room for SECRETS_PLACES_MAX. Returns how many. */
size_t secrets_places(const struct secrets *secrets, struct landlock_place *places);
/* Call it in every turn. */
void secrets_watch(struct secrets *secrets, struct web *web, uint64_t now_ns);
void secrets_done(struct secrets *secrets);
