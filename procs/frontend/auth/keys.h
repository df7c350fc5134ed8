/* The frontend's key, certificate and client CA: read at the start, and again within TLS_WATCH_S when a file has changed.
 * What cannot be used is said once, and what was in use stays in use. */
#pragma once

#include "base/config.h"
#include "base/landlock.h"
#include "base/web/web.h"
#include "base/web/tls.h"

struct keys {
	bool has_tls;
	struct tls tls;
	uint64_t next_watch_ns;
};

#define KEYS_PLACES_MAX TLS_PLACES_MAX

/* Reads what the configuration names; logs what is missing or wrong: a door must not open by mistake. 0 or -errno. */
int keys_open(struct keys *keys, const struct config *config);
/* The folders that keys_watch() reads in; places has room for KEYS_PLACES_MAX. Returns how many. */
size_t keys_places(const struct keys *keys, struct landlock_place *places);
/* Call it in every turn. */
void keys_watch(struct keys *keys, struct web *web, uint64_t now_ns);
void keys_done(struct keys *keys);
