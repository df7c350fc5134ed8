// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What every thread uses, charged to its cgroup: C(cgroup) = dead[cgroup] + sum over live threads (value - base).
 * CPU time, switches, faults and block bytes are read where the kernel keeps them (se.sum_exec_runtime is what cpuacct
 * itself sums up), so the scheduler's hot path stays empty and a thread that never leaves the CPU is exact; the others
 * are counted by optional programs into the thread's storage. A thread is folded into dead[] when it exits, and once
 * more when its task is freed: at sched_process_exit its CPU time is still stale.
 */
#include <linux/bpf.h>

#include "kernel.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "usage.h"

#include "cgroups.bpf.h"
#include "life.bpf.h"
#include "pmu.bpf.h"
#include "probes.bpf.h"
#include "read.bpf.h"
#include "transmit.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";
