/* Where sums begin at zero: at a boot, and in a new energy epoch. Private to this folder. */
#pragma once

#include "analyst/book/book.h"
#include "ipc/frame.h"

bool life_is_other(const struct book *book, const struct frame_head *head);
/* Baselines count from zero: what was before belongs to a life that is over. */
void life_begin(struct book *book, const struct frame_head *head, const struct power_once *once);
