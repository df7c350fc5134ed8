/* A URL of ours taken apart, its host's name looked up once (no name is looked up within the sandbox). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct address {
	char url[600];     /* whole, with path and port */
	char resolve[700]; /* curl's "HOST:PORT:ADDRESS"; "" where the host is an address already */
	uint16_t port;
	bool is_plain, is_loopback; /* http; 127.0.0.0/8, [::1] or a name that means one of them */
};

/* `url` must be https, or http where that may be, and have no user; a URL without a path gets `path`. 0, -EINVAL, or
 * -EHOSTUNREACH with the resolver's word in *ret_reason (static text). */
int address_find(const char *url, const char *path, bool may_be_plain, struct address *ret_address,
	const char **ret_reason);
