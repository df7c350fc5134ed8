/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One thread is told to user space, by whichever program comes to it. */
#pragma once

#include "thread.bpf.h"

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
	if (constants.cpu_only)
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
	__builtin_memset(record->exe, 0, sizeof(record->exe));
	if (task->mm)
		bpf_probe_read_kernel_str(
			record->exe, sizeof(record->exe), task->mm->exe_file->f_path.dentry->d_name.name);
}

/* The index must be a constant, to be relocated; a verifier of 6.1 takes no array of a typedef's structs. */
#define COUNT_PAGES(mm, kind)                                                                                \
	not_negative(                                                                                        \
		bpf_core_field_exists(((struct mm_struct___together *)mm)->rss_stat.count)                   \
			? BPF_CORE_READ((struct mm_struct___together *)mm, rss_stat.count[kind].counter)     \
			: ((struct mm_struct___apart *)mm)->rss_stat[kind].count)

static __always_inline __u64 not_negative(long long pages)
{
	return pages > 0 ? pages : 0;
}

/*
 * What the kernel has added up so far; what its CPUs have not handed in yet, a few dozen pages each, is missing. One page
 * at least: who runs has a stack.
 */
static __always_inline __u64 resident_of(struct task_struct *task)
{
	struct mm_struct *mm = task->mm;
	__u64 pages;

	if (!mm)
		return 0;
	pages = COUNT_PAGES(mm, MM_FILEPAGES) + COUNT_PAGES(mm, MM_ANONPAGES) +
		COUNT_PAGES(mm, MM_SHMEMPAGES);
	return pages ? pages : 1;
}

static __always_inline bool has_threads(struct task_struct *task)
{
	__u64 head = (__u64)task->signal + bpf_core_field_offset(struct signal_struct, thread_head);

	return (__u64)task->thread_node.next != head;
}

/*
 * Nothing a thread owns changes unless it runs, is moved, or, for a leader, a thread of its process ends (one that was
 * alone and has not run since has no threads). Each look here is a cache line for each thread there is: those of
 * task_struct and half a one of `told`, no more.
 */
static __always_inline bool is_told(
	struct task_struct *task, __u32 tid, const struct usage_told *place, __u32 number)
{
	if (place->tid != tid)
		return false;
	if (place->reading == number) /* by a run before this one */
		return true;
	return place->reading == number - 1 && place->run_ns == task->se.sum_exec_runtime &&
	       place->css_set == (__u64)task->cgroups &&
	       (place->ended_ns == USAGE_ALONE || place->ended_ns == task->signal->sum_sched_runtime);
}

/* Before the values: what changes in between is told the next time. So is who is on a CPU: its numbers may be in motion. */
static __always_inline void remember(
	struct task_struct *task, __u32 tid, struct usage_told *place, __u32 number)
{
	bool is_running = bpf_core_field_exists(task->on_cpu) && task->on_cpu;

	place->tid = tid;
	place->run_ns = is_running ? USAGE_UNSETTLED : task->se.sum_exec_runtime;
	place->css_set = (__u64)task->cgroups;
	place->ended_ns =
		tid == (__u32)task->tgid && has_threads(task) ? task->signal->sum_sched_runtime : USAGE_ALONE;
	place->reading = number;
}

static __always_inline void fill_record(
	struct task_struct *task, struct thread *thread, struct usage_record *record)
{
	record->cgroup = cgroup_of(task);
	read_values(task, thread, record->value);
	__builtin_memset(record->base, 0, sizeof(record->base));
	if (thread) {
		/* Only the leader's move is told by cgroup_attach_task; its threads are settled here. */
		if (thread->cgroup == 0)
			thread->cgroup = record->cgroup;
		settle(thread, record->cgroup, record->value);
		__builtin_memcpy(record->base, thread->base, sizeof(record->base));
	}
	record->tgid = task->tgid;
	record->tid = task->pid;
	record->start_ns = task->group_leader->start_boottime;
	record->resident = resident_of(task);
	if (record->tid == record->tgid) {
		add_ended(task, thread, record);
		name(task, record);
	} else if (thread && thread->is_handed) {
#pragma unroll
		for (int c = 0; c < USAGE_COUNTER_COUNT; c++)
			add(record, c, -thread->counted[c]);
	}
}

/* Tells user space of a thread, unless it knows. false: there is no room. */
static __noinline bool tell_thread(struct task_struct *task, struct usage_reading *now)
{
	__u32 tid = task->pid, count = now->records;
	struct usage_told *place = told_of(tid);
	struct usage_record *record;
	struct thread *thread;

	if (place && is_told(task, tid, place, now->number)) {
		place->reading = now->number;
		return true;
	}
	record = bpf_map_lookup_elem(&records, &count);
	if (!record)
		return false;
	thread = thread_of(task);
	if (!thread && is_stored(task)) { /* it is there, and will be told the next time */
		if (place && place->tid == tid) {
			place->run_ns = USAGE_UNSETTLED;
			place->reading = now->number;
		}
		return true;
	}
	if (place)
		remember(task, tid, place, now->number);
	fill_record(task, thread, record);
	now->records = count + 1;
	return true;
}
