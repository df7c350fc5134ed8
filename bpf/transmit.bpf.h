/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What sockets send, where they do not tell it (before 6.3): looked at when a packet leaves for a device, whoever runs then.
 * So it is charged to the cgroup whose the socket is, and to no thread.
 */
#pragma once

#include "probes.bpf.h"

#define IPPROTO_UDP         17
#define UDP_HEADER          8
#define TCP_DATA_OFFSET     12 /* in the upper half of this byte, in words */
#define IPV6_HEADER         40
#define NEXTHDR_FRAGMENT    44
#define FRAGMENT_OFFSET     0x1fff /* in 8 bytes */
#define TCP_STATE_TIME_WAIT 6
#define TCP_STATE_NEW_SYN   12
#define CSS_ONLINE          2

/* What of a TCP socket has been charged. */
struct transmit_told {
	__u64 bytes;
	__u32 segments;
	__u32 is_known;
};

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct transmit_told);
} transmitted SEC(".maps");

struct packet {
	__u32 payload, segments;
};

static __always_inline void charge_socket(struct sock *sock, struct packet packet)
{
	struct cgroup *cgroup = sock->sk_cgrp_data.cgroup;
	__u64 other = USAGE_OTHER;
	struct usage_sum *sum;

	/* One that is gone gets no new sum: nobody would ever end it. */
	if (cgroup && cgroup->self.flags & CSS_ONLINE)
		sum = sum_of(cgroup->kn->id);
	else
		sum = bpf_map_lookup_elem(&dead, &other);
	if (!sum)
		return;
	__sync_fetch_and_add(&sum->counter[USAGE_tx_bytes], packet.payload);
	__sync_fetch_and_add(&sum->counter[USAGE_tx_packets], packet.segments);
}

/* Not what waits for a handshake or for its end: that is no whole struct sock. */
static __always_inline bool is_whole(const struct sock *sock)
{
	unsigned char state = sock->__sk_common.skc_state;

	return state != TCP_STATE_TIME_WAIT && state != TCP_STATE_NEW_SYN;
}

/* A byte or two of a packet's headers; addresses are numbers here, which newer verifiers want to be. */
static __always_inline unsigned char byte_at(__u64 address)
{
	unsigned char byte = 0;

	bpf_probe_read_kernel(&byte, sizeof(byte), (const void *)address);
	return byte;
}

static __always_inline __u32 two_bytes_at(__u64 address)
{
	return byte_at(address) << 8 | byte_at(address + 1);
}

/* Of a datagram's later fragments: they have no header of its protocol, and are no datagram more. */
static __always_inline bool is_later_fragment(__u64 header)
{
	if (byte_at(header) >> 4 == 4)
		return two_bytes_at(header + 6) & FRAGMENT_OFFSET;
	return byte_at(header + 6) == NEXTHDR_FRAGMENT && two_bytes_at(header + IPV6_HEADER + 2) >> 3;
}

static __always_inline struct packet packet_of(const struct sk_buff *skb, unsigned short protocol)
{
	__u64 head = (__u64)BPF_CORE_READ(skb, head), transport = head + skb->transport_header;
	const struct skb_shared_info *shared = (const void *)(head + skb->end);
	__u32 before = (__u32)(transport - (__u64)BPF_CORE_READ(skb, data));
	__u32 segments = BPF_CORE_READ(shared, gso_segs);
	struct packet packet = { .segments = segments > 1 ? segments : 1 };

	if (is_later_fragment(head + skb->network_header))
		packet.segments = 0;
	else if (protocol == IPPROTO_UDP)
		before += UDP_HEADER;
	else if (protocol == IPPROTO_TCP)
		before += byte_at(transport + TCP_DATA_OFFSET) >> 4 << 2;
	packet.payload = skb->len > before ? skb->len - before : 0;
	return packet;
}

/* A TCP socket counts by itself, so that devices upon devices change nothing. What it sent before its first look belongs to
 * nobody; what was sent twice counts once. */
static __always_inline struct packet new_of_tcp(struct sock *sock, struct packet packet)
{
	const struct tcp_sock *tcp = (const void *)sock;
	struct transmit_told *told = bpf_sk_storage_get(&transmitted, sock, 0, BPF_SK_STORAGE_GET_F_CREATE);
	__u64 bytes = BPF_CORE_READ(tcp, bytes_sent) - BPF_CORE_READ(tcp, bytes_retrans);
	__u32 segments = BPF_CORE_READ(tcp, segs_out);

	if (!told)
		return packet;
	if (told->is_known) { /* its lock is held: nobody else writes this */
		packet.payload = bytes > told->bytes ? bytes - told->bytes : 0;
		packet.segments = segments - told->segments;
	}
	told->bytes = bytes;
	told->segments = segments;
	told->is_known = 1;
	return packet;
}

SEC("tp_btf/net_dev_queue")
int BPF_PROG(on_transmit, struct sk_buff *skb)
{
	struct sock *sock = skb->sk;

	/* Where it came from another device, or from another network namespace, it has been counted there. */
	if (!sock || !is_network(sock) || !is_whole(sock) || skb->skb_iif != 0 ||
		skb->dev->nd_net.net != sock->__sk_common.skc_net.net || !is_active())
		return 0;
	count_run(USAGE_PROGRAM_on_transmit);
	struct packet packet = packet_of(skb, sock->sk_protocol);
	if (sock->sk_protocol == IPPROTO_TCP)
		packet = new_of_tcp(sock, packet);
	charge_socket(sock, packet);
	return 0;
}
