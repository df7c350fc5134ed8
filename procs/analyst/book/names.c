#include "analyst/book/names.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/fnv.h"
#include "ipc/frame.h"

#define NAMELESS_PREFIX    "cgroup:"
#define CONTAINER_ID_MIN   12
#define MERGES_MAX         4096
#define WORKLOAD_LINGER_NS (2 * WINDOW_SPAN_NS)

static uint64_t hash_of(const struct ledger_identity *identity)
{
	const unsigned char kind = (unsigned char)identity->kind;

	return fnv_text(fnv_text(fnv_bytes(FNV_BEGIN, &kind, 1), identity->namespace), identity->name);
}

static bool identity_equal(const struct ledger_identity *a, const struct ledger_identity *b)
{
	return a->kind == b->kind && strcmp(a->namespace, b->namespace) == 0 && strcmp(a->name, b->name) == 0;
}

/* On a hash collision the next key is tried. */
static bool find(const struct book *book, const struct ledger_identity *identity, uint64_t *ret_key,
	uint32_t *ret_index)
{
	for (*ret_key = hash_of(identity); idmap_find(&book->workload_by_hash, *ret_key, ret_index);
		++*ret_key)
		if (identity_equal(&book->workloads[*ret_index].identity, identity))
			return true;
	return false;
}

static int take_place(struct book *book, uint32_t *ret_index)
{
	for (size_t i = 0; i < book->workload_count; i++)
		if (!book->workloads[i].is_used) {
			*ret_index = (uint32_t)i;
			return 0;
		}
	if (book->workload_count == BOOK_WORKLOADS_MAX)
		return -ENOSPC;
	if (!array_grow(
		    &book->workloads, book->workload_count, &book->workload_room, sizeof(*book->workloads)))
		return -ENOMEM;
	*ret_index = (uint32_t)book->workload_count++;
	book->workloads[*ret_index] = (struct book_workload) { 0 };
	return 0;
}

static void forget_hash(struct book *book, uint32_t index)
{
	uint64_t key;
	uint32_t found;

	if (find(book, &book->workloads[index].identity, &key, &found) && found == index)
		idmap_remove(&book->workload_by_hash, key);
}

static void free_place(struct book *book, uint32_t index)
{
	uint32_t found;

	forget_hash(book, index);
	if (idmap_find(&book->workload_by_number, (uint64_t)book->workloads[index].number, &found) &&
		found == index)
		idmap_remove(&book->workload_by_number, (uint64_t)book->workloads[index].number);
	book->workloads[index] = (struct book_workload) { 0 };
}

/* What a lost transaction gave another name, or merged into another, stands in the ledger by its old one until it is told again. */
static bool is_taken(const struct book *book, int64_t number)
{
	uint32_t index;

	for (size_t i = 0; i < book->merge_count; i++)
		if (book->merges[i].from == number)
			return true;
	return idmap_find(&book->workload_by_number, (uint64_t)number, &index);
}

static bool is_known(struct book *book, const struct ledger_identity *identity, int64_t *ret_number)
{
	return ledger_find_identity(book->ledger, identity, ret_number) == 0 && !is_taken(book, *ret_number);
}

int book_workload_of(struct book *book, const struct ledger_identity *identity, uint32_t *ret_index)
{
	static const struct ledger_identity other = { WORKLOAD_SYSTEM, "system", "(other)" };
	struct book_workload *workload;
	uint64_t key;
	int r;

	if (find(book, identity, &key, ret_index))
		return 0;
	r = take_place(book, ret_index);
	if (r == -ENOSPC) {
		book->counts.workloads_dropped++;
		return find(book, &other, &key, ret_index) ? 0 : r;
	}
	if (r < 0 || (r = idmap_put(&book->workload_by_hash, key, *ret_index)) < 0)
		return r;
	workload = &book->workloads[*ret_index];
	*workload = (struct book_workload) { .identity = *identity, .is_used = true };
	/* A failing look-up makes a second series rather than none. */
	if (!is_known(book, identity, &workload->number)) {
		workload->number = ledger_new_workload(book->ledger);
		ledger_put_workload(book->ledger, workload->number, identity);
	}
	r = idmap_put(&book->workload_by_number, (uint64_t)workload->number, *ret_index);
	if (r < 0)
		free_place(book, *ret_index);
	return r;
}

static void identity_of(uint64_t id, const struct entry *entry, struct ledger_identity *ret_identity)
{
	*ret_identity = (struct ledger_identity) { .kind = WORKLOAD_SYSTEM, .namespace = "system" };
	if (id == ROW_ID_OTHER || id == ROW_ID_ENDED)
		snprintf(ret_identity->name, sizeof(ret_identity->name),
			id == ROW_ID_OTHER ? "(other)" : "(ended)");
	else if (entry == NULL)
		snprintf(ret_identity->name, sizeof(ret_identity->name), NAMELESS_PREFIX "%llu",
			(unsigned long long)id);
	else {
		ret_identity->kind = entry->kind;
		snprintf(ret_identity->namespace, sizeof(ret_identity->namespace), "%s",
			entry_text(entry, ENTRY_NAMESPACE));
		snprintf(ret_identity->name, sizeof(ret_identity->name), "%s",
			entry_text(entry, ENTRY_WORKLOAD));
	}
}

static void tell_aliases(struct book *book, int64_t number, const struct entry *entry)
{
	static const struct {
		enum entry_text text;
		enum alias_type type;
	} aliases[] = { { ENTRY_POD, ALIAS_POD }, { ENTRY_OWNER, ALIAS_OWNER },
		{ ENTRY_POD_UID, ALIAS_POD_UID }, { ENTRY_CONTAINER, ALIAS_CONTAINER },
		{ ENTRY_CONTAINER_ID, ALIAS_CONTAINER_ID } };

	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++) {
		const char *value = entry_text(entry, aliases[i].text);
		const char *detail =
			aliases[i].type == ALIAS_OWNER ? entry_text(entry, ENTRY_OWNER_KIND) : "";
		if (value[0] != '\0')
			ledger_put_alias(book->ledger, number, aliases[i].type, value, detail);
	}
}

int book_resolve(struct book *book, uint64_t id, uint32_t *ret_index)
{
	const struct entry *entry = directory_find(&book->directory, id);
	struct ledger_identity identity;
	int r;

	identity_of(id, entry, &identity);
	r = book_workload_of(book, &identity, ret_index);
	if (r == 0 && entry != NULL)
		tell_aliases(book, book->workloads[*ret_index].number, entry);
	return r;
}

void book_retell(struct book *book)
{
	for (size_t i = 0; i < book->merge_count; i++)
		ledger_merge(
			book->ledger, book->merges[i].from, book->merges[i].to, book->committed.closed_until);
	for (size_t i = 0; i < book->workload_count; i++)
		if (book->workloads[i].is_used)
			ledger_put_workload(
				book->ledger, book->workloads[i].number, &book->workloads[i].identity);
	for (size_t i = 0; i < book->row_count; i++) {
		const struct entry *entry = directory_find(&book->directory, book->rows[i].id);
		if (entry != NULL)
			tell_aliases(book, book->workloads[book->rows[i].workload].number, entry);
	}
}

/* Did the name only stand in for one that was not known yet? Then all rows under it are meant. */
static bool is_stand_in(const struct ledger_identity *identity, const struct entry *entry)
{
	const char *container_id = entry_text(entry, ENTRY_CONTAINER_ID);
	size_t size = strlen(identity->name);

	return strncmp(identity->name, NAMELESS_PREFIX, strlen(NAMELESS_PREFIX)) == 0 ||
	       strcmp(identity->name, entry_text(entry, ENTRY_POD_UID)) == 0 ||
	       (size >= CONTAINER_ID_MIN && strncmp(identity->name, container_id, size) == 0);
}

static bool rename_in_place(struct book *book, uint32_t index, const struct ledger_identity *wanted)
{
	struct book_workload *workload = &book->workloads[index];
	int64_t number;
	uint64_t key;
	uint32_t other;

	if (find(book, wanted, &key, &other) || is_known(book, wanted, &number) ||
		ledger_has_closed(book->ledger, workload->number, book->state.closed_until))
		return false;
	forget_hash(book, index);
	workload->identity = *wanted;
	if (idmap_put(&book->workload_by_hash, key, index) < 0)
		return false;
	ledger_put_workload(book->ledger, workload->number, wanted);
	return true;
}

/* At once, so that a name that goes is not there to be taken again; kept, for a commit that fails takes it back. */
static void merge_series(struct book *book, int64_t from, int64_t to)
{
	ledger_merge(book->ledger, from, to, book->committed.closed_until);
	book->counts.merges++;
	if (book->merges == NULL)
		book->merges = calloc(MERGES_MAX, sizeof(*book->merges));
	if (book->merges == NULL || book->merge_count == MERGES_MAX)
		return; /* two series remain where the commit fails: their energy is there, under two names */
	book->merges[book->merge_count].from = from;
	book->merges[book->merge_count++].to = to;
}

/* The one without rows becomes the other. */
static void merge(struct book *book, uint32_t from, uint32_t to)
{
	struct book_workload *source = &book->workloads[from], *target = &book->workloads[to];

	for (int part = 0; part < PART_COUNT; part++) { /* the last minute goes along */
		if (target->windows[part].count == 0)
			target->windows[part] = source->windows[part];
		else
			window_add(&target->windows[part], &source->windows[part]);
		target->cumulative_uj[part] += source->cumulative_uj[part];
	}
	if (target->present_ns < source->present_ns)
		target->present_ns = source->present_ns;
	if (target->implausible_ns < source->implausible_ns)
		target->implausible_ns = source->implausible_ns;
	merge_series(book, source->number, target->number);
	free_place(book, from);
}

static void move_row(struct book *book, struct book_row *row, uint32_t to)
{
	uint32_t from = row->workload;

	row->workload = to;
	row->is_dirty = true;
	book->workloads[to].rows++;
	if (--book->workloads[from].rows == 0)
		merge(book, from, to);
}

static int move(struct book *book, struct book_row *row, const struct entry *entry,
	const struct ledger_identity *wanted)
{
	uint32_t from = row->workload, to;
	bool is_whole = is_stand_in(&book->workloads[from].identity, entry);
	int r;

	if ((is_whole || book->workloads[from].rows == 1) && rename_in_place(book, from, wanted))
		return 0;
	r = book_workload_of(book, wanted, &to);
	if (r < 0 || to == from)
		return r;
	if (!is_whole) {
		move_row(book, row, to);
		return 0;
	}
	for (size_t i = 0; i < book->row_count; i++)
		if (book->rows[i].workload == from && book->workloads[from].is_used)
			move_row(book, &book->rows[i], to);
	return 0;
}

/* A name for a row whose energy may be booked already. */
static int identify(struct book *book, uint64_t id)
{
	const struct entry *entry = directory_find(&book->directory, id);
	struct ledger_identity wanted;
	struct book_row *row;
	uint32_t index;
	int r = 0;

	if (entry == NULL || !idmap_find(&book->row_by_id, id, &index))
		return 0;
	row = &book->rows[index];
	identity_of(id, entry, &wanted);
	if (!identity_equal(&wanted, &book->workloads[row->workload].identity))
		r = move(book, row, entry, &wanted);
	if (r == 0)
		tell_aliases(book, book->workloads[row->workload].number, entry);
	return r;
}

static int apply_row(struct book *book, const struct workload_row *row)
{
	int r;

	if (row->op == TOPOLOGY_FORGET) {
		directory_remove(&book->directory, row->id);
		return 0;
	}
	if (row->op == 0 || row->op > TOPOLOGY_FORGET)
		return -EBADMSG;
	r = directory_put(&book->directory, row);
	return r < 0 ? r : identify(book, row->id);
}

int book_apply_workload(struct book *book, const struct frame *frame)
{
	const struct workload_once *once = frame->once;
	const struct workload_row *rows = frame->rows;
	int result = 0;

	if (once->full != 0 && frame->head.part == 0)
		directory_begin_full(&book->directory);
	for (size_t i = 0; i < frame->row_count; i++) {
		int r = apply_row(book, &rows[i]);
		if (r == -EBADMSG) /* that row alone is dropped */
			result = r;
	}
	if (once->full != 0 && frame->is_last)
		directory_end_full(&book->directory);
	return result;
}

void book_free_workloads(struct book *book)
{
	for (size_t i = 0; i < book->workload_count; i++) {
		struct book_workload *workload = &book->workloads[i];
		if (workload->is_used && workload->rows == 0 &&
			book->last.mono_ns > workload->present_ns + WORKLOAD_LINGER_NS)
			free_place(book, (uint32_t)i);
	}
}
