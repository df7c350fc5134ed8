/*
 * The site's two meters, facility and IT power, in a Prometheus-compatible store: once a minute both are asked for the last
 * day, and what they tell together goes to the analyst, who judges it. What was told last stays when the store falls
 * silent, with the time it is of.
 */
#pragma once

#include "base/clock.h"
#include "base/config.h"
#include "base/loop.h"
#include "base/stats.h"
#include "ipc/link.h"

struct facility_asker;

/* Before the sandbox. *ret_asker is NULL where no query is configured. 0 or -errno, after saying why. */
int facility_asker_new(const struct config *config, struct loop *loop, struct stats *stats,
	struct facility_asker **ret_asker);
void facility_asker_free(struct facility_asker *asker);
void facility_asker_tell(struct facility_asker *asker, struct link *analyst);
/* Once a second: asks when it is due, tells when there is news. Between two ticks it is `now`. */
void facility_asker_tick(struct facility_asker *asker, struct link *analyst, const struct instant *now);
/* 0 = none. */
uint16_t facility_asker_port(const struct facility_asker *asker);
bool facility_asker_is_lost(const struct facility_asker *asker, uint64_t mono_ns);
