/* Providers that are asked: what each told, and what is to be asked next. */
#pragma once

#include "fetcher/grid/grid.h"
#include "fetcher/grid/cache.h"
#include "fetcher/grid/providers.h"
#include "fetcher/grid/rules.h"
#include "fetcher/patience.h"
#include "fetcher/server.h"

#define GRID_ASKED_MAX 4
#define GRID_KEY_MAX   512

struct asked {
	struct grid_asker *asker;
	const struct grid_provider *provider;
	struct server server;
	double *dropped; /* counter: what told.dropped says */
	struct grid_told told;
	char basis[GRID_BASIS_MAX]; /* what its intensities rest on, "" = not known yet */
	int cache_fd;
	char key[GRID_KEY_MAX], token[CREDENTIALS_TOKEN_MAX], failure[256];
	struct patience patience[GRID_QUERIES_MAX];
	int64_t retrieved_s, failing_since_s; /* Unix time */
	int64_t token_until_s;                /* CLOCK_BOOTTIME */
	unsigned query;
	bool is_asking, is_login, has_news;
};

struct grid_asker {
	const struct config *config;
	struct instant now;       /* of the last tick: answers come a second after it at most */
	unsigned short chance[3]; /* erand48's */
	struct grid_rules rules;
	struct credentials credentials;
	struct asked asked[GRID_ASKED_MAX];
	size_t count;
};

int64_t grid_boot_s(const struct asked *asked);
int64_t grid_real_s(const struct asked *asked);
/* Intensities that rest on other emission factors, or were asked for with other settings, than today's are forgotten; prices
 * stay. Before the first tick, and where the rules may have changed. */
void grid_settle(struct asked *asked);
/* Sends the question that is due, or the login before it. 0; -ENOKEY; or -errno. */
int grid_request(struct asked *asked);
/* What has come back; `context` is the struct asked. */
fetch_done_fn grid_take_answer;
