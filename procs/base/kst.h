/* Korean civil time: UTC+9, no daylight saving. Pure arithmetic, no tz database (none is readable under the sandbox). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KST_OFFSET_SECONDS INT64_C(32400)
#define MINUTE_SECONDS     INT64_C(60)
#define HOUR_SECONDS       INT64_C(3600)
#define DAY_SECONDS        INT64_C(86400)

enum weekday { SUNDAY, MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY };

struct kst {
	int year, month, day; /* month 1 … 12 */
	int hour, minute, second;
	enum weekday weekday;
};

struct kst kst_of(int64_t seconds);                   /* s since 1970 */
int64_t kst_midnight(int64_t seconds);                /* of that day, s since 1970 */
int64_t kst_seconds(int year, int month, int day);    /* midnight of that day, s since 1970 */
bool kst_parse_date(const char *text, int *ret_date); /* "2026-11-26" -> 20261126; false: no such day */
int kst_date(const struct kst *kst);                  /* 20261126 */
/* RFC 3339 without fractions, "2026-11-24T09:00:00+09:00" or "…Z": s since 1970. */
bool kst_parse_time(const char *text, int64_t *ret_seconds);
/* "HH:MM": seconds of the day. `size` bytes are looked at. */
bool kst_parse_clock(const char *text, size_t size, int64_t *ret_seconds);
