/* Topology frames: who the rows are, cgroups and the processes that run virtual machines. */
#pragma once

#include "collector/cgroups.h"
#include "collector/vms.h"
#include "ipc/link.h"

void topology_send_full(struct link *link, const struct frame_head *head, const struct cgroups *cgroups,
	const struct vms *vms);
/* What is new or has become final since the last call, to both. */
void topology_send_changes(struct link *estimator, struct link *resolver, const struct frame_head *head,
	struct cgroups *cgroups, struct vms *vms);
void topology_send_forget(struct link *link, const struct frame_head *head, uint64_t id);
