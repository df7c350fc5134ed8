/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A thread's values, and how what it used comes to its cgroup. */
#pragma once

#include "maps.bpf.h"

#define ROOT_ID 1 /* of each hierarchy */

/*
 * In v2 a process is in one domain, though its threads may stand in threaded cgroups below (libvirt's vcpu0, emulator):
 * what they use is the domain's, as their memory is. Not the root's: there it would be nobody's.
 */
static __always_inline __u64 cgroup_of(struct task_struct *task)
{
	struct cgroup_subsys_state *css = 0;
	struct css_set *set = task->cgroups;

	if (!constants.is_v1) {
		__u64 domain = set->dom_cset->dfl_cgrp->kn->id;
		return domain != ROOT_ID ? domain : set->dfl_cgrp->kn->id;
	}
	__u32 index = bpf_core_enum_value(enum cgroup_subsys_id, cpuacct_cgrp_id);
	bpf_core_read(&css, sizeof(css), (const void *)&set->subsys + index * sizeof(css));
	return BPF_CORE_READ(css, cgroup, kn, id);
}

/* What found no room of its own is in the entry OTHER, which is there from the start. */
static __always_inline struct usage_sum *sum_of(__u64 cgroup)
{
	static const struct usage_sum zero;
	__u64 other = USAGE_OTHER;
	struct usage_sum *sum = bpf_map_lookup_elem(&dead, &cgroup);

	if (!sum) {
		bpf_map_update_elem(&dead, &cgroup, &zero, BPF_NOEXIST);
		sum = bpf_map_lookup_elem(&dead, &cgroup);
	}
	return sum ? sum : bpf_map_lookup_elem(&dead, &other);
}

static __always_inline void fold(__u64 cgroup, const __u64 *value, const __u64 *base)
{
	struct usage_sum *sum = sum_of(cgroup);

	if (!sum)
		return;
#pragma unroll
	for (int c = 0; c < USAGE_COUNTER_COUNT; c++)
		if (value[c] != base[c])
			__sync_fetch_and_add(&sum->counter[c], value[c] - base[c]);
}

static __always_inline struct usage_told *told_of(__u32 tid)
{
	__u32 place = tid % USAGE_TOLD_MAX;

	return bpf_map_lookup_elem(&told, &place);
}

/* What is told of this thread changes though it does not run: the next reading tells it. */
static __always_inline void must_tell(__u32 tid)
{
	struct usage_told *place = told_of(tid);

	if (place && place->tid == tid)
		place->run_ns = USAGE_UNSETTLED;
}

static __always_inline struct thread *thread_of(struct task_struct *task)
{
	struct thread *thread = bpf_task_storage_get(&threads, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (!thread)
		add_to(&totals, USAGE_TOTAL_UNSTORED, 1);
	return thread;
}

/*
 * The thread has storage, though it was not found: before 6.2 none is, while this CPU is at another one's (an interrupt,
 * or who was preempted there). What is its base is not known then: without it all would be counted once more.
 */
static __always_inline bool is_stored(struct task_struct *task)
{
	return task->bpf_storage != 0;
}

/* The thread's own values; `thread` may be NULL. Fills value[USAGE_COUNTER_COUNT]. */
static __always_inline void read_values(struct task_struct *task, const struct thread *thread, __u64 *value)
{
#pragma unroll
	for (int c = 0; c < USAGE_COUNTER_COUNT; c++)
		value[c] = thread ? thread->counted[c] : 0;
	value[USAGE_cpu_ns] = task->se.sum_exec_runtime;
	if (constants.cpu_only)
		return;
	value[USAGE_switches] = task->nvcsw + task->nivcsw;
	value[USAGE_minor_faults] = task->min_flt;
	value[USAGE_major_faults] = task->maj_flt;
	if (bpf_core_field_exists(task->ioac.read_bytes)) {
		value[USAGE_read_bytes] = task->ioac.read_bytes;
		value[USAGE_write_bytes] = task->ioac.write_bytes;
	}
}

/* The thread went to another cgroup: what it used so far stays with the old one. */
static __always_inline void settle(struct thread *thread, __u64 cgroup, const __u64 *value)
{
	if (thread->cgroup == cgroup)
		return;
	if (thread->cgroup != 0)
		fold(thread->cgroup, value, thread->base);
	__builtin_memcpy(thread->base, value, sizeof(thread->base));
	thread->cgroup = cgroup;
}

/*
 * Folds what the thread used so far. The base moves first: a reading in between finds it in neither and the next finds
 * all, while the other way round it would find it twice. So it would if it found the sum but not that this thread must
 * be told: that is said first, and again at the end, for a reading that told it in between.
 */
static __always_inline void hand_in(struct task_struct *task, struct thread *thread)
{
	__u64 value[USAGE_COUNTER_COUNT], base[USAGE_COUNTER_COUNT];

	must_tell(task->pid);
	read_values(task, thread, value);
	__builtin_memcpy(base, thread->base, sizeof(base));
	__builtin_memcpy(thread->base, value, sizeof(value));
	if (thread->cgroup != 0)
		fold(thread->cgroup, value, base);
	must_tell(task->pid);
}
