#include "exporter/cpuinfo.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cpuinfo info = { 0 };
	char *text = malloc(size + 1);

	if (text == NULL)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	cpuinfo_parse(&info, text);
	free(text);
	if (info.labels.size > 0 && info.labels.text[info.labels.size - 1] != '\n')
		abort();
	sheet_done(&info.labels);
	return 0;
}
