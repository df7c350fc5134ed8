/*
 * The processes that run virtual machines, found by their names: what the topology tells of them. A
 * machine that runs as several processes has several entries with one id. Bounded; what finds no room is counted.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "collector/processes.h"
#include "collector/vm_parse.h"

#define VMS_MAX 1024

struct vm {
	uint64_t cgroup, start_ns;
	uint32_t tgid;
	bool is_seen, is_new, has_ended;
	struct vm_identity identity;
};

struct vms {
	struct vm *all; /* VMS_MAX */
	uint32_t count;
	double dropped;
};

int vms_init(struct vms *vms);
void vms_done(struct vms *vms);
/* After a reading: new ones are looked at in procfs_root, those that are gone have ended. */
void vms_update(struct vms *vms, const char *procfs_root, const struct processes *processes);
/* The changes have been told: none is new any more, the ended are forgotten. */
void vms_told(struct vms *vms);
