#include "base/origin.h"

enum origin origin_of(const struct config *config)
{
	if (config->kepler_endpoint[0] != '\0')
		return ORIGIN_KEPLER;
	return config->prometheus_url[0] != '\0' ? ORIGIN_PROMETHEUS : ORIGIN_PIPELINE;
}

const char *origin_name(enum origin origin)
{
	static const char *const names[] = { "pipeline", "kepler", "prometheus" };

	return names[origin];
}

uint64_t origin_interval_ms(const struct config *config)
{
	return origin_of(config) == ORIGIN_PIPELINE ? (uint64_t)config->interval_ms
						    : (uint64_t)config->source_interval_seconds * 1000;
}
