// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * CPU time of every thread, charged to its cgroup: C(cgroup) = dead[cgroup] + sum over live threads (value - base).
 * Time is read (se.sum_exec_runtime, what cpuacct itself sums up), not counted, so the scheduler's hot path stays empty
 * and a thread that never leaves the CPU is exact. A thread is folded into dead[] when its task is freed: earlier, at
 * sched_process_exit, its sum is still stale.
 */
#include <linux/bpf.h>

#include "kernel.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "usage.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile bool is_v1 = false;   /* cpuacct hierarchy instead of cgroup v2 */
const volatile int hierarchy_id = 0; /* as in /proc/cgroups; 0 = v2 */
const volatile __u64 birth_ns = 0;   /* CLOCK_BOOTTIME of the counters' birth */

struct thread {
	__u64 base;   /* part of sum_exec_runtime that belongs elsewhere */
	__u64 cgroup; /* where the rest belongs */
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct thread);
} threads SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, USAGE_DEAD_MAX);
	__type(key, __u64);
	__type(value, __u64);
} dead SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, USAGE_TOTAL_COUNT);
	__type(key, __u32);
	__type(value, __u64);
} totals SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, USAGE_PROGRAM_COUNT);
	__type(key, __u32);
	__type(value, __u64);
} runs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct usage_layout);
} layout SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, USAGE_EVENT_RING);
} events SEC(".maps");

static void add_to(void *map, __u32 slot, __u64 amount)
{
	__u64 *value = bpf_map_lookup_elem(map, &slot);

	if (value)
		__sync_fetch_and_add(value, amount);
}

static void count_run(__u32 program)
{
	add_to(&runs, program, 1);
}

static __u64 cgroup_of(struct task_struct *task)
{
	struct css_set *set = task->cgroups;
	struct cgroup_subsys_state *css = 0;

	if (!is_v1)
		return BPF_CORE_READ(set, dfl_cgrp, kn, id);
	__u32 index = bpf_core_enum_value(enum cgroup_subsys_id, cpuacct_cgrp_id);
	bpf_core_read(&css, sizeof(css), (const void *)&set->subsys + index * sizeof(css));
	return BPF_CORE_READ(css, cgroup, kn, id);
}

static void fold(__u64 cgroup, __u64 ns)
{
	__u64 zero = 0;
	__u64 *sum;

	if (ns == 0)
		return;
	sum = bpf_map_lookup_elem(&dead, &cgroup);
	if (!sum) {
		bpf_map_update_elem(&dead, &cgroup, &zero, BPF_NOEXIST);
		sum = bpf_map_lookup_elem(&dead, &cgroup);
	}
	if (sum)
		__sync_fetch_and_add(sum, ns);
	else
		add_to(&totals, USAGE_TOTAL_DEAD_OTHER, ns);
}

static struct thread *thread_of(struct task_struct *task)
{
	struct thread *thread = bpf_task_storage_get(&threads, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (!thread)
		add_to(&totals, USAGE_TOTAL_UNSTORED, 1);
	return thread;
}

/* The thread went to another cgroup: what it used so far stays with the old one. */
static void settle(struct thread *thread, __u64 cgroup, __u64 value)
{
	if (thread->cgroup == cgroup)
		return;
	if (thread->cgroup != 0)
		fold(thread->cgroup, value - thread->base);
	thread->base = value;
	thread->cgroup = cgroup;
}

/* At the birth of the counters: what was used before belongs to nobody. */
SEC("iter/task")
int prime(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct thread *thread;

	if (!task)
		return 0;
	count_run(USAGE_PRIME);
	thread = thread_of(task);
	if (thread && thread->cgroup == 0) {
		thread->base = task->se.sum_exec_runtime;
		thread->cgroup = cgroup_of(task);
	}
	return 0;
}

SEC("iter/task")
int read_usage(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct usage_record record = {};
	struct thread *thread;

	if (!task)
		return 0;
	count_run(USAGE_READ);
	record.lifetime_ns = task->se.sum_exec_runtime;
	record.cgroup = cgroup_of(task);
	record.cpu_ns = record.lifetime_ns;
	thread = thread_of(task);
	if (thread) {
		/* Only the leader's move is told by cgroup_attach_task; its threads are settled here. */
		if (thread->cgroup == 0)
			thread->cgroup = record.cgroup;
		settle(thread, record.cgroup, record.lifetime_ns);
		record.cpu_ns = record.lifetime_ns - thread->base;
	}
	record.tgid = task->tgid;
	record.tid = task->pid;
	record.start_ns = BPF_CORE_READ(task, group_leader, start_boottime);
	if (record.tid == record.tgid)
		record.group_ended_ns = BPF_CORE_READ(task, signal, sum_sched_runtime);
	bpf_seq_write(ctx->meta->seq, &record, sizeof(record));
	return 0;
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(on_fork, struct task_struct *parent, struct task_struct *child)
{
	struct thread *thread = thread_of(child);

	count_run(USAGE_FORK);
	if (thread)
		thread->cgroup = cgroup_of(child);
	return 0;
}

SEC("tp_btf/sched_process_free")
int BPF_PROG(on_free, struct task_struct *task)
{
	struct thread *thread = bpf_task_storage_get(&threads, task, 0, 0);
	__u64 value = task->se.sum_exec_runtime;

	count_run(USAGE_FREE);
	/* A thread that was dying at the birth of the counters was not primed: its past is nobody's. */
	if (!thread && task->start_boottime < birth_ns)
		return 0;
	/* Where it was when its time was last settled, not where its process has gone since (see read_usage). */
	fold(thread && thread->cgroup ? thread->cgroup : cgroup_of(task),
		thread ? value - thread->base : value);
	return 0;
}

SEC("tp_btf/cgroup_attach_task")
int BPF_PROG(on_attach, struct cgroup *to, const char *path, struct task_struct *task)
{
	struct thread *thread = bpf_task_storage_get(&threads, task, 0, 0);

	count_run(USAGE_ATTACH);
	if (thread)
		settle(thread, cgroup_of(task), task->se.sum_exec_runtime);
	return 0;
}

static void tell(__u32 kind, struct cgroup *cgroup, const char *path)
{
	struct usage_event *event;

	if (cgroup->root->hierarchy_id != hierarchy_id)
		return;
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event) {
		add_to(&totals, USAGE_TOTAL_EVENTS_DROPPED, 1);
		return;
	}
	event->cgroup = cgroup->kn->id;
	event->kind = kind;
	event->path[0] = '\0';
	bpf_probe_read_kernel_str(event->path, sizeof(event->path), path);
	bpf_ringbuf_submit(event, 0);
}

SEC("tp_btf/cgroup_mkdir")
int BPF_PROG(on_mkdir, struct cgroup *cgroup, const char *path)
{
	count_run(USAGE_MKDIR);
	tell(USAGE_EVENT_MKDIR, cgroup, path);
	return 0;
}

SEC("tp_btf/cgroup_rmdir")
int BPF_PROG(on_rmdir, struct cgroup *cgroup, const char *path)
{
	count_run(USAGE_RMDIR);
	tell(USAGE_EVENT_RMDIR, cgroup, path);
	return 0;
}
