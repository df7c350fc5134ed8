/* Topology frames: who the rows are. */
#pragma once

#include "collector/cgroups.h"
#include "ipc/link.h"

void topology_send_full(struct link *link, const struct frame_head *head, const struct cgroups *cgroups);
/* What is new or has become final since the last call, to both. */
void topology_send_changes(struct link *estimator, struct link *resolver, const struct frame_head *head,
	struct cgroups *cgroups);
void topology_send_forget(struct link *link, const struct frame_head *head, uint64_t id);
