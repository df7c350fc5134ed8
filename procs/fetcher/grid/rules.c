#include "fetcher/grid/rules.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"

static void fill(const struct config *config, const struct data *data, struct grid_mix_rules *ret_mix)
{
	enum grid_factor factor =
		strcmp(config->grid_factor, "direct") == 0 ? FACTOR_DIRECT : FACTOR_LIFECYCLE;

	*ret_mix = (struct grid_mix_rules) { .with_estimated_solar = config->kpx_estimated_solar };
	for (int fuel = 0; fuel < FUEL_COUNT; fuel++)
		ret_mix->factors[fuel] = data_fuel_factor(data, (enum fuel)fuel, factor);
	if (config->kpx_unknown_factor > 0)
		ret_mix->factors[FUEL_UNKNOWN] = config->kpx_unknown_factor;
}

static void fail(struct grid_rules *rules, const char *reason)
{
	snprintf(rules->failure, sizeof(rules->failure), "the data files cannot be used: %.200s", reason);
	log_error("data files of %s: %s; %s", rules->folder, reason,
		rules->is_known ? "the emission factors read before stay in use"
				: "who tells a mix of fuels (kpx) is not asked until they are mended");
}

/* True: the mix is another one. */
static bool read_files(struct grid_rules *rules)
{
	const struct grid_mix_rules before = rules->mix;
	bool was_known = rules->is_known;
	struct data_error error = { 0 };
	struct data *data = NULL;

	if (data_load(rules->folder, &data, &error) < 0) {
		fail(rules, error.text);
		return false;
	}
	fill(rules->config, data, &rules->mix);
	rules->is_known = true;
	rules->failure[0] = '\0';
	log_info("emission factors read from %s: version %s, sha256 %s", rules->folder, data->version,
		data->sha256);
	data_free(data);
	return !was_known || memcmp(before.factors, rules->mix.factors, sizeof(before.factors)) != 0;
}

void grid_rules_open(struct grid_rules *rules, const struct config *config)
{
	*rules = (struct grid_rules) { .config = config };
	config_data_dir(config, rules->folder);
	data_has_changed(rules->folder, rules->files); /* before they are read: a change meanwhile is seen */
	read_files(rules);
}

bool grid_rules_watch(struct grid_rules *rules)
{
	bool has_changed = data_has_changed(rules->folder, rules->files), is_asked = rules->is_asked;

	rules->is_asked = false;
	return (has_changed || is_asked) && read_files(rules);
}
