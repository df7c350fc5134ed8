#include "analyst/book/room.h"

#include "base/clock.h"

#define UJ_PER_NS   (ROOM_WATTS / 1000)
#define ROOM_MAX_UJ (UINT64_C(1) << 62) /* 21 days of it, or 213 of 250 kW: more was never missed */
#define ROOM_MAX_NS (ROOM_MAX_UJ / UJ_PER_NS)
#define LENIENT_NS  (UINT64_C(3600) * NS_PER_SECOND) /* for a clock that was set back between two runs */

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t since(uint64_t before_ns, uint64_t now_ns)
{
	return now_ns > before_ns ? now_ns - before_ns : 0;
}

void room_open(struct book_room *room, const struct ledger_state *state)
{
	*room = (struct book_room) {
		.uj = LENIENT_NS * UJ_PER_NS, .real_ns = state->last_real_ns, .own_ns = clock_mono_ns()
	};
}

/* A new ledger has no reading before: all that the epoch has lasted is open. */
void room_grow(struct book_room *room, const struct power_once *once)
{
	uint64_t own_ns = clock_mono_ns(), passed_ns = since(room->own_ns, own_ns);
	uint64_t told_ns = room->real_ns != 0 ? since(room->real_ns, once->real_ns)
					      : once->boot_ns - once->first_boot_ns;

	passed_ns = least(passed_ns > told_ns ? passed_ns : told_ns, ROOM_MAX_NS);
	room->uj = least(room->uj + passed_ns * UJ_PER_NS, ROOM_MAX_UJ);
	room->own_ns = own_ns;
	room->real_ns = room->real_ns > once->real_ns ? room->real_ns : once->real_ns;
	room->brought_uj = 0;
}

/* Rows may be as many as to bring more than 64 bits hold. */
void room_bring(struct book_room *room, uint64_t uj)
{
	room->brought_uj = least(room->brought_uj + least(uj, ROOM_MAX_UJ), ROOM_MAX_UJ + 1);
}

bool room_take(struct book *book, const struct power_once *once)
{
	struct book_room *room = &book->room, node = { 0 };
	uint64_t uj;

	for (int zone = 0; zone < ZONE_COUNT; zone++) {
		room_bring(&node, since(book->node_seen.active[zone], once->total_uj.by[zone]));
		room_bring(room, since(book->node_seen.idle[zone], once->idle_uj.by[zone]));
	}
	uj = node.brought_uj > room->brought_uj ? node.brought_uj : room->brought_uj;
	if (uj > room->uj)
		return false;
	room->uj -= uj;
	room->taken_uj += uj;
	return true;
}

void room_commit(struct book_room *room)
{
	room->taken_uj = 0;
}

void room_revert(struct book_room *room)
{
	room->uj = least(room->uj + room->taken_uj, ROOM_MAX_UJ);
	room->taken_uj = 0;
}
