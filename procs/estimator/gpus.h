/*
 * The node's GPUs one by one: what zone gpu gained in a turn is split over them as their own readings grew, so that they add
 * up to the node to the µJ, whatever of the readings was believed.
 */
#pragma once

#include "estimator/rows.h"

/* Takes the GPUs' growth and gives each its part of the gain; when rows are split, which says what of it is idle. With
 * is_held nothing moves. */
void gpus_split(struct rows *rows, struct state *state, const struct node_gain *gain, bool is_held);
/* The counters began anew: so do the GPUs' readings. */
void gpus_begin(struct state *state);
/* The row of this GPU in the newest bank; NULL: it is gone. */
const struct ring_gpu *gpus_shown(const struct rows *rows, const struct state_gpu *gpu);
