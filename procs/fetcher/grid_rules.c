#include "fetcher/grid_rules.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/log.h"
#include "korea/data_json.h"

struct reader {
	const struct config *config;
	struct grid_mix_rules *rules;
};

static int read_factor(void *context, const struct json_place *place)
{
	const struct reader *reader = context;
	char fuel[32];
	double value = 0;
	int r = place_text(place, "fuel", fuel, sizeof(fuel));

	if (r == 0)
		r = place_number(place, reader->config->grid_factor, 0, GRID_INTENSITY_MAX, &value);
	for (int i = 0; i < FUEL_COUNT && r == 0; i++)
		if (strcmp(fuel_names[i], fuel) == 0)
			reader->rules->factors[i] = value;
	return r;
}

int grid_rules_read(const struct config *config, struct grid_mix_rules *ret_rules)
{
	char folder[CONFIG_TEXT_MAX], sha256[65], error[512] = "";
	struct json_source source = { .folder = folder,
		.file = "emission_factors.json",
		.list = "factors",
		.keys = " direct fuel lifecycle " };
	struct reader reader = { config, ret_rules };
	size_t none = 0;
	int r;

	for (int i = 0; i < FUEL_COUNT; i++)
		ret_rules->factors[i] = NAN;
	ret_rules->factors[FUEL_UNKNOWN] = config->kpx_unknown_factor;
	ret_rules->with_estimated_solar = config->kpx_estimated_solar;
	config_data_dir(config, folder);
	r = data_json_read(&source, read_factor, &reader, &none, FUEL_COUNT, sha256, error, sizeof(error));
	if (r < 0)
		log_error("%s: %s", folder, error);
	for (int i = 0; i < FUEL_COUNT && r == 0; i++)
		if (isnan(ret_rules->factors[i])) {
			log_error("%s/%s: no factor for %s", folder, source.file, fuel_names[i]);
			r = -EINVAL;
		}
	return r;
}
