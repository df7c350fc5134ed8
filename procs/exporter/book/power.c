/* Power frames: what rows and the node used, added up in their accounts. */
#include <string.h>

#include "base/ahead.h"
#include "exporter/book/rows.h"

#define NONE ACCOUNT_NONE

static struct energy energy_of(const struct power_row *row)
{
	struct energy energy = { .cpu_ns = row->cpu_ns,
		.network = { [NETWORK_RX_BYTES] = row->rx_bytes,
			[NETWORK_TX_BYTES] = row->tx_bytes,
			[NETWORK_RX_PACKETS] = row->rx_packets,
			[NETWORK_TX_PACKETS] = row->tx_packets } };

	for (int share = 0; share < SHARE_COUNT; share++) {
		energy.idle_uj[share] = row->idle_uj.by[zone_of_share[share]];
		energy.total_uj[share] = row->active_uj.by[zone_of_share[share]] + energy.idle_uj[share];
	}
	return energy;
}

static uint64_t growth(uint64_t before, uint64_t now)
{
	return now > before ? now - before : 0;
}

/* What it used since the last frame. One that is told for the first time was born since, but in the first frame. */
static void grow(struct book *book, struct book_row *known, const struct energy *energy)
{
	uint64_t total[SHARE_COUNT], active;

	for (int share = 0; share < SHARE_COUNT; share++) {
		const struct energy *before = &known->energy;
		total[share] = growth(before->total_uj[share], energy->total_uj[share]);
		active = growth(before->total_uj[share] - before->idle_uj[share],
			energy->total_uj[share] - energy->idle_uj[share]);
		if (!known->is_known && (!book->has_power || book->was_short))
			total[share] = active = 0;
		book->grown_uj[share] += active;
	}
	known->is_known = true;
	for (int slot = 0; slot < ROW_ACCOUNTS; slot++)
		if (known->accounts[slot] != NONE)
			account_grow(&book->accounts.all[known->accounts[slot]], total);
}

static void apply_power_row(struct book *book, const struct power_row *row)
{
	struct book_row *known = book_row_of(book, row->id);

	if (known == NULL)
		return;
	known->is_seen = true;
	if (known->accounts[ROW_WORKLOAD] == NONE)
		book_name_nameless(book, known);
	bool is_final = row->flags & ROW_FINAL;
	const struct energy energy = energy_of(row);
	book->accounts.changes += is_final != known->is_final ||
				  (is_final && memcmp(&energy, &known->energy, sizeof(energy)) != 0);
	bool is_end = is_final && !known->is_final;
	known->is_final = is_final;
	grow(book, known, &energy);
	known->energy = energy;
	for (int slot = 0; slot < ROW_ACCOUNTS; slot++)
		if (known->accounts[slot] != NONE) {
			book->accounts.all[known->accounts[slot]].rows += !is_final;
			book->accounts.all[known->accounts[slot]].has_end |= is_end;
		}
}

void book_push(const struct book *book, struct account *account, const struct pulse *pulse)
{
	if (book->state != POWER_INITIALIZING)
		account_push(account, pulse);
}

/* Rows the estimator forgot: their energy stays with their accounts. */
static void settle_forgotten(struct book *book)
{
	for (uint32_t i = 0; i < book->row_count;) {
		struct book_row *row = &book->rows[i];
		if (row->is_seen) {
			i++;
			continue;
		}
		for (int slot = 0; slot < ROW_ACCOUNTS; slot++) {
			if (row->accounts[slot] == NONE)
				continue;
			energy_add(&book->accounts.all[row->accounts[slot]].base, &row->energy);
			accounts_release(&book->accounts, row->accounts[slot]);
		}
		book_leave_counters(book, i);
		book->accounts.changes += row->is_final || !energy_is_zero(&row->energy);
		idmap_remove(&book->by_id, row->id);
		*row = book->rows[--book->row_count];
		if (i < book->row_count)
			idmap_put(&book->by_id, row->id, i); /* replaces: cannot fail */
	}
}

static void settle_accounts(struct book *book, uint64_t mono_ns, uint64_t now_ns)
{
	const struct pulse pulse = pulse_at(&book->total[0], mono_ns);

	for (uint32_t i = 0; i < book->row_count; i++)
		for (int slot = 0; slot < ROW_ACCOUNTS; slot++)
			if (book->rows[i].accounts[slot] != NONE)
				energy_add(&book->accounts.all[book->rows[i].accounts[slot]].now,
					&book->rows[i].energy);
	for (uint32_t i = 0; i < book->accounts.count; i++) {
		struct account *account = &book->accounts.all[i];
		ask_for(&book->accounts.pasts[i + ACCOUNTS_AHEAD],
			2 * sizeof(struct window)); /* package and dram */
		if (!account->is_used || !account->is_of_rows)
			continue;
		book_push(book, account, &pulse);
		accounts_settle(&book->accounts, i, now_ns);
	}
	accounts_trim(&book->accounts);
}

static void push_node(struct book *book, const struct power_once *once)
{
	for (int zone = 0; zone < ZONE_MAX; zone++) {
		window_push(&book->total[zone], once->mono_ns, once->total_uj.by[zone]);
		window_push(&book->idle[zone], once->mono_ns, once->idle_uj.by[zone]);
	}
	window_push(&book->busy, once->mono_ns, once->busy_ns);
	window_push(&book->capacity, once->mono_ns, once->capacity_ns);
}

static void settle_node(struct book *book, const struct power_once *once)
{
	memcpy(book->total_uj, once->total_uj.by, sizeof(book->total_uj));
	memcpy(book->idle_uj, once->idle_uj.by, sizeof(book->idle_uj));
	if (book->state != POWER_INITIALIZING)
		push_node(book, once);
}

static void describe(struct book *book, const struct power_once *once)
{
	book->zone_mask = once->zone_mask;
	book->counters = once->counters;
	book->error_ppm = once->error_ppm;
	book->state = once->state < POWER_STATE_COUNT ? (enum power_state)once->state : POWER_INITIALIZING;
	book->usage = once->usage < USAGE_SOURCE_COUNT ? (enum usage_source)once->usage : USAGE_PROCFS;
	text_copy(book->source, sizeof(book->source), once->source);
	book->mono_ns = once->mono_ns;
}

static void forget_counters(struct energy *energy)
{
	energy->cpu_ns = 0;
	memset(energy->network, 0, sizeof(energy->network));
}

/* CPU time and network begin anew with the counters, energy goes on: what forgotten rows had of the old ones would be added
 * to the new. */
static void begin_counters(struct book *book)
{
	for (uint32_t i = 0; i < book->row_count; i++)
		forget_counters(&book->rows[i].energy);
	for (uint32_t i = 0; i < book->accounts.count; i++)
		if (book->accounts.all[i].is_of_rows)
			forget_counters(&book->accounts.all[i].base);
	book->accounts.changes++;
}

static void begin_power(struct book *book, const struct frame *frame, const struct power_once *once)
{
	if (!epoch_equal(&book->epoch, &frame->head.epoch))
		begin_counters(book);
	book->gaps += book->has_power && once->from_seq > book->seq;
	book->was_short = book->is_short;
	book->is_short = false;
	for (uint32_t i = 0; i < book->row_count; i++)
		book->rows[i].is_seen = false;
	for (uint32_t i = 0; i < book->accounts.count; i++)
		if (book->accounts.all[i].is_of_rows) {
			book->accounts.all[i].rows = 0;
			book->accounts.all[i].has_end = false;
			book->accounts.all[i].now = (struct energy) { 0 };
		}
}

void book_power(struct book *book, const struct frame *frame, uint64_t now_ns)
{
	const struct power_once *once = frame->once;
	const struct power_row *rows = frame->rows;

	if (frame->head.part == 0)
		book_begin_epoch(book, frame->head.energy_epoch);
	if (!book->has_workloads)
		return; /* the rest of what was sent to our predecessor: its rows would be shown as nobody's */
	if (frame->head.part == 0)
		begin_power(book, frame, once);
	for (size_t i = 0; i < frame->row_count; i++)
		apply_power_row(book, &rows[i]);
	if (!frame->is_last)
		return;
	settle_forgotten(book);
	describe(book, once);
	book_settle_counters(book);
	settle_accounts(book, once->mono_ns, now_ns);
	settle_node(book, once);
	book_settle_gpus(book, frame->head.seq, once->mono_ns);
	book->epoch = frame->head.epoch;
	book->seq = frame->head.seq;
	book->has_power = true;
	book->generation++;
}
