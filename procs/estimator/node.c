#include "estimator/node.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/wide.h"

#define MEASURED_ERROR_PPM 50000                /* engineering default for RAPL, docs/watts.md */
#define PJ_PER_UJ          1000000              /* mW x ns = pJ */
#define METER_PATIENCE_NS  (10 * NS_PER_SECOND) /* a meter that fails longer is given up for the model */
#define ZONE_MAX_MW        UINT64_C(2000000)    /* the least bound: eight sockets of 250 W */
#define GPU_MAX_MW         UINT64_C(20000000)   /* the least bound of the GPUs: sixteen of 1250 W */
#define WARMUP_SOURCE      "fake"

/* One tick under way. */
struct counting {
	const struct node_config *config;
	struct state_head *head;
	const struct ring_tick *tick;
	struct node_gain *gain;
	struct node_doubts *doubts;
	struct model_output output;
	uint64_t dt_ns, boot_dt_ns;
	uint32_t answered,
		awaited; /* bit z: a meter told zone z's energy; it will, with its next good reading */
};

static uint64_t energy_uj(uint64_t milliwatts, uint64_t ns)
{
	return mul_div_u64(milliwatts, ns, PJ_PER_UJ);
}

static uint64_t grown(uint64_t now, uint64_t before)
{
	return now > before ? now - before : 0;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

void node_gain_init(struct node_gain *gain, const struct state_head *head)
{
	*gain = (struct node_gain) { .counters_valid = head->counters_valid, .state = POWER_STATE_COUNT };
}

static void remember_tick(struct state_head *head, const struct ring_tick *tick)
{
	head->committed_seq = tick->seq;
	head->mono_ns = tick->mono_ns;
	head->boot_ns = tick->boot_ns;
	head->real_ns = tick->real_ns;
	head->capacity_ns = tick->capacity_ns;
	head->busy_ns = tick->busy_ns;
	head->cpus = tick->cpus;
	head->counters_valid = tick->counters_valid;
	memcpy(head->total, tick->total, sizeof(head->total));
	memcpy(head->softirqs, tick->softirqs, sizeof(head->softirqs));
}

/* Readings of another set of meters do not continue these. */
static void know_meters(struct state_head *head, const struct ring_tick *tick)
{
	if (memcmp(head->meter_name, tick->meter_name, sizeof(head->meter_name)) == 0)
		return;
	memcpy(head->meter_name, tick->meter_name, sizeof(head->meter_name));
	head->meter_known = 0;
}

static bool is_used(const struct ring_meter *slot)
{
	return slot->state != METER_ABSENT && slot->zone < ZONE_COUNT;
}

static void take_baseline(struct state_head *head, const struct ring_meter *slot, uint64_t boot_ns)
{
	uint32_t bit = 1U << slot->zone;

	head->meter_uj[slot->zone] = slot->uj;
	head->meter_boot_ns[slot->zone] = boot_ns;
	head->meter_known |= bit;
	head->meter_fake = slot->state == METER_FAKE ? head->meter_fake | bit : head->meter_fake & ~bit;
}

void node_begin(struct state_head *head, const struct epoch *epoch, const struct ring_tick *tick)
{
	head->epoch = *epoch;
	head->meter_known = 0;
	know_meters(head, tick);
	for (uint32_t i = 0; i < RING_METER_MAX; i++)
		if (is_used(&tick->meter[i]) && tick->meter[i].state != METER_FAILED)
			take_baseline(head, &tick->meter[i], tick->boot_ns);
	if (head->first_boot_ns == 0)
		head->first_boot_ns = tick->boot_ns;
	remember_tick(head, tick);
}

bool node_is_fake(
	const struct node_config *config, const struct state_head *head, const struct ring_tick *tick)
{
	for (uint32_t i = 0; i < RING_METER_MAX; i++)
		if (is_used(&tick->meter[i]) && tick->meter[i].state == METER_FAKE)
			return true;
	return head->warmed_ns < config->warmup_ns;
}

static void count_model_input(struct counting *counting)
{
	const struct state_head *head = counting->head;
	const struct ring_tick *tick = counting->tick;
	struct model_input input = { .dt_ns = counting->dt_ns,
		.busy_ns = grown(tick->busy_ns, head->busy_ns),
		.capacity_ns = grown(tick->capacity_ns, head->capacity_ns),
		.cpus = tick->cpus,
		.counters_valid = head->counters_valid & tick->counters_valid };

	for (int i = 0; i < COUNTER_COUNT; i++)
		input.counter[i] = grown(tick->total[i], head->total[i]);
	for (int i = 0; i < SOFTIRQ_COUNT; i++)
		input.softirqs[i] = grown(tick->softirqs[i], head->softirqs[i]);
	model_evaluate(counting->config->model, &input, &counting->output);
}

static void add(struct node_gain *gain, uint32_t zone, uint64_t uj, uint64_t idle_uj)
{
	gain->total_uj[zone] += uj;
	gain->idle_uj[zone] += smaller(uj, idle_uj);
}

/* What was kept aside while the meter failed is the energy after all. */
static void book_waiting(struct counting *counting, uint32_t zone)
{
	struct state_head *head = counting->head;

	add(counting->gain, zone, head->waiting_uj[zone], head->waiting_idle_uj[zone]);
	head->waiting_uj[zone] = head->waiting_idle_uj[zone] = 0;
}

static uint64_t idle_mw_of(const struct counting *counting, uint32_t zone, bool is_fake)
{
	if (zone == ZONE_PACKAGE)
		return is_fake ? counting->config->fake_mw / 2 : counting->output.package_idle_mw;
	return zone == ZONE_DRAM && counting->output.has_dram_idle ? counting->output.dram_idle_mw : 0;
}

/* Idle part of a metered energy. What was drawn while the machine was suspended is nobody's. */
static uint64_t idle_of(const struct counting *counting, const struct ring_meter *slot, uint64_t uj,
	uint64_t mono_ns, uint64_t boot_ns)
{
	uint64_t awake_uj = boot_ns > mono_ns ? mul_div_u64(uj, mono_ns, boot_ns) : uj;

	if (slot->zone >= STATE_ZONES || slot->zone == ZONE_PSYS)
		return uj; /* not split */
	uint64_t idle_mw = idle_mw_of(counting, slot->zone, slot->state == METER_FAKE);
	return uj - awake_uj + smaller(awake_uj, energy_uj(idle_mw, mono_ns));
}

static uint64_t bound_mw(const struct counting *counting, const struct ring_meter *slot)
{
	uint64_t full_mw = NODE_MAX_TIMES * counting->config->model->full_mw;

	if (counting->config->meter_max_mw != 0)
		return counting->config->meter_max_mw;
	if (slot->state == METER_FAKE)
		return larger(NODE_MAX_TIMES * counting->config->fake_mw, ZONE_MAX_MW);
	return larger(full_mw, slot->zone == ZONE_GPU ? GPU_MAX_MW : ZONE_MAX_MW);
}

/* False: the reading tells no energy. */
static bool is_believed(struct counting *counting, const struct ring_meter *slot, uint64_t since_ns)
{
	const struct state_head *head = counting->head;
	struct node_doubts *doubts = counting->doubts;
	uint64_t last_uj = head->meter_uj[slot->zone];

	if (!(head->meter_known >> slot->zone & 1) ||
		(head->meter_fake >> slot->zone & 1) != (slot->state == METER_FAKE))
		return false; /* the first one of this meter */
	if (slot->uj < last_uj) {
		doubts->backward++;
		return false;
	}
	if (slot->uj - last_uj <= energy_uj(bound_mw(counting, slot), since_ns))
		return true;
	doubts->beyond++;
	doubts->last_zone = (enum zone)slot->zone;
	doubts->last_uj = slot->uj - last_uj;
	doubts->last_ns = since_ns;
	return false;
}

/* A slot that fails keeps its last reading: what it missed comes with the next good one, if that comes soon. */
static void count_failed(struct counting *counting, const struct ring_meter *slot)
{
	struct state_head *head = counting->head;
	uint32_t bit = 1U << slot->zone;

	if (grown(counting->tick->boot_ns, head->meter_boot_ns[slot->zone]) >= METER_PATIENCE_NS)
		head->meter_known &= ~bit;
	counting->awaited |= head->meter_known & bit;
}

/* A package draws something whatever it does: a counter that stands still tells nothing (a guest whose host passes its
 * register on and never counts it, a sensor of 0 W). */
static bool is_still(const struct counting *counting, const struct ring_meter *slot)
{
	const struct state_head *head = counting->head;

	return slot->zone == ZONE_PACKAGE && slot->state == METER_OK &&
	       slot->uj == head->meter_uj[slot->zone] && head->meter_boot_ns[slot->zone] != 0;
}

static void count_slot(struct counting *counting, const struct ring_meter *slot)
{
	struct state_head *head = counting->head;
	uint32_t zone = slot->zone;
	uint64_t boot_ns = grown(counting->tick->boot_ns, head->meter_boot_ns[zone]);

	counting->gain->zone_mask |= 1U << zone;
	if (slot->state == METER_FAILED || is_still(counting, slot)) {
		count_failed(counting, slot);
		counting->doubts->still += slot->state != METER_FAILED && !(head->meter_known >> zone & 1);
		return;
	}
	if (is_believed(counting, slot, boot_ns)) {
		uint64_t uj = slot->uj - head->meter_uj[zone];
		uint64_t slept_ns = grown(counting->boot_dt_ns, counting->dt_ns);
		uint64_t idle_uj = idle_of(counting, slot, uj, grown(boot_ns, slept_ns), boot_ns);
		add(counting->gain, zone, uj, idle_uj);
		head->waiting_uj[zone] = head->waiting_idle_uj[zone] = 0;
		counting->answered |= 1U << zone;
	}
	take_baseline(head, slot, counting->tick->boot_ns);
}

/* The model's energy waits while a failing meter may still bring its own. */
static void count_modelled(struct counting *counting, enum zone zone, uint64_t mw, uint64_t idle_mw)
{
	struct state_head *head = counting->head;

	if (counting->answered >> zone & 1)
		return;
	head->waiting_uj[zone] += energy_uj(mw, counting->dt_ns);
	head->waiting_idle_uj[zone] += energy_uj(idle_mw, counting->dt_ns);
	if (!(counting->awaited >> zone & 1))
		book_waiting(counting, zone);
}

static void count_real(struct counting *counting)
{
	const struct model_output *output = &counting->output;
	struct node_gain *gain = counting->gain;
	bool is_fake = counting->head->is_fake;

	for (uint32_t i = 0; i < RING_METER_MAX; i++)
		if (is_used(&counting->tick->meter[i]))
			count_slot(counting, &counting->tick->meter[i]);
	counting->head->meter_known &= gain->zone_mask; /* a slot that comes back does not continue */
	gain->zone_mask |= 1U << ZONE_PACKAGE;
	/* What the fake meter's own first reading cannot tell is not the model's to tell either. */
	if (is_fake)
		return;
	count_modelled(counting, ZONE_PACKAGE, output->package_mw, output->package_idle_mw);
	count_modelled(
		counting, ZONE_DRAM, output->dram_mw, output->has_dram_idle ? output->dram_idle_mw : 0);
	gain->zone_mask |= 1U << ZONE_DRAM;
	gain->is_dram_by_bytes |=
		!output->has_dram_idle && !((counting->answered | counting->awaited) >> ZONE_DRAM & 1);
}

/* Until the warm-up is over, the fake meter's watts; real meters are only looked at. */
static void count_warmup(struct counting *counting)
{
	uint64_t uj = energy_uj(counting->config->fake_mw, counting->dt_ns);

	for (uint32_t i = 0; i < RING_METER_MAX; i++)
		if (is_used(&counting->tick->meter[i]) && counting->tick->meter[i].state != METER_FAILED)
			take_baseline(counting->head, &counting->tick->meter[i], counting->tick->boot_ns);
	add(counting->gain, ZONE_PACKAGE, uj, uj / 2);
	counting->gain->zone_mask |= 1U << ZONE_PACKAGE;
	counting->head->warmed_ns += counting->dt_ns;
}

static void describe(struct counting *counting, bool is_warmup)
{
	struct node_gain *gain = counting->gain;
	bool is_metered = (counting->answered | counting->awaited) >> ZONE_PACKAGE & 1;
	enum power_state state = is_metered ? POWER_MEASURED : POWER_MODEL;
	const char *source = is_metered ? counting->head->meter_name : counting->output.source;

	gain->error_ppm = is_metered ? MEASURED_ERROR_PPM : counting->output.error_ppm;
	if (counting->head->is_fake) {
		state = POWER_FAKE;
		source = is_warmup ? WARMUP_SOURCE : counting->head->meter_name;
		gain->error_ppm = 0; /* no error can be stated of what is not real */
	}
	gain->state = state < gain->state ? state : gain->state;
	snprintf(gain->source, sizeof(gain->source), "%.*s", (int)sizeof(gain->source) - 1, source);
}

void node_count_tick(const struct node_config *config, struct state_head *head, const struct ring_tick *tick,
	struct node_gain *gain, struct node_doubts *doubts)
{
	struct counting counting = { .config = config,
		.head = head,
		.tick = tick,
		.gain = gain,
		.doubts = doubts,
		.dt_ns = grown(tick->mono_ns, head->mono_ns),
		.boot_dt_ns = grown(tick->boot_ns, head->boot_ns) };
	bool is_warmup = head->warmed_ns < config->warmup_ns;

	gain->zone_mask = 0;
	gain->flags |= tick->flags;
	gain->counters_valid &= tick->counters_valid;
	gain->ticks++;
	know_meters(head, tick);
	count_model_input(&counting);
	if (is_warmup)
		count_warmup(&counting);
	else
		count_real(&counting);
	if (!head->is_fake)
		head->warmed_ns = UINT64_MAX; /* once real, always real */
	gain->awaited = counting.awaited;
	describe(&counting, is_warmup);
	head->counted_ns += counting.dt_ns;
	remember_tick(head, tick);
}
