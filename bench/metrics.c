/* Reading one exposition of 10 000 pods (package and dram, joules and watts), beside memchr and memcpy of its bytes. */
#include "fetcher/power/metrics.h"

#include <string.h>

#include "bench/measure.h"

#define PODS 10000

static char *text, *copy;
static size_t size;
static double sum;

static int on_sample(void *context, const struct metric_sample *sample)
{
	(void)context;
	sum += sample->value + (double)sample->label_count;
	return 0;
}

static void parse(void *context)
{
	struct metrics_error error;

	(void)context;
	if (metrics_parse(text, size, SIZE_MAX, on_sample, NULL, &error) < 0)
		exit(EXIT_FAILURE);
}

static void find_lines(void *context)
{
	size_t lines = 0;

	(void)context;
	for (const char *at = text; (at = memchr(at, '\n', size - (size_t)(at - text))) != NULL; at++)
		lines++;
	__asm__ volatile("" : : "r"(lines) : "memory");
}

static void copy_bytes(void *context)
{
	(void)context;
	memcpy(copy, text, size);
	__asm__ volatile("" : : "r"(copy) : "memory");
}

static void write_text(FILE *out)
{
	static const char *const names[] = { "kepler_pod_cpu_joules_total", "kepler_pod_cpu_watts" };

	for (size_t m = 0; m < 2; m++) {
		fprintf(out, "# HELP %s Energy of a pod\n# TYPE %s %s\n", names[m], names[m],
			m == 0 ? "counter" : "gauge");
		for (size_t i = 0; i < 2 * PODS; i++)
			fprintf(out,
				"%s{node_name=\"node-1\",pod_id=\"8d3f2c1a-0000-4000-8000-%012zu\",pod_name="
				"\"shop-"
				"frontend-7c9d8f6b5-%05zu\",pod_namespace=\"team-%zu\",state=\"running\","
				"zone=\"%s\"} "
				"%.6f\n",
				names[m], i, i / 2, i % 50, i % 2 == 0 ? "package" : "dram",
				(double)i * 17.123457);
	}
}

int main(void)
{
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		return EXIT_FAILURE;
	write_text(out);
	fclose(out);
	copy = malloc(size);
	if (copy == NULL)
		return EXIT_FAILURE;
	double ours = (double)size * 1e3 / measure_ns(parse, NULL);
	char what[128];
	snprintf(what, sizeof(what), "fetcher: an exposition of 10 000 pods read, %.0f MB",
		(double)size / 1e6);
	report(what, ours, "MB/s", "memchr of its lines", (double)size * 1e3 / measure_ns(find_lines, NULL));
	report("fetcher: the same", ours, "MB/s", "memcpy of its bytes",
		(double)size * 1e3 / measure_ns(copy_bytes, NULL));
	free(text);
	free(copy);
	return sum > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
