/*
 * Who is behind a proxy. Every proxy appends to X-Forwarded-For the address that connected to it, so the list is read from its
 * end, as long as who says it is trusted: the first address that is not trusted is the client. What stands before it anybody
 * may have written. Addresses are those of IPv6; IPv4 as ::ffff:a.b.c.d.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define FORWARDED_NETWORKS_MAX 32
#define FORWARDED_HOPS_MAX     16 /* of one request; beyond, nobody is believed */
#define FORWARDED_ADDRESS      16

struct forwarded_networks {
	struct {
		uint8_t address[FORWARDED_ADDRESS];
		unsigned prefix;
	} all[FORWARDED_NETWORKS_MAX];
	size_t count;
};

/* "10.0.0.0/8, 2001:db8::/32, 192.0.2.1" ("" = none). 0, -EINVAL or -E2BIG. */
int forwarded_read_networks(const char *list, struct forwarded_networks *ret_networks);
bool forwarded_is_trusted(
	const struct forwarded_networks *trusted, const uint8_t address[static FORWARDED_ADDRESS]);
/* Whether it is ::ffff:a.b.c.d. */
bool forwarded_is_v4(const uint8_t address[static FORWARDED_ADDRESS]);
/* 0; -EAFNOSUPPORT: it is no address of the internet. */
int forwarded_peer(const struct sockaddr *peer, uint8_t ret_address[static FORWARDED_ADDRESS]);
/* Goes on from *address, who is trusted, by one line of the header; a request's lines are read from the last to the first.
 * True: *address is the client, or the last trusted one where what it said cannot be read. False: all in this line are
 * trusted, and *address is the first of them; the line before may say more. *hops is 0 at first. */
bool forwarded_follow(const struct forwarded_networks *trusted, const char *line, size_t size, unsigned *hops,
	uint8_t address[static FORWARDED_ADDRESS]);
