/*
 * The three kinds of resources, and what their URIs ask the analyst:
 *   compliance-standards://korea/{standard_code}   carbon-intensity://{region}   workload-metrics://{namespace}/{pod_name}
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define URI_MAX        1100 /* two names of 253 bytes, each percent-encoded */
#define URI_PARTS_MAX  2
#define URI_VALUE_SIZE 254

struct uri_kind {
	const char *scheme;                    /* with everything before the first variable */
	const char *template;                  /* RFC 6570 */
	const char *name, *title[2], *text[2]; /* en, ko */
	const char *view;                      /* asks the analyst */
	const char *arguments[URI_PARTS_MAX];  /* of that view, in the order of the URI; NULL = no more */
	const char *watched;                   /* member of the answer whose change is told to subscribers */
	const char *names; /* "kind" of the view `names` that completes the last variable */
	int64_t ttl_ms;
	bool is_public;
};

extern const struct uri_kind uri_kinds[];
extern const size_t uri_kind_count;

struct uri {
	const struct uri_kind *kind;
	char values[URI_PARTS_MAX][URI_VALUE_SIZE]; /* decoded */
};

/* 0, or -EINVAL: no resource of ours. */
int uri_parse(const char *text, struct uri *ret_uri);
/* The arguments of the view as a JSON object, malloc'ed; NULL when out of memory. */
char *uri_arguments(const struct uri *uri);
/* A name as a part of a URI: percent-encoded. */
void uri_encode(const char *name, char ret_text[static 3 * URI_VALUE_SIZE]);
