#include "fetcher/facility_told.h"

#include <errno.h>
#include <json-c/json.h>
#include <math.h>

#include "fetcher/power/promql.h"

/* A value for a step that was not asked for is no answer to the question. */
static int take(struct json_object *pair, int64_t from_s, struct facility_steps *steps)
{
	double watts;
	int64_t at_s;
	int r = promql_point(pair, &at_s, &watts);

	if (r < 0)
		return r;
	if (at_s < from_s || at_s > from_s + FACILITY_STEP_S * (FACILITY_STEPS - 1) ||
		(at_s - from_s) % FACILITY_STEP_S != 0)
		return -EBADMSG;
	if (isfinite(watts) && watts >= 0) /* no meter tells less than nothing */
		steps->watts[(at_s - from_s) / FACILITY_STEP_S] = watts;
	return 0;
}

int facility_read(struct json_object *root, int64_t from_s, struct facility_steps *ret_steps)
{
	struct json_object *series, *values;
	int r = promql_series(root, &series);

	for (size_t i = 0; i < FACILITY_STEPS; i++)
		ret_steps->watts[i] = NAN;
	if (r < 0)
		return r;
	if (json_object_array_length(series) != 1)
		return json_object_array_length(series) == 0 ? -ENODATA : -E2BIG;
	if (!json_object_object_get_ex(json_object_array_get_idx(series, 0), "values", &values) ||
		!json_object_is_type(values, json_type_array))
		return -EBADMSG;
	for (size_t i = 0; i < json_object_array_length(values) && r == 0; i++)
		r = take(json_object_array_get_idx(values, i), from_s, ret_steps);
	return r;
}

void facility_average(const struct facility_steps *facility, const struct facility_steps *it, int64_t from_s,
	struct facility_mean *ret_mean)
{
	double facility_sum = 0, it_sum = 0;
	int count = 0;

	*ret_mean = (struct facility_mean) { 0 };
	for (int i = 0; i < FACILITY_STEPS; i++) {
		if (isnan(facility->watts[i]) || isnan(it->watts[i]))
			continue;
		facility_sum += facility->watts[i];
		it_sum += it->watts[i];
		ret_mean->until_s = from_s + (int64_t)i * FACILITY_STEP_S;
		count++;
	}
	if (count == 0)
		return;
	ret_mean->facility_watts = facility_sum / count;
	ret_mean->it_watts = it_sum / count;
	ret_mean->observed_s = (int64_t)count * FACILITY_STEP_S;
}
