/*
 * What tells a client where to get a token (OAuth 2.0 Protected Resource Metadata, RFC 9728): the document at
 * /.well-known/oauth-protected-resource, with or without the path of the resource behind it, and the challenge that names it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/config.h"

#define RESOURCE_DOCUMENT_MAX  8192
#define RESOURCE_CHALLENGE_MAX 512

struct resource {
	char document[RESOURCE_DOCUMENT_MAX];   /* JSON; "" = there is none */
	char path[CONFIG_TEXT_MAX];             /* of the resource, "/mcp" */
	char challenge[RESOURCE_CHALLENGE_MAX]; /* `resource_metadata="…"`, "" = none */
};

/* From http_jwt_audience, where that is a URL, and the authorization servers. 0, or -E2BIG. */
int resource_make(struct resource *resource, const struct config *config);
/* Is the document to be had at this path? */
bool resource_is_at(const struct resource *resource, const char *path, size_t size);
