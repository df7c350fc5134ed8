#include "estimator/publish.h"

#include <string.h>

static void fill_row(const struct state_row *row, struct power_row *ret_row)
{
	*ret_row = (struct power_row) { .id = row->id, .flags = (uint8_t)row->flags, .cpu_ns = row->cpu_ns };
	for (int zone = 0; zone < STATE_ZONES; zone++) {
		ret_row->active_uj.by[zone] = row->active_uj[zone];
		ret_row->idle_uj.by[zone] = row->idle_uj[zone];
	}
}

void publish_power(const struct state *state, const struct turn *turn, struct power_once *ret_once,
	struct power_row *rows)
{
	const struct state_head *head = &state->head;

	*ret_once = (struct power_once) {
		.from_seq = turn->from_seq,
		.from_boot_ns = turn->from_boot_ns,
		.from_real_ns = turn->from_real_ns,
		.mono_ns = head->mono_ns,
		.boot_ns = head->boot_ns,
		.real_ns = head->real_ns,
		.state = (uint8_t)turn->state,
		.usage = turn->flags & TICK_FLAG_PROCFS ? USAGE_PROCFS : USAGE_EBPF,
		.source = text_of(turn->source),
		.error_ppm = turn->error_ppm,
		.zone_mask = turn->zone_mask,
		.flags = turn->flags,
		.cpus = head->cpus,
		.capacity_ns = head->capacity_ns,
		.busy_ns = head->busy_ns,
		.counted_ns = head->counted_ns,
		.first_boot_ns = head->first_boot_ns,
	};
	memcpy(ret_once->total_uj.by, head->total_uj, sizeof(head->total_uj));
	memcpy(ret_once->idle_uj.by, head->idle_uj, sizeof(head->idle_uj));
	for (uint32_t i = 0; i < head->row_count; i++)
		fill_row(&state->rows[i], &rows[i]);
}
