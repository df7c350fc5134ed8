/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Cgroups that come and go, told through a ring buffer. */
#pragma once

#include "maps.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, USAGE_EVENT_RING);
} events SEC(".maps");

static __always_inline void tell(__u32 kind, struct cgroup *cgroup, const char *path)
{
	struct usage_event *event;

	if (cgroup->root->hierarchy_id != constants.hierarchy_id || !is_active())
		return;
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event) {
		add_to(&totals, USAGE_TOTAL_EVENTS_DROPPED, 1);
		return;
	}
	event->cgroup = cgroup->kn->id;
	event->parent = BPF_CORE_READ(cgroup, self.parent, cgroup, kn, id);
	event->kind = kind;
	event->path[0] = '\0';
	bpf_probe_read_kernel_str(event->path, sizeof(event->path), path);
	bpf_ringbuf_submit(event, 0);
}

SEC("tp_btf/cgroup_mkdir")
int BPF_PROG(on_mkdir, struct cgroup *cgroup, const char *path)
{
	count_run(USAGE_PROGRAM_on_mkdir);
	tell(USAGE_EVENT_MKDIR, cgroup, path);
	return 0;
}

SEC("tp_btf/cgroup_rmdir")
int BPF_PROG(on_rmdir, struct cgroup *cgroup, const char *path)
{
	count_run(USAGE_PROGRAM_on_rmdir);
	tell(USAGE_EVENT_RMDIR, cgroup, path);
	return 0;
}
