/* One exposition of 10 000 workloads (pods with container and workload, package and dram), beside memcpy of its bytes and
 * printf of the same lines; and what metrics_counters adds. */
#include "exporter/exposition.h"

#include <string.h>

#include "base/clock.h"
#include "bench/measure.h"

#define PODS 10000

static struct book book;
static struct exposition exposition;
static struct sheet sheet, copy;
static struct stage_stats stats;
static struct workload_row names[PODS];
static struct power_row rows[PODS];
static struct counters_row counters[PODS];
static char texts[PODS][4][72];

static void name_all(void)
{
	for (size_t i = 0; i < PODS; i++) {
		snprintf(texts[i][0], sizeof(texts[i][0]), "shop-frontend-7c9d8f6b5-%05zu", i);
		snprintf(texts[i][1], sizeof(texts[i][1]), "8d3f2c1a-0000-4000-8000-%012zu", i);
		snprintf(texts[i][2], sizeof(texts[i][2]), "%064zx", i);
		snprintf(texts[i][3], sizeof(texts[i][3]), "team-%zu", i % 50);
		names[i] = (struct workload_row) { .op = TOPOLOGY_ADD,
			.id = 1000 + i,
			.kind = WORKLOAD_POD,
			.workload = text_of(texts[i][0]),
			.namespace = text_of(texts[i][3]),
			.pod = text_of(texts[i][0]),
			.pod_uid = text_of(texts[i][1]),
			.container = text_of("main"),
			.container_id = text_of(texts[i][2]),
			.runtime = text_of("containerd") };
	}
	const struct frame frame = {
		.head.energy_epoch = 1, .rows = names, .row_count = PODS, .is_last = true
	};
	book_workloads(&book, &frame);
}

static void tell_names(void *context)
{
	const struct frame frame = {
		.head.energy_epoch = 1, .rows = names, .row_count = PODS, .is_last = true
	};

	(void)context;
	book_workloads(&book, &frame);
}

static void tell_power(void *context)
{
	static uint64_t seq;
	struct power_once once = {
		.state = POWER_MODEL, .source = text_of("curve:x"), .zone_mask = 3, .counters = ~0U
	};
	const struct frame frame = {
		.head = { .kind = FRAME_power, .energy_epoch = 1, .seq = ++seq, .parts = 1 },
		.once = &once,
		.rows = rows,
		.row_count = PODS,
		.is_last = true
	};

	(void)context;
	once.mono_ns = seq * NS_PER_SECOND;
	for (size_t i = 0; i < PODS; i++) {
		rows[i].id = 1000 + i;
		rows[i].cpu_ns += 1234567 + i;
		rows[i].active_uj.by[ZONE_PACKAGE] += 1234567 + i;
		rows[i].active_uj.by[ZONE_DRAM] += 34567 + i;
	}
	book_power(&book, &frame, once.mono_ns);
}

static void tell_counters_and_power(void *context)
{
	const struct counters_once once = { .counted = ~0U };
	const struct frame frame = { .head = { .kind = FRAME_counters, .energy_epoch = 1, .parts = 1 },
		.once = &once,
		.rows = counters,
		.row_count = PODS,
		.is_last = true };

	for (size_t i = 0; i < PODS; i++) {
		counters[i].id = 1000 + i;
		counters[i].switches += 1234 + i;
		counters[i].cycles += 123456789 + i;
		counters[i].softirq_ns += 12345 + i;
	}
	book_counters(&book, &frame);
	tell_power(context);
}

static void render(void *context)
{
	(void)context;
	if (exposition_render(&exposition, &sheet, FORMAT_TEXT, &book, &stats, 1) < 0)
		exit(EXIT_FAILURE);
}

static void copy_bytes(void *context)
{
	(void)context;
	sheet_clear(&copy);
	sheet_put(&copy, sheet.text, sheet.size);
	__asm__ volatile("" : : "r"(copy.text) : "memory");
}

/* Each line anew by printf, its labels already put together, its number a double: the usual way. */
static void print_lines(void *context)
{
	const char *end = sheet.text + sheet.size;
	char line[2048];

	(void)context;
	for (const char *at = sheet.text, *next; at < end; at = next + 1) {
		next = memchr(at, '\n', (size_t)(end - at));
		const char *space = memrchr(at, ' ', (size_t)(next - at));
		if (*at != '#')
			snprintf(line, sizeof(line), "%.*s %.9g\n", (int)(space - at), at,
				strtod(space, NULL));
		__asm__ volatile("" : : "r"(line) : "memory");
	}
}

static void open_book(bool has_counters)
{
	const struct book_config config = {
		.rows = PODS, .ended_max = PODS, .processes = 100, .has_counters = has_counters
	};
	const struct exposition_config shown = { .node_name = "node-1",
		.levels = "node,process,container,vm,pod,workload",
		.has_counters = has_counters };

	if (book_init(&book, &config) < 0 || exposition_init(&exposition, &shown) < 0)
		exit(EXIT_FAILURE);
	name_all();
}

static void measure_counters(double without_ms, double power_ms)
{
	char what[128];

	book_done(&book);
	exposition_done(&exposition);
	open_book(true);
	for (int i = 0; i < 3; i++)
		tell_counters_and_power(NULL);
	render(NULL);
	snprintf(what, sizeof(what), "exporter: one exposition with metrics_counters, %.0f MB",
		(double)sheet.size / 1e6);
	report(what, measure_ns(render, NULL) / 1e6, "ms", "without", without_ms);
	report("exporter: one counters and one power frame of 10 000 rows applied",
		measure_ns(tell_counters_and_power, NULL) / 1e6, "ms", "one power frame without", power_ms);
}

int main(void)
{
	open_book(false);
	for (int i = 0; i < 3; i++)
		tell_power(NULL);
	double render_ms = measure_ns(render, NULL) / 1e6;
	char what[128];
	snprintf(what, sizeof(what), "exporter: one exposition of 10 000 workloads, %.0f MB",
		(double)sheet.size / 1e6);
	report(what, render_ms, "ms", "memcpy of its bytes", measure_ns(copy_bytes, NULL) / 1e6);
	report("exporter: the same", render_ms, "ms", "printf of each line",
		measure_ns(print_lines, NULL) / 1e6);
	double power_ms = measure_ns(tell_power, NULL) / 1e6;
	report("exporter: one power frame of 10 000 rows applied", power_ms, "ms", "the exposition",
		render_ms);
	report("exporter: 10 000 unchanged names applied", measure_ns(tell_names, NULL) / 1e6, "ms",
		"the exposition", render_ms);
	measure_counters(render_ms, power_ms);
	sheet_done(&sheet);
	sheet_done(&copy);
	book_done(&book);
	exposition_done(&exposition);
	return EXIT_SUCCESS;
}
