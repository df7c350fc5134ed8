/*
 * The dashboard's feed, GET /events: server-sent events (https://html.spec.whatwg.org/#server-sent-events) with the
 * answers of list_top_power_consumers (event power, every LIVE_POWER_MS) and get_power_consumption_summary (event
 * summary, every LIVE_SUMMARY_MS), or the error instead (event trouble). Each question is asked once for all
 * who may see the same namespaces, and not at all when nobody listens. A listener that does not read misses events, counted; it never grows memory
 * beyond LIVE_WAITING_MAX.
 */
#pragma once

#include <h2o.h>

#include "frontend/asks.h"
#include "frontend/auth/principal.h"

#define LIVE_WAITING_MAX (UINT32_C(64) << 10) /* bytes of one listener that wait to be sent */
#define LIVE_POWER_MS    2000
#define LIVE_SUMMARY_MS  20000

struct live;

/* limits: shared with other kinds of streams; outlives it. */
int live_new(struct live **ret_live, struct asks *asks, struct stats *stats, struct stream_limits *limits);
void live_free(struct live *live);
/* Makes the request a listener. 0; -EBUSY, -EDQUOT: principal_may_stream(); -ENOMEM. */
int live_listen(struct live *live, h2o_req_t *req, struct principal *principal);
size_t live_count(const struct live *live);
/* Asks what is due; once a turn. */
void live_turn(struct live *live);
/* Ends every stream: the process is about to end. */
void live_end(struct live *live);
