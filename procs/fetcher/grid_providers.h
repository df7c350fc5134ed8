/* Who is asked what, and how often: the table of providers. */
#pragma once

#include "fetcher/grid_told.h"

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
	const char *environment; /* variable with the key */
	bool is_marginal;
	bool is_experimental; /* no answer of it was recorded: its form is known from documents alone */
	int64_t max_age_s;    /* what is older is not the present any more */
	const char *login;    /* path, for KEY_LOGIN */
	struct grid_query queries[GRID_QUERIES_MAX];
};

extern const struct grid_provider grid_providers[];
extern const size_t grid_provider_count;
/* Index, or -1. */
int grid_provider_find(const char *name, size_t size);
