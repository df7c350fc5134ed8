/* The three clocks every tick carries. Passed in as values, so that tests own time. All in nanoseconds. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define NS_PER_SECOND      UINT64_C(1000000000)
#define NS_PER_MILLISECOND UINT64_C(1000000)

struct instant {
	uint64_t mono_ns; /* CLOCK_MONOTONIC: stands still in suspend */
	uint64_t boot_ns; /* CLOCK_BOOTTIME: runs on in suspend */
	uint64_t real_ns; /* CLOCK_REALTIME: steps when the operator or NTP steps it */
};

struct instant clock_now(void);
uint64_t clock_mono_ns(void);
/* CLOCK_REALTIME, s since 1970. */
int64_t clock_real_s(void);

/* Writes RFC 3339 with the fixed offset +09:00 (Korea has no daylight saving), "2026-11-24T18:00:00+09:00". */
void clock_format_kst(uint64_t real_ns, char text[static 32]);

/* Reads /proc/sys/kernel/random/boot_id into 16 bytes. 0 or -errno. */
int clock_boot_id(uint8_t ret_boot_id[static 16]);
