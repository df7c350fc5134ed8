/* How the servers of power and of the site's meters are asked: as the source_ keys of the configuration say. */
#pragma once

#include "base/address.h"
#include "base/config.h"
#include "fetcher/credentials.h"

#define SOURCE_ANSWER_MAX (64U << 20)

/* 0, or -EINVAL after saying that source_pin holds no pins. */
int source_check_pins(const struct config *config);
/* Reads the credentials anew, for they may rotate; the request points into them and to the address. 0, or -errno with
 * why, for people. */
int source_request(const struct config *config, const struct address *address,
	struct credentials *credentials, struct fetch_request *ret_request, char *why, size_t size);
