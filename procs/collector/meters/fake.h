/*
 * The fake meter's truth is a pure function of boot time, so that a test can know it without asking any process under
 * test: energy(t) = watts x t, rounded down to the µJ.
 */
#pragma once

#include "base/wide.h"

static inline uint64_t fake_meter_uj(uint64_t milliwatts, uint64_t boot_ns)
{
	return mul_div_u64(milliwatts, boot_ns, 1000000); /* mW x ns = pJ; 10^6 pJ = 1 µJ */
}
