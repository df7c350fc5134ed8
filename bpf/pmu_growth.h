/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How a hardware counter grew: arithmetic alone, for the programs and for their unit test. */
#pragma once

#include <linux/bpf.h>

/*
 * How an event grew since `last`, scaled up by the time it shared its counter with others. 0 when it had none: what it
 * missed then is told by its next turn. An event of which anything is less than before was opened anew.
 */
static inline __attribute__((always_inline)) __u64 pmu_growth(
	struct bpf_perf_event_value *last, const struct bpf_perf_event_value *now)
{
	__u64 counter, enabled, running;

	if (last->enabled == 0) { /* the first look: what was before belongs to nobody */
		*last = *now;
		return 0;
	}
	if (now->enabled < last->enabled || now->running < last->running || now->counter < last->counter)
		__builtin_memset(last, 0, sizeof(*last));
	counter = now->counter - last->counter;
	enabled = now->enabled - last->enabled;
	running = now->running - last->running;
	if (running == 0)
		return 0;
	*last = *now;
	if (running >= enabled)
		return counter;
	if (enabled >> 32) { /* in us, so that the products fit */
		enabled >>= 10;
		running = (running >> 10) + 1;
	}
	return counter / running * enabled + counter % running * enabled / running;
}
