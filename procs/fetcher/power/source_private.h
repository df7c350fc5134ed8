/* A member of the set: one server that is asked, one request at a time. */
#pragma once

#include "fetcher/server.h"
#include "fetcher/power/owner_asker.h"
#include "fetcher/power/source.h"

struct source_set;

struct source_member {
	struct source_set *set;
	unsigned index;
	struct server server;
	bool is_well, was_partial;
	bool is_stale;                       /* says so itself, in this answer */
	char failure[CONFIG_TEXT_MAX + 128]; /* what was said last, "" = all is well */
	/* a store */
	int64_t last_s; /* evaluated up to */
	int64_t from_s, to_s;
};

struct source_set {
	const struct config *config;
	struct power *power;
	struct timer timer;
	enum { SOURCE_KEPLER, SOURCE_STORE } kind;
	struct source_member members[TALLY_ENDPOINTS_MAX];
	size_t count, pending, answered;
	struct credentials credentials;
	struct reading *readings;
	size_t reading_count, reading_room;
	char *query;                /* of a store, percent-encoded */
	struct owner_asker *owners; /* of a store */
};

/* Appends to set->readings. 0 or -ENOMEM. */
int source_add_reading(struct source_set *set, const struct reading *reading);
void source_fail(struct source_member *member, const char *reason);

/* Store: what to ask for next (its url, its form), and the answer; true: there is more to ask for at once. */
int store_prepare(struct source_set *set);
void store_request(struct source_member *member, char *body, size_t size, char *url, size_t url_size);
bool store_take(struct source_member *member, const struct fetch_answer *answer);
