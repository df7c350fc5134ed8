/* Families about the node. */
#include <stdio.h>
#include <string.h>

#include "base/wide.h"
#include "exporter/exposition.h"

/* One of three, of µW or µJ; WATTS_NONE while there is none. */
static uint64_t part_of(enum part part, uint64_t total, uint64_t idle)
{
	if (total == WATTS_NONE || idle == WATTS_NONE)
		return WATTS_NONE;
	if (part == PART_CPU_IDLE || part == PART_GPU_IDLE)
		return idle;
	if (part == PART_CPU_ACTIVE || part == PART_GPU_ACTIVE)
		return total > idle ? total - idle : 0;
	return total;
}

static uint64_t value_of(const struct book *book, int zone, bool is_joules, enum part part)
{
	return is_joules
		       ? part_of(part, book->total_uj[zone], book->idle_uj[zone])
		       : part_of(part, window_mean_uw(&book->total[zone]), window_mean_uw(&book->idle[zone]));
}

static void put_zone(struct exposition *exposition, enum metric metric, int zone)
{
	const struct metric_info *info = &metric_table[metric];
	uint64_t value = value_of(exposition->book, zone, info->unit[0] == 'J', info->part);

	if (value == WATTS_NONE)
		return;
	exposition_open(exposition, metric);
	exposition_label(exposition, "zone", zone_name((enum zone)zone));
	exposition_label(exposition, "path", exposition->book->source);
	exposition_close(exposition, value, 6);
}

static void put_gpu(struct exposition *exposition, enum metric metric, const struct book_gpu *gpu)
{
	const struct metric_info *info = &metric_table[metric];
	char index[16];
	uint64_t value =
		info->unit[0] == 'J'
			? part_of(info->part, gpu->active_uj + gpu->idle_uj, gpu->idle_uj)
			: part_of(info->part, window_mean_uw(&gpu->total), window_mean_uw(&gpu->idle));

	if (value == WATTS_NONE)
		return;
	snprintf(index, sizeof(index), "%u", gpu->index);
	exposition_open(exposition, metric);
	exposition_label(exposition, "gpu", index);
	exposition_label(exposition, "gpu_uuid", gpu->uuid);
	exposition_label(exposition, "gpu_name", gpu->name);
	exposition_label(exposition, "vendor", gpu->vendor);
	exposition_close(exposition, value, 6);
}

static void put_usage(struct exposition *exposition)
{
	uint64_t busy_ns, capacity_ns, span_ns;

	if (!window_growth(&exposition->book->busy, &busy_ns, &span_ns) ||
		!window_growth(&exposition->book->capacity, &capacity_ns, &span_ns) || capacity_ns == 0)
		return;
	exposition_open(exposition, METRIC_NODE_USAGE);
	exposition_close(exposition, mul_div_u64(busy_ns, 1000000, capacity_ns), 6);
}

static void put_cpus(struct exposition *exposition)
{
	for (const char *at = exposition->cpus.labels.text, *end;
		at < exposition->cpus.labels.text + exposition->cpus.labels.size; at = end + 1) {
		end = strchr(at, '\n');
		exposition_open(exposition, METRIC_NODE_CPU_INFO);
		sheet_put(exposition->sheet, at, (size_t)(end - at));
		exposition_close(exposition, 1, 0);
	}
}

static void put_older(struct exposition *exposition, enum metric metric, int zone)
{
	const struct book *book = exposition->book;

	for (int is_idle = 0; is_idle < 2 && book->zone_mask & 1U << zone; is_idle++) {
		exposition_open(exposition, metric);
		exposition_label(exposition, "package", "all");
		exposition_label(exposition, "instance", "");
		exposition_label(exposition, "mode", is_idle ? "idle" : "dynamic");
		exposition_label(exposition, "source", book->source);
		exposition_close(
			exposition, value_of(book, zone, true, is_idle ? PART_CPU_IDLE : PART_CPU_ACTIVE), 6);
	}
}

static void put_older_info(struct exposition *exposition)
{
	exposition_open(exposition, METRIC_OLD_NODE_INFO);
	exposition_label(exposition, "cpu_architecture", exposition->host.machine);
	exposition_label(exposition, "components_power_source", exposition->book->source);
	exposition_label(exposition, "platform_power_source",
		exposition->book->zone_mask & 1U << ZONE_PSYS ? exposition->book->source : "none");
	exposition_close(exposition, 1, 0);
}

void exposition_node(struct exposition *exposition, enum metric metric)
{
	switch (metric_table[metric].part) {
	case PART_USAGE: put_usage(exposition); return;
	case PART_CPU_INFO: put_cpus(exposition); return;
	case PART_OLD_PACKAGE: put_older(exposition, metric, ZONE_PACKAGE); return;
	case PART_OLD_DRAM: put_older(exposition, metric, ZONE_DRAM); return;
	case PART_OLD_PLATFORM: put_older(exposition, metric, ZONE_PSYS); return;
	case PART_OLD_INFO: put_older_info(exposition); return;
	default: break;
	}
	const struct book *book = exposition->book;
	if (metric_table[metric].part >= PART_GPU)
		for (uint32_t i = 0; i < book->gpu_count && book->zone_mask & 1U << ZONE_GPU; i++)
			put_gpu(exposition, metric, &book->gpus[i]);
	else
		for (int zone = 0; zone < ZONE_COUNT; zone++)
			if (zone != ZONE_GPU && book->zone_mask & 1U << zone)
				put_zone(exposition, metric, zone);
}
