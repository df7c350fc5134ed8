/*
 * A sliding window over one cumulative counter: how much in the last 60 s? Exporter and analyst both keep one per
 * workload and zone, fed by the same frames, so /metrics and an assessment show the same watts in the same minute,
 * whichever of them began first: the points are the last frame of each 4 s of the clock, and the newest frame. Both begin with
 * the first frame that is no longer initializing. Who heard the estimator later, or was restarted, has a shorter window for up
 * to 60 s; so both tell its length (tanso_watts_window_seconds, provenance.power.watts_window_s).
 * Windows that are pushed at the same instants have the same points: then the watts of parts add up to those of the whole.
 * What is new among them begins with the instants of the others.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define WINDOW_POINTS     16
#define WINDOW_SPACING_NS (UINT64_C(4) * 1000000000)
#define WINDOW_SPAN_NS    (UINT64_C(60) * 1000000000)

struct window {
	uint32_t count;
	uint32_t start;
	uint64_t time_ns[WINDOW_POINTS];
	uint64_t value[WINDOW_POINTS];
};

/* Adds a reading of the clock all windows share; of one instant the newer counts. Time or value going backwards empties the
 * window first (a new epoch is not a spike). */
void window_push(struct window *window, uint64_t time_ns, uint64_t value);
/* Growth and time between the oldest point within 60 s and the newest. False until there are two points. */
bool window_growth(const struct window *window, uint64_t *ret_growth, uint64_t *ret_span_ns);
/* True when a push at one instant would leave both with the same points. */
bool window_keeps_step(const struct window *window, const struct window *beat);
/* The points of the beat, each with this value: nothing was used before. */
void window_begin(struct window *window, const struct window *beat, uint64_t value);
/* Adds to each point what the other one's value was at that time. */
void window_add(struct window *to, const struct window *from);
