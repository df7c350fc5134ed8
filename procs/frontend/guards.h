/* Who may ask: the checks a request passes before it is read. They keep web pages of other origins (CSRF, DNS
 * rebinding) away from a server on loopback. */
#pragma once

#include <h2o.h>
#include <stdbool.h>

#include "ipc/reasons.h"

#define GUARD_PASS (-1)

/* The error to answer with (enum error_code), or GUARD_PASS. allowed_hosts: comma-separated names. */
int guard_request(h2o_req_t *req, const char *allowed_hosts, const char *own_name);
/* "ko", "en" or "" from Accept-Language: the one it weighs higher. */
const char *guard_language(h2o_req_t *req);
/* The value of a header, empty if it is not there. */
h2o_iovec_t guard_header(h2o_req_t *req, const char *name);
/* The page that asks, empty = none said; several are told as "null", an origin that is nobody's. */
h2o_iovec_t guard_origin(h2o_req_t *req);

/* What they decide by, without a request. */
bool guard_is_host_ours(h2o_iovec_t authority, const char *allowed_hosts, const char *own_name);
bool guard_is_origin_local(h2o_iovec_t origin, h2o_iovec_t authority, const char *allowed_hosts);
const char *guard_preferred_language(const char *header, size_t size);
