// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The live threads along the kernel's own list of tasks (kfuncs, Linux 6.7), without the process id that the task
 * iterator looks up and the reference that it takes for each. An object of its own: where a kernel lacks one of these
 * functions it does not load, and usage.bpf.c counts all the same (docs/decisions/0018-counters.md).
 */
#include <linux/bpf.h>

#include "kernel.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "usage.h"

#include "tell.bpf.h"

struct bpf_iter_task {
	__u64 opaque[3];
} __attribute__((aligned(8)));
extern int bpf_iter_task_new(struct bpf_iter_task *it, struct task_struct *task, unsigned int flags) __ksym;
extern struct task_struct *bpf_iter_task_next(struct bpf_iter_task *it) __ksym;
extern void bpf_iter_task_destroy(struct bpf_iter_task *it) __ksym;
extern struct task_struct *bpf_task_acquire(struct task_struct *task) __ksym;
extern void bpf_task_release(struct task_struct *task) __ksym;
extern void bpf_rcu_read_lock(void) __ksym;
extern void bpf_rcu_read_unlock(void) __ksym;
enum { TASK_ITER_ALL_PROCS = 0, TASK_ITER_PROC_THREADS = 2 }; /* enum of the kernel's task_iter.c */

/* false: there is no room, or it has been enough. */
static __always_inline bool tell_listed(struct task_struct *task, struct usage_reading *now)
{
	return now->looks++ < USAGE_LIST_MAX && tell_thread(task, now);
}

/* A leader that was told to be alone has not run since, so it still is: its list of threads need not be looked at. */
static __always_inline bool is_alone(__u32 tgid)
{
	const struct usage_told *place = told_of(tgid);

	return place && place->tid == tgid && place->ended_ns == USAGE_ALONE;
}

static __always_inline bool tell_threads(struct task_struct *leader, struct usage_reading *now)
{
	struct task_struct *held = bpf_task_acquire(leader), *thread;
	struct bpf_iter_task threads;
	bool is_told = true;

	if (!held) /* it is going, and its threads are gone */
		return true;
	bpf_iter_task_new(&threads, held, TASK_ITER_PROC_THREADS);
	while (is_told && (thread = bpf_iter_task_next(&threads)))
		if (thread->pid != thread->tgid)
			is_told = tell_listed(thread, now);
	bpf_iter_task_destroy(&threads);
	bpf_task_release(held);
	return is_told;
}

/* In one piece under the RCU lock: what is too much for that is left to read_usage. */
SEC("syscall")
int read_list(void *ctx)
{
	struct bpf_iter_task processes;
	struct usage_reading *now;
	struct task_struct *leader;
	__u32 zero = 0;

	now = bpf_map_lookup_elem(&reading, &zero);
	if (!now)
		return 0;
	count_run(USAGE_PROGRAM_read_list);
	now->is_cut = now->looks = 0;
	bpf_rcu_read_lock();
	bpf_iter_task_new(&processes, 0, TASK_ITER_ALL_PROCS);
	while (!now->is_cut && (leader = bpf_iter_task_next(&processes)))
		if (leader->pid != 0) /* the idle task, where the list begins */
			now->is_cut = !tell_listed(leader, now) ||
				      (!is_alone(leader->pid) && !tell_threads(leader, now));
	bpf_iter_task_destroy(&processes);
	bpf_rcu_read_unlock();
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
