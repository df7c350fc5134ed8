/* Any bytes: the parser stays within them, and what it hands over is within its promises. */
#include "fetcher/power/metrics.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct bounds {
	const char *text, *end;
};

static void check(const struct bounds *bounds, struct text text)
{
	if (text.data < bounds->text || text.data + text.size > bounds->end ||
		memchr(text.data, '\n', text.size) != NULL)
		abort();
}

static int on_sample(void *context, const struct metric_sample *sample)
{
	char value[256];

	check(context, sample->name);
	if (sample->name.size == 0 || sample->label_count > METRIC_LABELS_MAX)
		abort();
	for (size_t i = 0; i < sample->label_count; i++) {
		const struct metric_label *label = &sample->labels[i];
		check(context, label->name);
		check(context, label->value);
		int length = metric_label_copy(label, value, sizeof(value));
		if (length >= 0 && (value[length] != '\0' || (size_t)length > label->value.size))
			abort();
		if (label->is_escaped != (memchr(label->value.data, '\\', label->value.size) != NULL))
			abort();
	}
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size > 0 ? size : 1); /* of its own, so that a byte beyond is seen */
	struct metrics_error error = { 0 };

	if (text == NULL)
		return 0;
	memcpy(text, data, size);
	struct bounds bounds = { text, text + size };
	int r = metrics_parse(text, size, 1000, on_sample, &bounds, &error);
	if (r != 0 && (error.line == 0 || error.reason == NULL))
		abort();
	free(text);
	return 0;
}
