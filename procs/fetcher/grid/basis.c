#include "fetcher/grid/private.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"

/* False: not known, for the data files cannot be used. */
static bool find_basis(const struct asked *asked, char ret_basis[static GRID_BASIS_MAX])
{
	const struct config *config = asked->asker->config;
	const struct grid_rules *rules = &asked->asker->rules;
	const struct grid_provider *provider = asked->provider;
	char text[2 * CONFIG_TEXT_MAX + 512];
	size_t used = 0;

	if (provider->is_mix && !rules->is_known)
		return false;
	if (!provider->is_marginal)
		used = (size_t)snprintf(text, sizeof(text), "factor %s\n", config->grid_factor);
	if (provider->key == KEY_NONE) /* anybody's: what it is depends on where */
		used += (size_t)snprintf(text + used, sizeof(text) - used, "url %s\nlocation %s\n",
			grid_provider_setting(config, provider->url_at), config->casdk_location);
	for (int fuel = 0; provider->is_mix && fuel < FUEL_COUNT; fuel++)
		used += (size_t)snprintf(
			text + used, sizeof(text) - used, "fuel %.17g\n", rules->mix.factors[fuel]);
	if (provider->is_mix)
		used += (size_t)snprintf(
			text + used, sizeof(text) - used, "solar %d\n", (int)rules->mix.with_estimated_solar);
	return sha256_hex(text, used, ret_basis) == 0;
}

void grid_settle(struct asked *asked)
{
	char basis[GRID_BASIS_MAX];
	size_t forgotten;

	if (!find_basis(asked, basis) || strcmp(asked->basis, basis) == 0)
		return;
	forgotten = grid_told_forget_intensities(&asked->told);
	if (forgotten > 0) {
		log_info("%s: %zu intensities that it told rest on other emission factors or settings than "
			 "today's: "
			 "set aside until it answers",
			asked->provider->name, forgotten);
		asked->retrieved_s = 0;
		asked->has_news = true;
	}
	memcpy(asked->basis, basis, sizeof(basis));
}
