/* A file of the earlier demo that is accepted leaves data every answer can rest on: values within their limits, texts that end. */
#include <stdlib.h>
#include <string.h>

#include "korea/demo.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Enough to lay something over. */
static const struct data korea = {
	.regions = { { .code = "ap-northeast-2", .name = { "Seoul", "Seoul" }, .zone = "KR" } },
	.region_count = 1,
	.annuals = { { .zone = "KR", .factor = FACTOR_LIFECYCLE, .year = 2025, .value = 423 } },
	.annual_count = 1,
	.standards = { { .code = "KR_PUE_GREEN_DC", .is_pue = true, .target = 1.4, .pue_ref = 1.4 },
		{ .code = "KR_CARBON_2050", .target = 424, .pue_ref = 1.4 } },
	.standard_count = 2
};

static void check(const struct data *data)
{
	if (data->region_count > REGIONS_MAX || data->annual_count > ANNUALS_MAX ||
		data->standard_count > STANDARDS_MAX || data->profile_count > PROFILES_MAX)
		abort();
	for (size_t i = 0; i < data->region_count; i++) {
		const struct annual *annual = data_region_annual(data, &data->regions[i], FACTOR_LIFECYCLE);
		if (annual == NULL || !(annual->value > 0 && annual->value <= 1500))
			abort();
	}
	for (size_t i = 0; i < data->standard_count; i++) {
		const struct standard *pue = data_pue_standard(data, &data->standards[i]);
		if (!(data->standards[i].target >= 1) || pue == NULL || !pue->is_pue)
			abort();
	}
	if (memchr(data->laid_over, '\0', sizeof(data->laid_over)) == NULL)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct data data;
	struct data_error error = { 0 };
	char *text = malloc(size + 1);

	data = korea;
	memcpy(text, bytes, size);
	text[size] = '\0';
	if (demo_read(&data, "fuzz.json", text, size, size % 2 == 0, &error) == 0)
		check(&data);
	else if (error.text[0] == '\0')
		abort();
	free(text);
	return 0;
}
