/*
 * Which processes run a virtual machine, as the collector's topology tells. Names of a process, never keys: a late one
 * changes no energy. Bounded; what finds no room stays nameless and is counted.
 */
#pragma once

#include "base/idmap.h"
#include "ipc/frame.h"

#define MACHINES_MAX 1024

struct machine {
	uint64_t key; /* state_process_key() */
	char hypervisor[33], name[254], id[65];
};

struct machines {
	struct machine *all; /* MACHINES_MAX */
	uint32_t count;
	struct idmap by_key;
	uint64_t dropped;
};

int machines_init(struct machines *machines);
void machines_done(struct machines *machines);
/* Applies one part of a topology frame; a full one forgets whom it does not name. */
void machines_topology(struct machines *machines, const struct frame *frame);
/* NULL: it runs none. Valid until the next topology. */
const struct machine *machines_find(const struct machines *machines, uint64_t key);
