/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A thread is born, moves to another cgroup, ends, is freed. */
#pragma once

#include "thread.bpf.h"

SEC("tp_btf/sched_process_fork")
int BPF_PROG(on_fork, struct task_struct *parent, struct task_struct *child)
{
	struct thread *thread;

	if (!is_active())
		return 0;
	count_run(USAGE_PROGRAM_on_fork);
	thread = thread_of(child);
	if (thread)
		thread->cgroup = cgroup_of(child);
	return 0;
}

/*
 * Most of what a thread used is folded here: its task may be freed seconds later, and is then good for the rest (its
 * CPU time is still stale here). And the kernel keeps its own sums of a process's ended threads, so we keep ours.
 */
SEC("tp_btf/sched_process_exit")
int BPF_PROG(on_exit, struct task_struct *task)
{
	struct thread *thread, *leader;

	if (!is_active())
		return 0;
	count_run(USAGE_PROGRAM_on_exit);
	thread = bpf_task_storage_get(&threads, task, 0, 0);
	if (!thread)
		return 0;
	hand_in(task, thread);
	if (task->pid == task->tgid)
		return 0;
	leader = bpf_task_storage_get(&threads, task->group_leader, 0, 0);
	if (!leader)
		return 0;
	thread->is_handed = 1; /* first: a reading in between finds it in neither */
#pragma unroll
	for (int c = 0; c < USAGE_COUNTER_COUNT; c++)
		if (thread->counted[c])
			__sync_fetch_and_add(&leader->ended[c], thread->counted[c]);
	must_tell(task->tgid);
	return 0;
}

SEC("tp_btf/sched_process_free")
int BPF_PROG(on_free, struct task_struct *task)
{
	struct thread *thread = bpf_task_storage_get(&threads, task, 0, 0);
	__u64 value[USAGE_COUNTER_COUNT], none[USAGE_COUNTER_COUNT] = {};

	if (!is_active())
		return 0;
	count_run(USAGE_PROGRAM_on_free);
	/* A thread that was dying at the birth of the counters was not primed: its past is nobody's. */
	if (!thread && (task->start_boottime < constants.birth_ns || is_stored(task)))
		return 0;
	read_values(task, thread, value);
	/* Where it was when its time was last settled, not where its process has gone since (see read_usage). */
	fold(thread && thread->cgroup ? thread->cgroup : cgroup_of(task), value,
		thread ? thread->base : none);
	return 0;
}

SEC("tp_btf/cgroup_attach_task")
int BPF_PROG(on_attach, struct cgroup *to, const char *path, struct task_struct *task)
{
	struct thread *thread = bpf_task_storage_get(&threads, task, 0, 0);
	__u64 cgroup = cgroup_of(task);

	if (!thread || thread->cgroup == cgroup || !is_active())
		return 0;
	count_run(USAGE_PROGRAM_on_attach);
	hand_in(task, thread);
	thread->cgroup = cgroup;
	return 0;
}
