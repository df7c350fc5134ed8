#include "exporter/book.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NONE UINT32_MAX

int book_init(struct book *book, uint32_t rows)
{
	*book = (struct book) { .row_capacity = rows };
	book->accounts = calloc(ACCOUNTS_MAX, sizeof(*book->accounts));
	book->rows = calloc(rows, sizeof(*book->rows));
	return book->accounts == NULL || book->rows == NULL ? -ENOMEM : 0;
}

void book_done(struct book *book)
{
	free(book->accounts);
	free(book->rows);
	idmap_done(&book->by_key);
	idmap_done(&book->by_id);
}

/* FNV-1a; slot 0, 1, … of a key are tried in turn, so that equal hashes do not merge two objects. */
static uint64_t hash_of(const char *key, uint64_t slot)
{
	uint64_t hash = UINT64_C(14695981039346656037) + slot;

	for (; *key != '\0'; key++)
		hash = (hash ^ (uint8_t)*key) * UINT64_C(1099511628211);
	return hash;
}

static uint32_t find_or_add(struct book *book, enum account_type type, const char *key)
{
	uint32_t index;

	for (uint64_t slot = 0; slot < 8; slot++) {
		uint64_t hash = hash_of(key, slot * 3 + type);
		if (idmap_find(&book->by_key, hash, &index)) {
			if (book->accounts[index].type == type && strcmp(book->accounts[index].key, key) == 0)
				return index;
			continue;
		}
		if (book->account_count == ACCOUNTS_MAX ||
			idmap_put(&book->by_key, hash, book->account_count) < 0)
			break;
		struct account *account = &book->accounts[book->account_count];
		*account = (struct account) { .type = type };
		snprintf(account->key, sizeof(account->key), "%s", key);
		return book->account_count++;
	}
	book->dropped++;
	return NONE;
}

static void describe(struct account *account, const struct workload_row *row)
{
	text_copy(account->workload, sizeof(account->workload), row->workload);
	text_copy(account->namespace, sizeof(account->namespace), row->namespace);
	text_copy(account->pod, sizeof(account->pod), row->pod);
	text_copy(account->container, sizeof(account->container), row->container);
	text_copy(account->pod_uid, sizeof(account->pod_uid), row->pod_uid);
	text_copy(account->container_id, sizeof(account->container_id), row->container_id);
	text_copy(account->runtime, sizeof(account->runtime), row->runtime);
	account->kind = row->kind < WORKLOAD_KIND_COUNT ? (enum workload_kind)row->kind : WORKLOAD_UNIT;
}

static struct book_row *row_of(struct book *book, uint64_t id)
{
	uint32_t index;

	if (idmap_find(&book->by_id, id, &index))
		return &book->rows[index];
	if (book->row_count == book->row_capacity || idmap_put(&book->by_id, id, book->row_count) < 0) {
		book->dropped++;
		return NULL;
	}
	struct book_row *row = &book->rows[book->row_count++];
	*row = (struct book_row) { .id = id, .accounts = { NONE, NONE, NONE } };
	return row;
}

/* A pod's account goes by uid and never changes; a workload's goes by name and does when a late name arrives: the
 * row's whole energy then counts for the new name, and the old account is empty and no longer shown. */
static void apply_workload(struct book *book, const struct workload_row *row)
{
	struct book_row *known = row_of(book, row->id);
	char key[sizeof(((struct account *)NULL)->key)];
	uint32_t index;

	if (known == NULL)
		return;
	if (row->container_id.size > 0) {
		text_copy(key, sizeof(key), row->container_id);
		known->accounts[0] = index = find_or_add(book, ACCOUNT_CONTAINER, key);
		if (index != NONE)
			describe(&book->accounts[index], row);
	}
	if (row->pod_uid.size > 0) {
		text_copy(key, sizeof(key), row->pod_uid);
		known->accounts[1] = index = find_or_add(book, ACCOUNT_POD, key);
		if (index != NONE)
			describe(&book->accounts[index], row);
	}
	snprintf(key, sizeof(key), "%u/%.*s/%.*s", row->kind, (int)row->namespace.size, row->namespace.data,
		(int)row->workload.size, row->workload.data);
	known->accounts[2] = index = find_or_add(book, ACCOUNT_WORKLOAD, key);
	if (index != NONE)
		describe(&book->accounts[index], row);
}

void book_workloads(struct book *book, const struct frame *frame)
{
	const struct workload_row *rows = frame->rows;

	for (size_t i = 0; i < frame->row_count; i++)
		apply_workload(book, &rows[i]);
	book->has_workloads |= frame->is_last;
}

/* power */

static void forget_all(struct book *book)
{
	book->account_count = book->row_count = 0;
	idmap_clear(&book->by_key);
	idmap_clear(&book->by_id);
	memset(book->total, 0, sizeof(book->total));
	memset(book->idle, 0, sizeof(book->idle));
	book->busy = book->capacity = (struct window) { 0 };
	book->has_workloads = false;
}

static void apply_power_row(struct book *book, const struct power_row *row)
{
	struct book_row *known = row_of(book, row->id);

	if (known == NULL)
		return;
	known->is_seen = true;
	known->cpu_ns = row->cpu_ns;
	for (int zone = 0; zone < BOOK_ZONES; zone++)
		known->uj[zone] = row->active_uj.by[zone] + row->idle_uj.by[zone];
	for (int slot = 0; slot < ROW_ACCOUNTS; slot++) {
		if (known->accounts[slot] == NONE)
			continue;
		struct account *account = &book->accounts[known->accounts[slot]];
		account->rows += !(row->flags & ROW_FINAL);
	}
}

static void keep(struct book *book, const struct book_row *row)
{
	for (int slot = 0; slot < ROW_ACCOUNTS; slot++) {
		if (row->accounts[slot] == NONE)
			continue;
		struct account *account = &book->accounts[row->accounts[slot]];
		account->base_cpu_ns += row->cpu_ns;
		for (int zone = 0; zone < BOOK_ZONES; zone++)
			account->base_uj[zone] += row->uj[zone];
	}
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
		keep(book, row);
		idmap_remove(&book->by_id, row->id);
		*row = book->rows[--book->row_count];
		if (i < book->row_count)
			idmap_put(&book->by_id, row->id, i);
	}
}

static void add_row(struct book *book, const struct book_row *row)
{
	for (int slot = 0; slot < ROW_ACCOUNTS; slot++) {
		if (row->accounts[slot] == NONE)
			continue;
		struct account *account = &book->accounts[row->accounts[slot]];
		account->now_cpu_ns += row->cpu_ns;
		for (int zone = 0; zone < BOOK_ZONES; zone++)
			account->now_uj[zone] += row->uj[zone];
	}
}

static void settle_accounts(struct book *book, uint64_t mono_ns, uint64_t now_ns)
{
	for (uint32_t i = 0; i < book->row_count; i++)
		add_row(book, &book->rows[i]);
	for (uint32_t i = 0; i < book->account_count; i++) {
		struct account *account = &book->accounts[i];
		for (int zone = 0; zone < BOOK_ZONES; zone++)
			window_push(&account->window[zone], mono_ns,
				account->base_uj[zone] + account->now_uj[zone]);
		if (account->rows > 0)
			account->ended_ns = 0;
		else if (account->ended_ns == 0)
			account->ended_ns = now_ns;
	}
}

static void settle_node(struct book *book, const struct power_once *once)
{
	for (int zone = 0; zone < ZONE_MAX; zone++) {
		book->total_uj[zone] = once->total_uj.by[zone];
		book->idle_uj[zone] = once->idle_uj.by[zone];
		window_push(&book->total[zone], once->mono_ns, once->total_uj.by[zone]);
		window_push(&book->idle[zone], once->mono_ns, once->idle_uj.by[zone]);
	}
	window_push(&book->busy, once->mono_ns, once->busy_ns);
	window_push(&book->capacity, once->mono_ns, once->capacity_ns);
	book->zone_mask = once->zone_mask;
	book->error_ppm = once->error_ppm;
	book->state = once->state < POWER_STATE_COUNT ? (enum power_state)once->state : POWER_INITIALIZING;
	book->usage = once->usage < USAGE_SOURCE_COUNT ? (enum usage_source)once->usage : USAGE_PROCFS;
	text_copy(book->source, sizeof(book->source), once->source);
	book->mono_ns = once->mono_ns;
}

void book_power(struct book *book, const struct frame *frame, uint64_t now_ns)
{
	const struct power_once *once = frame->once;
	const struct power_row *rows = frame->rows;

	if (frame->head.part == 0) {
		if (book->has_power && book->energy_epoch != frame->head.energy_epoch)
			forget_all(book);
		book->gaps += book->has_power && once->from_seq > book->seq;
		for (uint32_t i = 0; i < book->row_count; i++)
			book->rows[i].is_seen = false;
		for (uint32_t i = 0; i < book->account_count; i++) {
			book->accounts[i].rows = 0;
			book->accounts[i].now_cpu_ns = 0;
			memset(book->accounts[i].now_uj, 0, sizeof(book->accounts[i].now_uj));
		}
	}
	for (size_t i = 0; i < frame->row_count; i++)
		apply_power_row(book, &rows[i]);
	if (!frame->is_last)
		return;
	settle_forgotten(book);
	settle_accounts(book, once->mono_ns, now_ns);
	settle_node(book, once);
	book->epoch = frame->head.epoch;
	book->energy_epoch = frame->head.energy_epoch;
	book->seq = frame->head.seq;
	book->received_ns = now_ns;
	book->has_power = true;
}

static void rebuild_keys(struct book *book)
{
	idmap_clear(&book->by_key);
	for (uint32_t i = 0; i < book->account_count; i++) {
		uint32_t other;
		for (uint64_t slot = 0; slot < 8; slot++) {
			uint64_t hash = hash_of(book->accounts[i].key, slot * 3 + book->accounts[i].type);
			if (!idmap_find(&book->by_key, hash, &other)) {
				idmap_put(&book->by_key, hash, i);
				break;
			}
		}
	}
}

void book_expire(struct book *book, uint64_t now_ns, uint64_t keep_ns)
{
	bool has_moved = false;

	for (uint32_t i = 0; i < book->account_count;) {
		struct account *account = &book->accounts[i];
		bool is_used = account->ended_ns == 0 || now_ns - account->ended_ns <= keep_ns;
		for (uint32_t r = 0; r < book->row_count && !is_used; r++)
			for (int slot = 0; slot < ROW_ACCOUNTS; slot++)
				is_used |= book->rows[r].accounts[slot] == i;
		if (is_used) {
			i++;
			continue;
		}
		uint32_t last = --book->account_count;
		*account = book->accounts[last];
		for (uint32_t r = 0; r < book->row_count; r++)
			for (int slot = 0; slot < ROW_ACCOUNTS; slot++)
				if (book->rows[r].accounts[slot] == last)
					book->rows[r].accounts[slot] = i;
		has_moved = true;
	}
	if (has_moved)
		rebuild_keys(book);
}

bool book_watts(const struct window *window, double *ret_watts)
{
	uint64_t growth_uj, span_ns;

	if (!window_growth(window, &growth_uj, &span_ns))
		return false;
	*ret_watts = (double)growth_uj * 1e3 / (double)span_ns; /* µJ / ns = kW */
	return true;
}
