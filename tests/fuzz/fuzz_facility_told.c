/* Any bytes as what a store tells of the site's meters: the means stay finite and the time within the day asked for. */
#include "fetcher/facility_told.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>

#include "ipc/tools.h"

#define FROM 1790000100

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct facility_steps steps;
	struct facility_mean mean;
	size_t offset;
	struct json_object *root = json_parse_strict((const char *)data, size, &offset);

	facility_read(root, FROM, &steps);
	facility_average(&steps, &steps, FROM, &mean);
	if (mean.facility_watts < 0 || isnan(mean.facility_watts) || mean.observed_s < 0 ||
		mean.observed_s > FACILITY_STEP_S * FACILITY_STEPS ||
		(mean.observed_s > 0 && mean.until_s < FROM))
		abort();
	json_object_put(root);
	return 0;
}
