#include "fetcher/power/power.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/ready.h"

#define STATE_NAME    "fetcher-state"
#define FORGET_ROUNDS 60
#define UJ_PER_MWH    3.6e15
#define SHARED_ROW_ID ROW_ID_OTHER /* what the node used and no workload was told to use */

static void begin_life(struct power *power)
{
	struct instant now = clock_now();

	tally_done(&power->tally);
	power->life = (struct tally_life) { .birth_ns = now.boot_ns, .energy_epoch = now.real_ns };
	clock_boot_id(power->life.boot_id);
}

static void open_stats(struct power *power, struct stats *stats)
{
	power->readings = stats_entry(stats, STAT_COUNTER, "source_readings_total", "");
	power->resets = stats_entry(stats, STAT_COUNTER, "source_resets_total", "");
	power->refused = stats_entry(stats, STAT_COUNTER, "source_values_refused_total", "");
	power->late = stats_entry(stats, STAT_COUNTER, "source_series_late_total", "");
	power->dropped = stats_entry(stats, STAT_COUNTER, "source_series_dropped_total", "");
	power->series = stats_entry(stats, STAT_GAUGE, "source_series", "");
	power->workloads = stats_entry(stats, STAT_GAUGE, "source_workloads", "");
}

int power_open(struct power *power, const char *source, struct stats *stats)
{
	uint8_t boot_id[16] = { 0 };

	power->source = source;
	open_stats(power, stats);
	clock_boot_id(boot_id);
	power->state_fd = ready_take_fd(STATE_NAME);
	if (power->state_fd >= 0 && tally_load(&power->tally, &power->life, power->state_fd) == 0 &&
		memcmp(boot_id, power->life.boot_id, sizeof(boot_id)) == 0)
		return 0;
	if (power->state_fd < 0)
		power->state_fd = memfd_create(STATE_NAME, MFD_CLOEXEC);
	if (power->state_fd < 0)
		return -errno;
	begin_life(power);
	ready_store_fd(STATE_NAME, power->state_fd);
	return 0;
}

void power_done(struct power *power)
{
	tally_done(&power->tally);
	owners_done(&power->owners);
	closep(&power->state_fd);
}

static struct frame_head head_of(const struct power *power, enum frame_kind kind)
{
	struct frame_head head = {
		.kind = (uint8_t)kind, .energy_epoch = power->life.energy_epoch, .seq = power->life.seq
	};

	head.epoch.birth_ns = power->life.birth_ns;
	memcpy(head.epoch.boot_id, power->life.boot_id, sizeof(head.epoch.boot_id));
	return head;
}

static void find_owner(const struct owners *owners, const struct tally_row *row, struct text *ret_kind,
	struct text *ret_name)
{
	const char *kind, *name;

	owners_find(owners, row->namespace, row->name, &kind, &name);
	*ret_kind = text_of(kind);
	*ret_name = text_of(name);
}

static struct workload_row name_of(const struct power *power, const struct tally_row *row)
{
	bool is_pod = row->kind == WORKLOAD_POD;
	struct text kind = text_of(""), owner = text_of("");
	struct owner inferred;

	if (is_pod)
		find_owner(&power->owners, row, &kind, &owner);
	if (is_pod && power->may_infer_owners && !row->is_static &&
		owner_infer(row->namespace, row->name, clock_real_s(), &inferred)) {
		kind = text_of(inferred.kind);
		owner = (struct text) { row->name, (uint32_t)inferred.size };
	}
	return (struct workload_row) { .op = row->final_seq != 0 ? TOPOLOGY_FINAL : TOPOLOGY_ADD,
		.id = row->id,
		.kind = (uint8_t)row->kind,
		.workload = text_of(row->name),
		.namespace = text_of(row->namespace),
		.pod = text_of(is_pod ? row->name : ""),
		.pod_uid = text_of(is_pod ? row->uid : ""),
		.container = text_of(""),
		.container_id = text_of(""),
		.runtime = text_of(""),
		.owner_kind = kind,
		.owner = owner,
		.path = text_of("") };
}

void power_tell_names(struct power *power)
{
	CLEANUP(freep) struct workload_row *rows = calloc(power->tally.row_count + 1, sizeof(*rows));
	const struct frame_head head = head_of(power, FRAME_workload);
	const struct workload_once once = { .full = 1 };
	size_t count = 0;

	for (uint32_t i = 0; i < power->tally.row_count && rows != NULL; i++)
		if (power->tally.rows[i].name != NULL)
			rows[count++] = name_of(power, &power->tally.rows[i]);
	if (count > 0 && link_send(power->analyst, &head, &once, rows, count) == 0)
		power->tally.has_news = false;
}

static size_t fill_rows(const struct tally *tally, struct power_row *rows)
{
	size_t count = 0;

	for (uint32_t i = 0; i < tally->row_count; i++) {
		const struct tally_row *row = &tally->rows[i];
		struct power_row *sent = &rows[count++];
		*sent = (struct power_row) { .id = row->id,
			.flags = (row->final_seq != 0 ? ROW_FINAL : 0) |
				 (tally_row_is_implausible(tally, row) ? ROW_IMPLAUSIBLE : 0) };
		memcpy(sent->active_uj.by, row->uj, sizeof(row->uj));
	}
	rows[count] = (struct power_row) { .id = SHARED_ROW_ID, .flags = ROW_OTHER };
	memcpy(rows[count].active_uj.by, tally->other_uj, sizeof(tally->other_uj));
	return count + 1;
}

static struct power_once once_of(struct power *power, uint64_t real_ns, bool is_partial)
{
	const struct tally *tally = &power->tally;
	struct instant now = clock_now();
	uint64_t age_ns = now.real_ns > real_ns ? now.real_ns - real_ns : 0;
	struct power_once once = { .from_seq = power->life.seq,
		.mono_ns = now.mono_ns - age_ns,
		.boot_ns = now.boot_ns - age_ns,
		.real_ns = real_ns,
		.source = text_of(power->source),
		.zone_mask = tally->zone_mask,
		.flags = (is_partial ? TICK_FLAG_PARTIAL : 0) | (tally->has_reset ? TICK_FLAG_RESET : 0) |
			 (tally_node_is_implausible(tally) ? TICK_FLAG_IMPLAUSIBLE : 0) };

	once.state = (uint8_t)tally_state(tally, &once.error_ppm);
	if (power->life.first_boot_ns == 0)
		power->life.first_boot_ns = once.boot_ns;
	if (once.boot_ns < power->life.first_boot_ns) /* the clock was set */
		once.boot_ns = power->life.first_boot_ns;
	if (once.boot_ns > power->life.last_boot_ns)
		power->life.last_boot_ns = once.boot_ns;
	once.first_boot_ns = power->life.first_boot_ns;
	once.counted_ns = once.boot_ns - once.first_boot_ns;
	for (int zone = 0; zone < ZONE_COUNT; zone++)
		once.idle_uj.by[zone] = tally->idle_uj[zone];
	return once;
}

static void count(struct power *power)
{
	const struct tally *tally = &power->tally;

	*power->readings = (double)tally->counts.readings;
	*power->resets = (double)tally->counts.resets;
	*power->refused = (double)tally->counts.refused;
	*power->late = (double)tally->counts.late;
	*power->dropped = (double)tally->counts.dropped;
	*power->series = (double)tally->series_count;
	*power->workloads = (double)tally->row_count;
}

/* Of what was told nothing is on its way any more, or it would be booked twice: once as itself, and once as what the new epoch has. */
static bool is_acknowledged(const struct power *power)
{
	return power->acked_seq == power->life.seq;
}

static void begin_epoch(struct power *power)
{
	uint64_t real_ns = clock_now().real_ns, before = power->life.energy_epoch;

	log_info("a new energy epoch begins: %.3g MWh of a zone were told in the old one, and booked",
		(double)power->tally.most_uj / UJ_PER_MWH);
	tally_begin_epoch(&power->tally);
	power->life.energy_epoch = real_ns > before ? real_ns : before + 1;
	power->life.first_boot_ns = power->life.last_boot_ns;
	power->is_new_epoch = true;
}

/* Before the frame: what is kept and not told the next one tells, what is told and not kept would be booked again in a new epoch. */
static void keep(struct power *power)
{
	int r = tally_save(&power->tally, &power->life, power->state_fd);

	if (r < 0)
		log_warning("cannot keep the state for a restart: %s", strerror(-r));
	else
		power->is_new_epoch = false;
}

static void send_power(struct power *power, const struct power_once *once)
{
	CLEANUP(freep) struct power_row *rows = calloc(power->tally.row_count + 1, sizeof(*rows));
	const struct frame_head head = head_of(power, FRAME_power);

	if (power->tally.has_news || link_owes_full(power->analyst))
		power_tell_names(power);
	if (rows != NULL)
		link_send(power->analyst, &head, once, rows, fill_rows(&power->tally, rows));
	power->tally.has_reset = false;
}

void power_tell(struct power *power, uint64_t real_ns, bool is_partial)
{
	struct power_once once;

	if (power->tally.most_uj >= POWER_EPOCH_UJ && is_acknowledged(power))
		begin_epoch(power);
	once = once_of(power, real_ns, is_partial);
	power->life.seq++;
	tally_end(&power->tally, power->life.seq);
	memcpy(once.total_uj.by, power->tally.total_uj, sizeof(power->tally.total_uj));
	keep(power);
	if (!power->is_new_epoch)
		send_power(power, &once);
	if (++power->rounds % FORGET_ROUNDS == 0)
		tally_forget(&power->tally, power->acked_seq);
	count(power);
}

bool power_must_wait(struct power *power)
{
	bool is_full = power->tally.most_uj >= 2 * POWER_EPOCH_UJ && !is_acknowledged(power);

	if (is_full && !power->is_full)
		log_error(
			"%.3g MWh of a zone were told, and the analyst has not booked them all: no power is "
			"read until it has; counters go on at their source, what gauges tell is lost; "
			"remedy: see what ails the analyst",
			(double)power->tally.most_uj / UJ_PER_MWH);
	else if (!is_full && power->is_full)
		log_info("the analyst has booked all that was told: power is read again");
	power->is_full = is_full;
	if (is_full)
		power_tell(power, tally_read_ns(&power->tally), true);
	return is_full;
}

static bool is_equal(struct text a, struct text b)
{
	return a.size == b.size && memcmp(a.data, b.data, a.size) == 0;
}

void power_take_owners(struct power *power, struct owners *owners)
{
	struct text kind, name, old_kind, old_name;

	for (uint32_t i = 0; i < power->tally.row_count && !power->tally.has_news; i++) {
		const struct tally_row *row = &power->tally.rows[i];
		if (row->name == NULL || row->kind != WORKLOAD_POD)
			continue;
		find_owner(&power->owners, row, &old_kind, &old_name);
		find_owner(owners, row, &kind, &name);
		power->tally.has_news = !is_equal(kind, old_kind) || !is_equal(name, old_name);
	}
	owners_done(&power->owners);
	power->owners = *owners;
	*owners = (struct owners) { 0 };
}

void power_infer_owners(struct power *power, bool may)
{
	power->tally.has_news |= power->may_infer_owners != may;
	power->may_infer_owners = may;
}

int power_take_ack(struct power *power, const struct frame *frame)
{
	const struct ack_once *once = frame->once;

	if (frame->head.energy_epoch == power->life.energy_epoch)
		power->acked_seq = once->committed_seq;
	return 0;
}
