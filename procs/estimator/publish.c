#include "estimator/publish.h"

#include <string.h>

/* `shown`: NULL where the newest bank does not show it. */
static void fill_row(const struct state_row *row, const struct ring_row *shown, struct power_row *ret_row)
{
	*ret_row = (struct power_row) {
		.id = row->id,
		.flags = (uint8_t)row->flags,
		.cpu_ns = row->seen.by[USE_CPU],
		.rx_bytes = row->network[COUNTER_rx_bytes - USE_NETWORK_FIRST],
		.tx_bytes = row->network[COUNTER_tx_bytes - USE_NETWORK_FIRST],
		.rx_packets = row->network[COUNTER_rx_packets - USE_NETWORK_FIRST],
		.tx_packets = row->network[COUNTER_tx_packets - USE_NETWORK_FIRST],
		.memory_bytes = shown != NULL ? shown->resident_bytes : 0,
		.oom_kills = shown != NULL ? shown->oom_kills : 0,
	};
	for (int zone = 0; zone < STATE_ZONES; zone++) {
		ret_row->active_uj.by[zone] = row->active_uj[zone];
		ret_row->idle_uj.by[zone] = row->idle_uj[zone];
	}
}

/* Where the writer came round while it was read, the bank is another than that of the last turn. */
static const struct ring_row *shown_row(const struct rows *rows, const struct state *state, uint32_t index)
{
	uint32_t at = rows->shown[index];

	return at != 0 && rows->bank[at - 1].id == state->rows[index].id ? &rows->bank[at - 1] : NULL;
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
		.counters = head->counters_valid,
		.cpus = head->cpus,
		.capacity_ns = head->capacity_ns,
		.busy_ns = head->busy_ns,
		.counted_ns = head->counted_ns,
		.first_boot_ns = head->first_boot_ns,
	};
	memcpy(ret_once->total_uj.by, head->total_uj, sizeof(head->total_uj));
	memcpy(ret_once->idle_uj.by, head->idle_uj, sizeof(head->idle_uj));
	for (uint32_t i = 0; i < head->row_count; i++)
		fill_row(&state->rows[i], shown_row(&turn->rows, state, i), &rows[i]);
}

void publish_counters(const struct state *state, struct counters_once *ret_once, struct counters_row *rows)
{
	*ret_once = (struct counters_once) { .counted = state->head.counters_valid };
	for (uint32_t i = 0; i < state->head.row_count; i++)
		rows[i] = (struct counters_row) { .id = state->rows[i].id,
#define X(name) .name = state->passed[i].by[PASSED_##name],
			PASSED_COUNTERS(X)
#undef X
		};
}

/* comm and exe are not NUL-terminated when they fill their place. */
static struct text text_within(const char *text, size_t size)
{
	return (struct text) { text, (uint32_t)strnlen(text, size) };
}

static void fill_process(const struct state_process *process, const struct ring_row *shown,
	const struct machines *machines, struct process_row *ret_row)
{
	const struct machine *machine =
		machines_find(machines, state_process_key(process->tgid, process->start_ns));

	*ret_row = (struct process_row) { .id = process->id,
		.tgid = process->tgid,
		.start_ns = process->start_ns,
		.flags = shown->flags,
		.cpu_ns = shown->counter[COUNTER_cpu_ns],
		.comm = text_within(shown->comm, sizeof(shown->comm)),
		.exe = text_within(shown->exe, sizeof(shown->exe)),
		.vm_id = text_of(machine != NULL ? machine->id : ""),
		.vm_name = text_of(machine != NULL ? machine->name : ""),
		.hypervisor = text_of(machine != NULL ? machine->hypervisor : "") };
	memcpy(ret_row->active_uj.by, process->listed_uj, sizeof(process->listed_uj));
}

static void fill_rest(uint64_t id, const uint64_t uj[static STATE_ZONES], struct process_row *ret_row)
{
	*ret_row = (struct process_row) { .id = id,
		.flags = ROW_OTHER,
		.comm = text_of(""),
		.exe = text_of(""),
		.vm_id = text_of(""),
		.vm_name = text_of(""),
		.hypervisor = text_of("") };
	memcpy(ret_row->active_uj.by, uj, STATE_ZONES * sizeof(*uj));
}

size_t publish_processes(const struct state *state, const struct turn *turn, const struct machines *machines,
	struct process_once *ret_once, struct process_row *rows)
{
	const struct state_head *head = &state->head;
	uint64_t other_uj[STATE_ZONES];
	size_t count = 0;

	for (int zone = 0; zone < STATE_ZONES; zone++) {
		other_uj[zone] = head->gone_active_uj[zone] - head->ended_uj[zone];
		for (uint32_t i = 0; i < head->row_count; i++)
			other_uj[zone] += state->rows[i].active_uj[zone];
	}
	for (uint32_t i = 0; i < head->process_count; i++) {
		if (!state->processes[i].is_listed)
			continue;
		fill_process(&state->processes[i], &turn->rows.bank[turn->processes.shown[i] - 1], machines,
			&rows[count]);
		for (int zone = 0; zone < STATE_ZONES; zone++)
			other_uj[zone] -= rows[count].active_uj.by[zone];
		count++;
	}
	*ret_once = (struct process_once) { .mono_ns = head->mono_ns,
		.omitted = head->process_count - (uint32_t)count };
	fill_rest(ROW_ID_OTHER, other_uj, &rows[count++]);
	fill_rest(ROW_ID_ENDED, head->ended_uj, &rows[count++]);
	return count;
}

size_t publish_gpus(
	const struct state *state, const struct turn *turn, struct gpus_row rows[static NODE_GPUS_MAX])
{
	size_t count = 0;

	for (uint32_t i = 0; i < state->head.gpu_count; i++) {
		const struct state_gpu *gpu = &state->head.gpus[i];
		const struct ring_gpu *shown = gpus_shown(&turn->rows, gpu);
		if (shown != NULL)
			rows[count++] = (struct gpus_row) { .index = shown->index,
				.uuid = text_of(shown->uuid),
				.name = text_of(shown->name),
				.vendor = text_of(shown->vendor),
				.active_uj = gpu->active_uj,
				.idle_uj = gpu->idle_uj };
	}
	return count;
}
