#include "collector/topology.h"

#include <stdlib.h>

#include "base/cleanup.h"

static void fill_row(struct topology_row *row, enum topology_op op, const struct cgroup *cgroup)
{
	const struct identity *identity = &cgroup->identity;

	*row = (struct topology_row) {
		.op = (uint8_t)op,
		.id = cgroup->id,
		.parent = cgroup->parent,
		.kind = ROW_CGROUP,
		.start_ns = cgroup->start_ns,
		.path = text_of(cgroup->path),
		.comm = text_of(""),
		.workload_kind = (uint8_t)identity->kind,
		.runtime = text_of(identity->runtime),
		.workload = text_of(identity->workload),
		.namespace = text_of(identity->namespace),
		.pod_uid = text_of(identity->pod_uid),
		.container_id = text_of(identity->container_id),
	};
}

/* The machine's namespace is that of libvirt's and machined's scopes. */
static void fill_vm(struct topology_row *row, const struct vm *vm)
{
	*row = (struct topology_row) {
		.op = (uint8_t)(vm->has_ended ? TOPOLOGY_FORGET : TOPOLOGY_ADD),
		.id = vm->cgroup,
		.kind = ROW_PROCESS,
		.tgid = vm->tgid,
		.start_ns = vm->start_ns,
		.path = text_of(""),
		.comm = text_of(""),
		.workload_kind = WORKLOAD_VM,
		.runtime = text_of(vm->identity.hypervisor),
		.workload = text_of(vm->identity.name),
		.namespace = text_of("machine.slice"),
		.pod_uid = text_of(""),
		.container_id = text_of(vm->identity.id),
	};
}

static enum topology_op op_of(const struct cgroup *cgroup)
{
	return cgroup->final_seq != 0 ? TOPOLOGY_FINAL : TOPOLOGY_ADD;
}

void topology_send_full(struct link *link, const struct frame_head *head, const struct cgroups *cgroups,
	const struct vms *vms)
{
	CLEANUP(freep) struct topology_row *rows = calloc(cgroups->count + vms->count + 1, sizeof(*rows));
	const struct topology_once once = { .full = 1 };
	size_t count = cgroups->count;

	if (rows == NULL)
		return; /* the link still owes it */
	for (uint32_t i = 0; i < cgroups->count; i++)
		fill_row(&rows[i], op_of(&cgroups->all[i]), &cgroups->all[i]);
	for (uint32_t i = 0; i < vms->count; i++)
		if (!vms->all[i].has_ended)
			fill_vm(&rows[count++], &vms->all[i]);
	link_send(link, head, &once, rows, count);
}

void topology_send_changes(struct link *estimator, struct link *resolver, const struct frame_head *head,
	struct cgroups *cgroups, struct vms *vms)
{
	CLEANUP(freep) struct topology_row *rows = calloc(cgroups->count + vms->count + 1, sizeof(*rows));
	const struct topology_once once = { .full = 0 };
	size_t count = 0;

	if (rows == NULL)
		return;
	for (uint32_t i = 0; i < cgroups->count; i++) {
		struct cgroup *cgroup = &cgroups->all[i];
		if (!cgroup->is_new && (cgroup->final_seq == 0 || cgroup->final_seq != head->seq))
			continue;
		fill_row(&rows[count++], op_of(cgroup), cgroup);
		cgroup->is_new = false;
	}
	for (uint32_t i = 0; i < vms->count; i++)
		if (vms->all[i].is_new || vms->all[i].has_ended)
			fill_vm(&rows[count++], &vms->all[i]);
	if (count == 0)
		return;
	link_send(estimator, head, &once, rows, count);
	link_send(resolver, head, &once, rows, count);
	vms_told(vms);
}

void topology_send_forget(struct link *link, const struct frame_head *head, uint64_t id)
{
	const struct topology_once once = { .full = 0 };
	const struct topology_row row = { .op = TOPOLOGY_FORGET, .id = id, .kind = ROW_CGROUP };

	link_send(link, head, &once, &row, 1);
}
