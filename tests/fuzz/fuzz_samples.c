/* Samples that are accepted can be fitted. */
#include <stdlib.h>
#include <string.h>

#include "models/samples.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct samples samples;
	struct model_error error;

	if (text == NULL)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (samples_parse("fuzz.csv", text, "package_watts", &samples, &error) == 0) {
		for (uint32_t i = 0; i < samples.count; i++)
			if (!(samples.all[i].package > 0) || !(samples.all[i].busy_ppm >= 0))
				abort();
		samples_done(&samples);
	}
	free(text);
	return 0;
}
