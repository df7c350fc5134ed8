/* How a workload ran: when, how long at a stretch, and in which hours of Korean time it used its energy. */
#pragma once

#include "analyst/workloads/assessment.h"

struct run_history {
	bool is_known;             /* it ran at all */
	int64_t start, length;     /* the longest stretch, s since 1970 and s */
	bool is_continuous;        /* a day or more at a stretch */
	double energy_by_hour[24]; /* shares of its energy, 1 together */
};

/* Looks back over the question's window, at least a day. 0 or -errno. */
int run_history_gather(
	const struct question *question, const struct subject *subject, struct run_history *ret_history);
