/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The optional counters, each by a tracepoint in the context of who causes it: page cache, block, network, softirqs. */
#pragma once

#include "thread.bpf.h"

#define AF_INET     2
#define AF_INET6    10
#define MSG_PEEK    2
#define IPPROTO_TCP 6

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} softirq_began SEC(".maps");

/* A task without storage (the idle task) pays at once. */
static __always_inline void charge(enum usage_counter counter, __u64 amount)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct thread *thread = bpf_task_storage_get(&threads, task, 0, 0);
	struct usage_sum *sum;

	if (thread) {
		__sync_fetch_and_add(&thread->counted[counter], amount);
		return;
	}
	sum = sum_of(cgroup_of(task));
	if (sum)
		__sync_fetch_and_add(&sum->counter[counter], amount);
}

/* Before 5.16 there are no folios, and each page is told by itself. */
static __always_inline __u64 pages_of(struct folio *folio)
{
	const struct folio___described *described = (const void *)folio;
	const struct folio___plain *plain = (const void *)folio;
	const struct folio___order *ordered = (const void *)folio;
	unsigned long flags = 0;

	if (!bpf_core_type_exists(struct folio))
		return 1;
	if (bpf_core_field_exists(plain->flags))
		flags = BPF_CORE_READ(plain, flags);
	else if (bpf_core_field_exists(described->flags.f))
		flags = BPF_CORE_READ(described, flags.f);
	if (!(flags & 1UL << bpf_core_enum_value(enum pageflags, PG_head)))
		return 1;
	if (bpf_core_field_exists(ordered->_folio_order))
		return 1UL << (BPF_CORE_READ(ordered, _folio_order) & 31);
	return 1UL << (BPF_CORE_READ(folio, _flags_1) & 31);
}

SEC("tp_btf/mm_filemap_add_to_page_cache")
int BPF_PROG(on_cache_add, struct folio *folio)
{
	if (!is_active())
		return 0;
	count_run(USAGE_PROGRAM_on_cache_add);
	charge(USAGE_cache_adds, pages_of(folio));
	return 0;
}

SEC("tp_btf/writeback_dirty_folio")
int BPF_PROG(on_cache_dirty, struct folio *folio)
{
	if (!is_active())
		return 0;
	count_run(USAGE_PROGRAM_on_cache_dirty);
	charge(USAGE_cache_dirtied, pages_of(folio));
	return 0;
}

/* In the context of who submits: a reader itself; for buffered writes the kernel's flusher. */
SEC("tp_btf/block_bio_queue")
int BPF_PROG(on_block_io, void *bio)
{
	if (!is_active())
		return 0;
	count_run(USAGE_PROGRAM_on_block_io);
	charge(USAGE_io_ops, 1);
	return 0;
}

static __always_inline bool is_network(const struct sock *sock)
{
	return sock->__sk_common.skc_family == AF_INET || sock->__sk_common.skc_family == AF_INET6;
}

/* Segments of a TCP socket that somebody has been charged for. */
struct socket_told {
	__u32 in, out;
	__u32 is_known;
};

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct socket_told);
} sockets SEC(".maps");

static __always_inline void charge_segments(enum usage_counter counter, __u32 *told, __u32 now)
{
	__s32 grown = (__s32)(now - __sync_lock_test_and_set(told, now));

	if (grown > 0)
		charge(counter, grown);
}

/*
 * Packets leave and arrive in softirqs, whoever is interrupted; but a TCP socket counts its segments, acknowledgements
 * too, and who uses it next pays. Of a datagram there is one packet. What a socket carried before its first look, when it
 * may be years old, belongs to nobody.
 */
static __always_inline void charge_packets(struct sock *sock, enum usage_counter counter)
{
	const struct tcp_sock *tcp = (const void *)sock;
	struct socket_told *told = 0;

	if (sock->sk_protocol == IPPROTO_TCP)
		told = bpf_sk_storage_get(&sockets, sock, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (told && told->is_known) {
		charge_segments(USAGE_rx_packets, &told->in, BPF_CORE_READ(tcp, segs_in));
		charge_segments(USAGE_tx_packets, &told->out, BPF_CORE_READ(tcp, segs_out));
		return;
	}
	if (told) {
		told->in = BPF_CORE_READ(tcp, segs_in);
		told->out = BPF_CORE_READ(tcp, segs_out);
		told->is_known = 1;
	}
	charge(counter, 1);
}

SEC("tp_btf/sock_send_length")
int BPF_PROG(on_send, struct sock *sock, int bytes)
{
	if (bytes <= 0 || !is_network(sock) || !is_active())
		return 0;
	count_run(USAGE_PROGRAM_on_send);
	charge(USAGE_tx_bytes, bytes);
	charge_packets(sock, USAGE_tx_packets);
	return 0;
}

SEC("tp_btf/sock_recv_length")
int BPF_PROG(on_receive, struct sock *sock, int bytes, int flags)
{
	if (bytes <= 0 || flags & MSG_PEEK || !is_network(sock) || !is_active())
		return 0;
	count_run(USAGE_PROGRAM_on_receive);
	charge(USAGE_rx_bytes, bytes);
	charge_packets(sock, USAGE_rx_packets);
	return 0;
}

SEC("tp_btf/softirq_entry")
int BPF_PROG(on_softirq_entry, unsigned int vector)
{
	__u32 zero = 0;
	__u64 *began = bpf_map_lookup_elem(&softirq_began, &zero);

	if (!is_active())
		return 0;
	count_run(USAGE_PROGRAM_on_softirq_entry);
	if (began)
		*began = bpf_ktime_get_ns();
	return 0;
}

SEC("tp_btf/softirq_exit")
int BPF_PROG(on_softirq_exit, unsigned int vector)
{
	__u32 zero = 0;
	__u64 *began = bpf_map_lookup_elem(&softirq_began, &zero);

	if (!is_active())
		return 0;
	count_run(USAGE_PROGRAM_on_softirq_exit);
	if (began && *began != 0) {
		charge(USAGE_softirq_ns, bpf_ktime_get_ns() - *began);
		*began = 0;
	}
	return 0;
}
