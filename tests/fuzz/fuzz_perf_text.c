/* The texts of a perf PMU's folder, whatever they hold. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "collector/meters/perf_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t cpus[PERF_CPUS_MAX];
	struct tally_unit unit;
	uint64_t event;
	size_t count;
	char *text = malloc(size + 1);

	if (text == NULL)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (perf_text_event(text, &event) == 0 && event > UINT8_MAX)
		abort();
	if (perf_text_scale(text, &unit) == 0 && (unit.mantissa == 0 || unit.shift >= 128))
		abort();
	if (perf_text_cpus(text, cpus, &count) == 0 && (count == 0 || count > PERF_CPUS_MAX))
		abort();
	free(text);
	return 0;
}
