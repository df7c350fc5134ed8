/* 128-bit products: a rate times nanoseconds does not fit 64 bits. */
#pragma once

#include <stdint.h>

__extension__ typedef unsigned __int128 uint128;

/* floor(a * b / divisor), saturating at UINT64_MAX. divisor > 0. */
static inline uint64_t mul_div_u64(uint64_t a, uint64_t b, uint64_t divisor)
{
	uint128 quotient = (uint128)a * b / divisor;

	return quotient > UINT64_MAX ? UINT64_MAX : (uint64_t)quotient;
}
