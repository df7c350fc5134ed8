/* Power frames: cumulative energy in, slots of the ledger out. */
#include <errno.h>
#include <string.h>

#include "analyst/book/life.h"
#include "analyst/book/memory.h"
#include "analyst/book/names.h"
#include "analyst/book/room.h"
#include "analyst/book/rows.h"
#include "base/clock.h"
#include "ipc/frame.h"

#define STEP_NS  (INT64_C(300) * NS_PER_SECOND) /* less than a slot is a clock that is being set right */
#define DOUBT_NS (UINT64_C(86400) * NS_PER_SECOND)

/* µJ; and room.h keeps every sum within SQLite's 64 bits. Eight times what a fetcher lets come together (fetcher/power/power.h): what one
 * reading after an outage adds finds its place. */
#define CUMULATIVE_MAX (UINT64_C(1) << 62)

static bool is_sane(const frame_zones *zones)
{
	for (int zone = 0; zone < ZONE_MAX; zone++)
		if (zones->by[zone] > CUMULATIVE_MAX)
			return false;
	return true;
}

/* A clock that leaps forward may be wrong, and come back: what it would close and throw away waits for a day. */
static void weigh_clock(struct book *book, const struct frame_head *head, const struct power_once *once)
{
	int64_t origin_ns = (int64_t)(once->real_ns - once->boot_ns);
	bool is_same_boot =
		memcmp(book->state.boot_id, head->epoch.boot_id, sizeof(book->state.boot_id)) == 0;

	if (is_same_boot && book->origin_ns != 0 && origin_ns > book->origin_ns + (int64_t)STEP_NS) {
		if (book->doubt_boot_ns == 0)
			book->doubt_boot_ns = once->boot_ns;
		if (once->boot_ns < book->doubt_boot_ns + DOUBT_NS)
			return;
	}
	book->origin_ns = origin_ns;
	book->doubt_boot_ns = 0;
}

static void remember(struct book *book, const struct power_once *once)
{
	book->last = *once;
	text_copy(book->source, sizeof(book->source), once->source);
	book->last.source = (struct text) { 0 }; /* pointed into the frame */
	if ((once->flags & TICK_FLAG_RESET) != 0)
		book->reset_real_ns = once->real_ns;
	book->has_frame = true;
}

/* False: the frame is older than what is booked. */
static bool begin_frame(struct book *book, const struct frame *frame)
{
	const struct power_once *once = frame->once;
	uint64_t length_ns;

	weigh_clock(book, &frame->head, once);
	if (life_is_other(book, &frame->head))
		life_begin(book, &frame->head, once);
	else if (book->state.birth_ns == frame->head.epoch.birth_ns &&
		 frame->head.seq < book->state.committed_seq) {
		book->counts.repeated++;
		return false;
	}
	length_ns = once->boot_ns > book->state.last_boot_ns ? once->boot_ns - book->state.last_boot_ns : 0;
	spread_make(&book->spread, once->real_ns, length_ns, book->state.closed_until);
	book->slot_flags = (once->flags & TICK_FLAG_COARSE) != 0 ? SLOT_COARSE : 0;
	if (length_ns > book->gap_ns) {
		book->slot_flags |= SLOT_SPREAD;
		book->counts.gaps++;
	}
	if (book->spread.is_late)
		book->slot_flags |= SLOT_LATE;
	room_grow(&book->room, once);
	book->sum = (struct energy) { 0 };
	book->frame++;
	book->is_applying = true;
	remember(book, once);
	return true;
}

static uint64_t growth(struct book *book, uint64_t *seen, uint64_t value)
{
	uint64_t delta;

	if (value < *seen) {
		book->counts.backwards++;
		return 0;
	}
	delta = value - *seen;
	*seen = value;
	return delta;
}

static struct book_row *row_of(struct book *book, uint64_t id)
{
	struct book_row *row = book_row_find(book, id);
	uint32_t workload;

	if (row != NULL)
		return row;
	return book_resolve(book, id, &workload) < 0 ? NULL : book_row_add(book, id, workload);
}

/* CPU time is no account: a first sight, or a step that does not fit the time, only sets where counting begins. */
static void count_cpu(
	struct book *book, struct book_row *row, const struct entry *entry, const struct power_row *sent)
{
	struct book_workload *workload = &book->workloads[row->workload];
	uint64_t most_ns = book->spread.total_ns * (book->last.cpus > 0 ? book->last.cpus : 1);
	uint64_t delta_ns = sent->cpu_ns - row->cpu_ns;

	if (row->has_cpu && sent->cpu_ns >= row->cpu_ns && delta_ns <= most_ns + most_ns / 16) {
		workload->is_cpu_counted = true;
		workload->cpu_ns += delta_ns;
		workload->request_millicores += entry != NULL ? entry->request_millicores : 0;
	}
	row->has_cpu = true;
	row->cpu_ns = sent->cpu_ns;
}

static int apply_row(struct book *book, const struct power_row *sent)
{
	bool is_final = (sent->flags & ROW_FINAL) != 0;
	const struct entry *entry;
	struct book_workload *workload;
	struct book_row *row;

	if (sent->id == 0 || !is_sane(&sent->active_uj) || !is_sane(&sent->idle_uj))
		return -EBADMSG;
	row = row_of(book, sent->id);
	if (row == NULL) /* its energy shows as what the node has and no workload */
		return 0;
	entry = directory_find(&book->directory, row->id);
	workload = &book->workloads[row->workload];
	for (int zone = 0; zone < ZONE_COUNT; zone++) {
		uint64_t active = growth(book, &row->seen.active[zone], sent->active_uj.by[zone]);
		uint64_t idle = growth(book, &row->seen.idle[zone], sent->idle_uj.by[zone]);
		workload->delta.active[zone] += active;
		workload->delta.idle[zone] += idle;
		book->sum.active[zone] += active;
		book->sum.idle[zone] += idle;
		room_bring(&book->room, active + idle);
		row->is_dirty = row->is_dirty || active > 0 || idle > 0;
	}
	if (!is_final || !row->is_final)
		count_cpu(book, row, entry, sent);
	if (!is_final)
		memory_count(workload, row, entry, sent);
	workload->is_present = workload->is_present || !is_final || !row->is_final;
	workload->is_implausible |= (sent->flags & ROW_IMPLAUSIBLE) != 0;
	row->is_dirty = row->is_dirty || row->is_final != is_final;
	book->finals_waiting += is_final && !row->is_final;
	row->is_final = is_final;
	row->present_frame = book->frame;
	return 0;
}

static bool is_empty(const struct ledger_slot *slot)
{
	static const struct energy nothing;

	return slot->present_ns == 0 && memcmp(&slot->energy, &nothing, sizeof(nothing)) == 0;
}

static void fill_slot(const struct book *book, uint32_t piece, const struct energy *energy,
	const struct book_workload *workload, struct ledger_slot *ret_slot)
{
	const struct spread *spread = &book->spread;

	*ret_slot = (struct ledger_slot) { .start = spread->slot[piece],
		.state = (enum power_state)book->last.state,
		.flags = book->slot_flags | (workload->is_implausible ? SLOT_IMPLAUSIBLE : 0),
		.present_ns = workload->is_present ? spread_share(spread, piece, spread->total_ns) : 0 };
	for (int zone = 0; zone < ZONE_COUNT; zone++) {
		ret_slot->energy.active[zone] = spread_share(spread, piece, energy->active[zone]);
		ret_slot->energy.idle[zone] = spread_share(spread, piece, energy->idle[zone]);
	}
}

/* At the node's instants, there or not: what was used in the window over the length of the window, so that the watts of
 * all add up to the node's. before_uj: what it had at the last frame. */
static void push(
	const struct book *book, struct book_workload *workload, const uint64_t before_uj[static PART_COUNT])
{
	for (int part = 0; part < PART_COUNT; part++) {
		struct window *window = &workload->windows[part];
		if (!window_keeps_step(window, &book->node.windows[part]))
			window_begin(window, &book->node.windows[part], before_uj[part]);
		window_push(window, book->last.mono_ns, workload->cumulative_uj[part]);
	}
}

static void settle_load(struct book *book, struct book_workload *workload)
{
	const struct spread *spread = &book->spread;

	for (uint32_t piece = 0; piece < spread->count && workload->is_cpu_counted; piece++) {
		const struct ledger_load load = { .start = spread->slot[piece],
			.cpu_ns = spread_share(spread, piece, workload->cpu_ns),
			.counted_ns = spread_share(spread, piece, spread->total_ns),
			.request_millicores = workload->request_millicores };
		ledger_add_load(book->ledger, workload->number, &load);
	}
	workload->is_cpu_counted = false;
	workload->cpu_ns = workload->request_millicores = 0;
}

static void note_seen(const struct book *book, struct book_workload *workload)
{
	if (workload->is_present)
		workload->present_ns = book->last.mono_ns;
	if (workload->is_implausible)
		workload->implausible_ns = book->last.mono_ns;
}

static void settle_workload(struct book *book, struct book_workload *workload, struct energy *node_slots)
{
	uint64_t before_uj[PART_COUNT];
	struct ledger_slot slot;

	for (uint32_t piece = 0; piece < book->spread.count; piece++) {
		fill_slot(book, piece, &workload->delta, workload, &slot);
		for (int zone = 0; zone < ZONE_COUNT; zone++)
			node_slots[piece].active[zone] += slot.energy.active[zone] + slot.energy.idle[zone];
		if (!is_empty(&slot))
			ledger_add_workload(book->ledger, workload->number, &slot);
	}
	settle_load(book, workload);
	memory_settle(book, workload);
	memcpy(before_uj, workload->cumulative_uj, sizeof(before_uj));
	book_add_parts(workload->cumulative_uj, &workload->delta, book->last.zone_mask);
	push(book, workload, before_uj);
	note_seen(book, workload);
	workload->delta = (struct energy) { 0 };
	workload->is_present = workload->is_implausible = false;
}

/* What the node grew by. total = workloads + idle holds in a sound frame; where it does not, the difference stays with
 * the node, so that its own sum is exact. */
static void settle_node(struct book *book, const struct power_once *once, struct energy *slots)
{
	struct energy delta = { 0 }, rest = { 0 };
	struct ledger_slot slot;
	bool is_unbalanced = false;

	for (int zone = 0; zone < ZONE_COUNT; zone++) {
		uint64_t total = growth(book, &book->node_seen.active[zone], once->total_uj.by[zone]);
		uint64_t idle = growth(book, &book->node_seen.idle[zone], once->idle_uj.by[zone]);
		uint64_t given = book->sum.active[zone] + book->sum.idle[zone] + idle;
		delta.active[zone] = total;
		delta.idle[zone] = idle;
		rest.active[zone] = total > given ? total - given : 0;
		rest.idle[zone] = given > total ? given - total : 0;
		is_unbalanced = is_unbalanced || total != given;
	}
	book->counts.unbalanced += is_unbalanced;
	book->node.is_present = true;
	book->node.is_implausible = (once->flags & TICK_FLAG_IMPLAUSIBLE) != 0;
	for (uint32_t piece = 0; piece < book->spread.count; piece++) {
		struct energy share = slots[piece];
		fill_slot(book, piece, &rest, &book->node, &slot);
		for (int zone = 0; zone < ZONE_COUNT; zone++) {
			uint64_t over = slot.energy.idle[zone];
			share.active[zone] += slot.energy.active[zone];
			share.idle[zone] = spread_share(&book->spread, piece, delta.idle[zone]);
			share.active[zone] -= over < share.active[zone] ? over : share.active[zone];
		}
		slot.energy = share;
		if (!is_empty(&slot))
			ledger_add_node(book->ledger, &slot);
	}
	book_add_parts(book->node.cumulative_uj, &delta, once->zone_mask);
	push(book, &book->node, book->node.cumulative_uj);
	note_seen(book, &book->node);
}

static void note_absent(struct book *book)
{
	for (size_t i = 0; i < book->row_count; i++) {
		struct book_row *row = &book->rows[i];
		if (row->present_frame == book->frame)
			row->gone_boot_ns = 0;
		else if (row->gone_boot_ns == 0)
			row->gone_boot_ns = book->last.boot_ns;
	}
}

static void end_frame(struct book *book, const struct frame *frame)
{
	static struct energy slots[SPREAD_PIECES_MAX]; /* too large for the stack; one thread */
	const struct power_once *once = frame->once;

	memset(slots, 0, book->spread.count * sizeof(*slots));
	for (size_t i = 0; i < book->workload_count; i++)
		if (book->workloads[i].is_used)
			settle_workload(book, &book->workloads[i], slots);
	settle_node(book, once, slots);
	note_absent(book);
	book->state.birth_ns = frame->head.epoch.birth_ns;
	book->state.committed_seq = frame->head.seq;
	book->state.last_boot_ns =
		once->boot_ns > book->state.last_boot_ns ? once->boot_ns : book->state.last_boot_ns;
	book->state.last_real_ns = once->real_ns;
	book->is_applying = false;
	book->generation++;
	book->counts.frames++;
}

/* A frame that broke off or turned out malformed half-way leaves nothing behind. */
static void abandon(struct book *book)
{
	for (size_t i = 0; i < book->workload_count; i++) {
		book->workloads[i].delta = (struct energy) { 0 };
		book->workloads[i].is_present = book->workloads[i].is_implausible = false;
		book->workloads[i].is_cpu_counted = false;
		book->workloads[i].cpu_ns = book->workloads[i].request_millicores = 0;
		memory_abandon(&book->workloads[i]);
	}
	ledger_abandon(book->ledger);
	book_revert(book);
}

static int apply_rows(struct book *book, const struct frame *frame)
{
	const struct power_row *rows = frame->rows;

	for (size_t i = 0; i < frame->row_count; i++) {
		int r = apply_row(book, &rows[i]);
		if (r < 0)
			return r;
	}
	return 0;
}

int book_apply_power(struct book *book, const struct frame *frame)
{
	const struct power_once *once = frame->once;
	int r;

	if (once->state >= POWER_STATE_COUNT || !is_sane(&once->total_uj) || !is_sane(&once->idle_uj) ||
		once->first_boot_ns == 0 || once->first_boot_ns > once->boot_ns)
		return -EBADMSG;
	if (once->state == POWER_INITIALIZING) {
		if (!book->has_frame)
			remember(book, once);
		return 0;
	}
	if (frame->head.part == 0) {
		if (book->is_applying)
			abandon(book);
		if (!begin_frame(book, frame))
			return 0;
	} else if (!book->is_applying)
		return 0; /* parts of a frame that was refused or is old */
	r = apply_rows(book, frame);
	if (r == 0 && frame->is_last && !room_take(book, once))
		r = -EBADMSG;
	if (r < 0)
		abandon(book);
	else if (frame->is_last)
		end_frame(book, frame);
	return r;
}
