/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The few kernel fields we read, relocated at load time (CO-RE): an object of some KB instead of vmlinux.h's MB, and
 * no BTF needed to build.
 */
#ifndef TANSO_KERNEL_H
#define TANSO_KERNEL_H

#include <linux/types.h>
#include <stdbool.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct kernfs_node {
	__u64 id;
};
struct cgroup_root {
	int hierarchy_id;
};
struct cgroup;
struct cgroup_subsys_state {
	struct cgroup *cgroup;
	struct cgroup_subsys_state *parent;
	unsigned int flags;
};
struct cgroup {
	struct cgroup_subsys_state self;
	struct kernfs_node *kn;
	struct cgroup_root *root;
};
struct css_set {
	struct cgroup_subsys_state *subsys[1];
	struct css_set *dom_cset;
	struct cgroup *dfl_cgrp;
};
struct sched_entity {
	__u64 sum_exec_runtime;
};
struct task_io_accounting { /* its fields only with CONFIG_TASK_IO_ACCOUNTING */
	__u64 read_bytes, write_bytes;
};
struct list_head {
	struct list_head *next;
};
struct signal_struct { /* the sums are of the process's ended threads */
	unsigned long nvcsw, nivcsw, min_flt, maj_flt;
	struct task_io_accounting ioac;
	unsigned long long sum_sched_runtime;
	struct list_head thread_head;
};
struct qstr {
	const unsigned char *name;
};
struct dentry {
	struct qstr d_name;
};
struct path {
	struct dentry *dentry;
};
struct file {
	struct path f_path;
};
struct mm_struct {
	struct file *exe_file;
};
/* How many pages of each kind are resident: one struct until 6.1, a counter a kind since 6.2. */
struct mm_rss_stat {
	struct {
		long long counter;
	} count[4];
};
struct mm_struct___together {
	struct mm_rss_stat rss_stat;
};
struct percpu_counter {
	long long count;
};
struct mm_struct___apart {
	struct percpu_counter rss_stat[4];
};
struct task_struct {
	int pid, tgid;
	__u64 start_boottime;
	int on_cpu; /* with CONFIG_SMP */
	struct task_struct *group_leader;
	struct list_head thread_node;
	struct signal_struct *signal;
	struct css_set *cgroups;
	void *bpf_storage;
	struct mm_struct *mm;
	struct sched_entity se;
	unsigned long nvcsw, nivcsw, min_flt, maj_flt;
	struct task_io_accounting ioac;
	char comm[16];
};
struct net;
typedef struct {
	struct net *net;
} possible_net_t;
struct sock_common {
	unsigned short skc_family;
	volatile unsigned char skc_state;
	possible_net_t skc_net;
};
struct sock_cgroup_data {
	struct cgroup *cgroup; /* of hierarchy v2; since 5.15, with CONFIG_SOCK_CGROUP_DATA */
};
struct sock {
	struct sock_common __sk_common;
	unsigned short sk_protocol;
	struct sock_cgroup_data sk_cgrp_data;
};
struct tcp_sock { /* begins with the struct sock */
	__u32 segs_in, segs_out;
	__u64 bytes_sent, bytes_retrans;
};
struct net_device {
	possible_net_t nd_net;
};
struct sk_buff {
	struct net_device *dev;
	struct sock *sk;
	unsigned int len;
	int skb_iif;
	__u16 transport_header, network_header;
	unsigned int end; /* an offset on 64 bits */
	unsigned char *head, *data;
};
struct skb_shared_info {
	unsigned short gso_segs;
};
struct seq_file;
struct bpf_iter_meta {
	struct seq_file *seq;
};
struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

/* A folio's order has moved twice: 5.16, 6.6; its flags became a struct in 6.18. */
struct folio {
	unsigned long _flags_1;
};
struct folio___order {
	unsigned char _folio_order;
};
struct folio___plain {
	unsigned long flags;
};
typedef struct {
	unsigned long f;
} memdesc_flags_t;
struct folio___described {
	memdesc_flags_t flags;
};
#pragma clang attribute pop

enum { MM_FILEPAGES = 0, MM_ANONPAGES = 1, MM_SHMEMPAGES = 3 }; /* mm_types_task.h, since 4.5 */

/* Only their relocated values are used. */
enum cgroup_subsys_id { cpuacct_cgrp_id = 2 };
enum pageflags { PG_head = 6 };

#endif
