/*
 * One response of server-sent events (https://html.spec.whatwg.org/#server-sent-events) on one connection: what is given
 * goes out in order, one h2o_send() at a time. Lives in the request's pool: a client who leaves takes it along.
 */
#pragma once

#include <h2o.h>

struct sse;

/* The response is over: its client left, or the end was sent. The sse is gone after this call. */
typedef void sse_gone_fn(void *context);

/* Starts a 200 response; other headers are added to req->res before. */
struct sse *sse_open(h2o_req_t *req, sse_gone_fn *gone, void *context);
/* Bytes given and not yet taken by the connection. */
size_t sse_waiting(const struct sse *sse);
/* Bytes are copied. 0 or -ENOMEM. */
int sse_give(struct sse *sse, const char *bytes, size_t size);
/* Ends the response after what waits; nothing can be given afterwards. */
void sse_end(struct sse *sse);
/* `gone` will not be called. */
void sse_forget(struct sse *sse);
