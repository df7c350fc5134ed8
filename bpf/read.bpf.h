/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* All threads: at the counters' birth, and at each reading. */
#pragma once

#include "tell.bpf.h"

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

/* Thread by thread: it waits where there is no room, and lets others run in between. */
SEC("iter/task")
int read_usage(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct usage_reading *now;
	__u32 zero = 0;

	if (!task)
		return 0;
	now = bpf_map_lookup_elem(&reading, &zero);
	count_run(USAGE_PROGRAM_read_usage);
	return now && !tell_thread(task, now); /* 1: this thread again, with the next read() */
}
