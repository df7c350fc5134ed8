/* The bearer token that the cli sends: where it is read, and where it may go. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/config.h"

#define CLIENT_TOKEN_MAX 4096 /* a JWT can be long; more than this no server of ours takes in its header */

/* The first line of `path`; NULL: TANSO_TOKEN of the environment. token "" = there is none. 0, or -EINVAL after filling `error`. */
int client_token_read(const char *path, char token[static CLIENT_TOKEN_MAX + 1], struct config_error *error);
/* A token that anybody on the way can read is no secret any more: https://, or this machine; NULL = our own server's. */
bool client_token_is_safe(const char *url);
/* Does the address, http:// or https://, lead to this machine? */
bool client_url_is_local(const char *url);
