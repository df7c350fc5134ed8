/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The iterators: all threads at the counters' birth, and at each reading. */
#pragma once

#include "thread.bpf.h"

/* At the birth of the counters: what was used before belongs to nobody. */
SEC("iter/task")
int prime(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct thread *thread;

	if (!task)
		return 0;
	count_run(USAGE_PROGRAM_prime);
	thread = thread_of(task);
	if (thread && thread->cgroup == 0) {
		read_values(task, thread, thread->base);
		thread->cgroup = cgroup_of(task);
	}
	return 0;
}

static __always_inline void add(struct usage_record *record, enum usage_counter counter, __u64 amount)
{
	record->value[counter] += amount;
	record->base[counter] += amount;
}

/* What a process owes to its ended threads is no matter of the leader's cgroup: both sides grow. */
static __always_inline void add_ended(
	struct task_struct *task, const struct thread *leader, struct usage_record *record)
{
	const struct signal_struct *signal = task->signal;

#pragma unroll
	for (int c = 0; c < USAGE_COUNTER_COUNT; c++)
		add(record, c, leader ? leader->ended[c] : 0);
	add(record, USAGE_cpu_ns, signal->sum_sched_runtime);
	if (cpu_only)
		return;
	add(record, USAGE_switches, signal->nvcsw + signal->nivcsw);
	add(record, USAGE_minor_faults, signal->min_flt);
	add(record, USAGE_major_faults, signal->maj_flt);
	if (bpf_core_field_exists(signal->ioac.read_bytes)) {
		add(record, USAGE_read_bytes, signal->ioac.read_bytes);
		add(record, USAGE_write_bytes, signal->ioac.write_bytes);
	}
}

static __always_inline void name(struct task_struct *task, struct usage_record *record)
{
	bpf_probe_read_kernel(record->comm, sizeof(record->comm), task->comm);
	if (task->mm)
		bpf_probe_read_kernel_str(record->exe, sizeof(record->exe),
			BPF_CORE_READ(task, mm, exe_file, f_path.dentry, d_name.name));
}

/* Nothing a thread owns changes unless it runs, is moved (settle), or, for a leader, a thread of its process ends. */
static __always_inline bool is_told(struct task_struct *task, const struct thread *thread, __u32 reader)
{
	return thread->told_to == reader && thread->told_run_ns == task->se.sum_exec_runtime &&
	       thread->told_switches == task->nvcsw + task->nivcsw &&
	       thread->told_ended_ns == task->signal->sum_sched_runtime && thread->cgroup == cgroup_of(task);
}

static __always_inline void remember(struct task_struct *task, struct thread *thread)
{
	thread->told_to = 0;
	thread->told_run_ns = task->se.sum_exec_runtime;
	thread->told_switches = task->nvcsw + task->nivcsw;
	thread->told_ended_ns = task->signal->sum_sched_runtime;
}

static __always_inline void fill_record(
	struct task_struct *task, struct thread *thread, struct usage_record *record)
{
	record->cgroup = cgroup_of(task);
	read_values(task, thread, record->value);
	if (thread) {
		/* Only the leader's move is told by cgroup_attach_task; its threads are settled here. */
		if (thread->cgroup == 0)
			thread->cgroup = record->cgroup;
		settle(thread, record->cgroup, record->value);
		__builtin_memcpy(record->base, thread->base, sizeof(record->base));
	}
	record->tgid = task->tgid;
	record->tid = task->pid;
	record->size = sizeof(*record);
	record->start_ns = task->group_leader->start_boottime;
	if (record->tid == record->tgid) {
		add_ended(task, thread, record);
		name(task, record);
	} else if (thread && thread->is_handed) {
#pragma unroll
		for (int c = 0; c < USAGE_COUNTER_COUNT; c++)
			add(record, c, -thread->counted[c]);
	}
}

SEC("iter/task")
int read_usage(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct usage_layout *now;
	struct thread *thread;
	__u32 zero = 0;

	if (!task)
		return 0;
	count_run(USAGE_PROGRAM_read_usage);
	now = bpf_map_lookup_elem(&layout, &zero);
	thread = thread_of(task);
	if (thread && now && !cpu_only && is_told(task, thread, now->reader)) {
		struct usage_head head = { .tid = task->pid, .size = sizeof(head) };
		bpf_seq_write(ctx->meta->seq, &head, sizeof(head));
		return 0;
	}
	if (thread) /* before the values: what changes in between is told the next time */
		remember(task, thread);
	struct usage_record record = {};
	fill_record(task, thread, &record);
	/* A record that found no room is asked for again. */
	if (bpf_seq_write(ctx->meta->seq, &record, sizeof(record)) == 0 && thread && now)
		thread->told_to = now->reader;
	return 0;
}
