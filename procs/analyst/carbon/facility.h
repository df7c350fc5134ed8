/*
 * The measured PUE: energy of the whole facility over that of its IT equipment (ISO/IEC 30134-2; an interim one, for it is of
 * a day), from what two meters of the site told the fetcher. Believed from an hour of both on, while it is fresh, and
 * between 1 and 10.
 */
#pragma once

#include "ipc/frame.h"

#define FACILITY_LEAST_S 3600 /* of both meters together */
#define FACILITY_STALE_S 3600 /* since the newest step that both told */
#define FACILITY_PUE_MAX 10.0

enum facility_state {
	FACILITY_NONE, /* no meters are configured */
	FACILITY_USABLE,
	FACILITY_SILENT, /* nothing was told yet */
	FACILITY_SHORT,
	FACILITY_STALE,
	FACILITY_BELOW_ONE,
	FACILITY_IMPLAUSIBLE
};

struct facility {
	bool is_told; /* a frame came */
	double facility_watts, it_watts;
	int64_t observed_s, until_s;
	char failure[257]; /* why the store does not answer, "" = it does */
};

/* A facility frame. 0 or -EBADMSG. */
int facility_take(struct facility *facility, const struct frame *frame);
/* facility NULL: FACILITY_NONE. *ret_pue is 0 unless usable. */
enum facility_state facility_judge(const struct facility *facility, int64_t now_s, double *ret_pue);
/* Why it is not usable, for people; "" where it is. */
void facility_explain(
	const struct facility *facility, enum facility_state state, bool is_korean, char *text, size_t size);
