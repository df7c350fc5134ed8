/* One workload, all that is known of it in the window: what every tool that is asked by name begins with. */
#pragma once

#include "analyst/workloads/find.h"
#include "analyst/carbon/verdict.h"

struct assessment {
	struct subject subject;
	struct usage usage, node;
	uint64_t present_ns;
	struct verdict verdict;
	bool has_watts;
	double watts[PART_COUNT]; /* of the last 60 s, by part; where has_watts */
};

/* A zeroed struct needs no done(). */
void assessment_done(struct assessment *assessment);
/* Finds the workload the question names, its usage, watts and verdict; reasons go to the question. 0, -EINVAL with
 * `error` filled, or another -errno; assessment_done() in any case. */
int assessment_gather(
	struct question *question, struct assessment *ret_assessment, struct error_object *error);
/* All parts of the last 60 s. W. */
double assessment_watts(const struct assessment *assessment);
