/* What a store tells of the site's two meters: power by steps of five minutes, and its means over those that both have. */
#pragma once

#include <stdint.h>

struct json_object;

#define FACILITY_STEP_S 300
#define FACILITY_STEPS  288 /* a day: cooling follows the hours */

/* A step without a value is NAN. */
struct facility_steps {
	double watts[FACILITY_STEPS];
};

struct facility_mean {
	double facility_watts, it_watts; /* 0 = no step has both */
	int64_t observed_s, until_s;     /* how long they are together; the newest */
};

/* The answer to a range query whose first step is from_s. 0; -ENODATA: no series or no value; -E2BIG: more than one
 * series; -EBADMSG: no such answer. */
int facility_read(struct json_object *root, int64_t from_s, struct facility_steps *ret_steps);
void facility_average(const struct facility_steps *facility, const struct facility_steps *it, int64_t from_s,
	struct facility_mean *ret_mean);
