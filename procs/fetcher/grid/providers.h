/* Who is asked what, and how often: the table of providers. */
#pragma once

#include "base/config.h"
#include "fetcher/grid/told.h"

#define GRID_QUERIES_MAX 4

/* In a path {key}, {date} (today in Korea, YYYYMMDD), {factor} and {location} are filled in. */
struct grid_query {
	const char *path;
	grid_parse_fn *parse;
	int64_t interval_s;
	bool is_optional; /* a failure leaves the provider as it is: another plan, another dataset */
};

enum grid_key { KEY_NONE, KEY_IN_PATH, KEY_IN_HEADER, KEY_LOGIN };

struct grid_provider {
	const char *name, *licence;
	enum grid_key key;
	const char *key_file, *environment; /* the key that names its file, and the variable that has it */
	size_t url_at, key_file_at; /* keys of the configuration: offsets in struct config, 0 = none */
	bool is_marginal;
	bool is_mix;          /* tells fuels, which the emission factors make an intensity */
	bool is_experimental; /* no answer of it was recorded: its form is known from documents alone */
	int64_t max_age_s;    /* what is older is not the present any more */
	const char *login;    /* path, for KEY_LOGIN */
	struct grid_query queries[GRID_QUERIES_MAX];
};

/* NULL if there is none of that name. */
const struct grid_provider *grid_provider_find(const char *name);
/* "kpx, electricitymaps, …" */
void grid_provider_list(char *text, size_t size);
/* The text at such an offset; "" at 0. */
const char *grid_provider_setting(const struct config *config, size_t at);
