/* What the resolver knows of one row: every text "" and every quantity 0 where it does not know. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct names {
	char namespace[254], pod[254], container[254], owner_kind[65], owner[254];
	uint64_t cpu_request_millicores, cpu_limit_millicores, memory_request_bytes, memory_limit_bytes;
};
