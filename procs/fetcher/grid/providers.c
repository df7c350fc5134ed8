#include "fetcher/grid/providers.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

#define SETTING(key)            offsetof(struct config, key)
#define KEY_FILE(setting)       .key_file = #setting, .key_file_at = SETTING(setting)
#define KPX(service, operation) "/" service "/" operation "?serviceKey={key}&pageNo=1&dataType=JSON"

static const struct grid_provider grid_providers[] = {
	{ .name = "kpx",
		.licence = "KOGL type 1 (KPX via data.go.kr)",
		.key = KEY_IN_PATH,
		.environment = "TANSO_KPX_KEY",
		.url_at = SETTING(kpx_url),
		KEY_FILE(kpx_key_file),
		.is_mix = true,
		.is_experimental = true, /* of the present mix (15158491) an abridged answer is recorded */
		.max_age_s = 1800,
		.queries = { { KPX("sumperfuel5m", "getSumperfuel5m") "&numOfRows=10", parse_kpx_now, 600,
				     false },
			{ KPX("PwrAmountByGen", "getPwrAmountByGen") "&numOfRows=300&baseDate={date}",
				parse_kpx_history, 3600, true },
			{ KPX("sukub5mMaxDatetime2", "getSukub5mMaxDatetime2") "&numOfRows=1",
				parse_kpx_demand, 1800, true },
			{ KPX("SmpWithForecastDemand",
				  "getSmpWithForecastDemand") "&numOfRows=100&date={date}",
				parse_kpx_price, 21600, true } } },
	{ .name = "electricitymaps",
		.licence = "Electricity Maps API terms",
		.key = KEY_IN_HEADER,
		.environment = "TANSO_ELECTRICITYMAPS_KEY",
		.url_at = SETTING(electricitymaps_url),
		KEY_FILE(electricitymaps_key_file),
		.is_experimental = true, /* its fields are recorded, no answer is */
		.max_age_s = 7200,
		.queries = { { "/carbon-intensity/history?zone=KR&emissionFactorType={factor}",
				     parse_electricitymaps, 900, false },
			{ "/carbon-intensity/forecast?zone=KR&horizonHours=24&emissionFactorType={factor}",
				parse_electricitymaps, 3600, true } } },
	{ .name = "watttime",
		.licence = "WattTime API terms",
		.key = KEY_LOGIN,
		.environment = "TANSO_WATTTIME_USER",
		.url_at = SETTING(watttime_url),
		KEY_FILE(watttime_user_file),
		.is_marginal = true,
		.is_experimental = true,
		.max_age_s = 3600,
		.login = "/login",
		.queries = { { "/v3/forecast?region=KOR&signal_type=co2_moer&horizon_hours=24",
			parse_watttime, 1800, false } } },
	{ .name = "casdk",
		.licence = "as its data source says",
		.key = KEY_NONE,
		.url_at = SETTING(casdk_url),
		.is_experimental = true,
		.max_age_s = 7200,
		.queries = { { "/emissions/forecasts/current?location={location}", parse_casdk, 1800,
			false } } },
};

const struct grid_provider *grid_provider_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(grid_providers); i++)
		if (strcmp(grid_providers[i].name, name) == 0)
			return &grid_providers[i];
	return NULL;
}

void grid_provider_list(char *text, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < ARRAY_SIZE(grid_providers) && used < size; i++)
		used += (size_t)snprintf(
			text + used, size - used, "%s%s", i > 0 ? ", " : "", grid_providers[i].name);
}

const char *grid_provider_setting(const struct config *config, size_t at)
{
	return at == 0 ? "" : (const char *)config + at;
}
