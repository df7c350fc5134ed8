/* What an account has of the counters that are passed on as the kernel counted them (metrics_counters). */
#pragma once

#include <stdbool.h>

#include "ipc/ring.h"

struct account_passed {
	struct passed base; /* of rows that are gone */
	struct passed now;  /* of rows there are */
};

void passed_add(struct passed *to, const struct passed *from);
bool passed_is_zero(const struct passed *passed);
/* All of it leaves the series for good, modulo 2^64. False: it was nothing. */
bool account_passed_hand_in(struct account_passed *account);
