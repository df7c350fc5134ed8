#include "estimator/machines.h"

#include <errno.h>
#include <stdlib.h>

#include "estimator/state.h"

int machines_init(struct machines *machines)
{
	*machines = (struct machines) { .all = calloc(MACHINES_MAX, sizeof(*machines->all)) };
	return machines->all == NULL ? -ENOMEM : 0;
}

void machines_done(struct machines *machines)
{
	free(machines->all);
	idmap_done(&machines->by_key);
	*machines = (struct machines) { 0 };
}

static void forget(struct machines *machines, uint64_t key)
{
	uint32_t index;

	if (!idmap_find(&machines->by_key, key, &index))
		return;
	idmap_remove(&machines->by_key, key);
	machines->all[index] = machines->all[--machines->count];
	if (index < machines->count)
		idmap_put(&machines->by_key, machines->all[index].key, index);
}

static void remember(struct machines *machines, uint64_t key, const struct topology_row *row)
{
	uint32_t index;

	if (!idmap_find(&machines->by_key, key, &index)) {
		if (machines->count == MACHINES_MAX ||
			idmap_put(&machines->by_key, key, machines->count) < 0) {
			machines->dropped++;
			return;
		}
		index = machines->count++;
	}
	struct machine *machine = &machines->all[index];
	machine->key = key;
	text_copy(machine->hypervisor, sizeof(machine->hypervisor), row->runtime);
	text_copy(machine->name, sizeof(machine->name), row->workload);
	text_copy(machine->id, sizeof(machine->id),
		row->container_id.size > 0 ? row->container_id : row->workload);
}

void machines_topology(struct machines *machines, const struct frame *frame)
{
	const struct topology_once *once = frame->once;
	const struct topology_row *rows = frame->rows;

	if (once->full && frame->head.part == 0) {
		machines->count = 0;
		idmap_clear(&machines->by_key);
	}
	for (size_t i = 0; i < frame->row_count; i++) {
		if (rows[i].kind != ROW_PROCESS)
			continue;
		uint64_t key = state_process_key(rows[i].tgid, rows[i].start_ns);
		if (rows[i].op == TOPOLOGY_FORGET || rows[i].op == TOPOLOGY_FINAL)
			forget(machines, key);
		else if (rows[i].workload_kind == WORKLOAD_VM)
			remember(machines, key, &rows[i]);
	}
}

const struct machine *machines_find(const struct machines *machines, uint64_t key)
{
	uint32_t index;

	return idmap_find(&machines->by_key, key, &index) ? &machines->all[index] : NULL;
}
