/* What is asked for, and the answers that every route gives when it cannot be had. */
#pragma once

#include "frontend/http.h"
#include "ipc/reasons.h"

#define REPLY_JSON "application/json"

bool request_is_for(const h2o_req_t *req, const char *path);
/* GET or HEAD */
bool request_is_get(const h2o_req_t *req);
/* "en" or "ko" */
const char *reply_language(struct http *http, h2o_req_t *req);

/* Text that reply_language() chose, so that caches keep one for each. */
void reply_in_language(h2o_req_t *req, int status, const char *type, const char *text, size_t size);
void reply_error(struct http *http, h2o_req_t *req, const struct error_object *error);
void reply_code(struct http *http, h2o_req_t *req, enum error_code code);
/* allowed: "GET, HEAD" */
void reply_wrong_method(struct http *http, h2o_req_t *req, const char *allowed);
/* What guard_request() refused; says what the operator can do about it. */
void reply_refused(struct http *http, h2o_req_t *req, enum error_code code);
/* 401, and what to show instead. */
void reply_unauthorized(struct http *http, h2o_req_t *req);
/* 429 */
void reply_too_fast(struct http *http, h2o_req_t *req);
