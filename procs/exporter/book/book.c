#include "exporter/book/rows.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NONE ACCOUNT_NONE

int book_init(struct book *book, const struct book_config *config)
{
	*book = (struct book) { .config = *config };
	int r = accounts_init(&book->accounts, config->ended_max);
	book->rows = calloc(config->rows, sizeof(*book->rows));
	return r < 0 ? r : book->rows == NULL ? -ENOMEM : book_open_counters(book);
}

void book_done(struct book *book)
{
	accounts_done(&book->accounts);
	free(book->rows);
	free(book->passed);
	idmap_done(&book->by_id);
}

uint64_t book_dropped(const struct book *book)
{
	return book->rows_dropped + book->accounts.dropped + book->processes_dropped;
}

uint64_t book_age_ns(const struct book *book, uint64_t now_ns)
{
	return now_ns > book->mono_ns ? now_ns - book->mono_ns : 0;
}

bool book_is_stale(const struct book *book, uint64_t now_ns)
{
	uint64_t limit_ns = 3 * book->config.interval_ns;

	return book_age_ns(book, now_ns) > (limit_ns > BOOK_STALE_NS ? limit_ns : BOOK_STALE_NS);
}

void book_expire(struct book *book, uint64_t now_ns, uint64_t keep_ns)
{
	accounts_expire(&book->accounts, now_ns, keep_ns);
}

struct book_row *book_row_of(struct book *book, uint64_t id)
{
	uint32_t index;

	if (idmap_find(&book->by_id, id, &index))
		return &book->rows[index];
	if (book->row_count == book->config.rows || idmap_put(&book->by_id, id, book->row_count) < 0) {
		book->rows_dropped++;
		book->is_short = true;
		return NULL;
	}
	struct book_row *row = &book->rows[book->row_count++];
	*row = (struct book_row) { .id = id, .accounts = { NONE, NONE, NONE, NONE } };
	if (book->passed != NULL)
		book->passed[row - book->rows] = (struct passed) { 0 };
	return row;
}

static void move(struct book *book, uint32_t *place, uint32_t index)
{
	uint32_t before = *place;

	if (index == before)
		return;
	*place = index;
	if (index != NONE)
		accounts_hold(&book->accounts, index);
	if (before == NONE)
		return;
	if (index != NONE && book->accounts.all[before].references == 1) /* its last row gets another name */
		account_pass_on(&book->accounts.all[before], &book->accounts.all[index]);
	accounts_release(&book->accounts, before);
}

void book_forget(struct book *book)
{
	accounts_clear(&book->accounts);
	book->row_count = book->process_count = book->gpu_count = 0;
	book->passed_told = book->passed_counted = 0;
	book->are_others_resumed = false;
	book->others_told = book->others_added = (struct energy) { 0 };
	idmap_clear(&book->by_id);
	memset(book->grown_uj, 0, sizeof(book->grown_uj));
	memset(book->grown_told_uj, 0, sizeof(book->grown_told_uj));
	memset(book->total, 0, sizeof(book->total));
	memset(book->idle, 0, sizeof(book->idle));
	book->busy = book->capacity = book->beat = (struct window) { 0 };
	book->has_workloads = book->has_power = false;
}

void book_resume_ended(struct book *book, uint64_t id, const struct energy *energy,
	const uint32_t accounts[static ROW_ACCOUNTS])
{
	struct book_row *row = book_row_of(book, id);

	if (row == NULL)
		return;
	row->energy = *energy;
	row->is_final = row->is_known = true;
	for (int slot = 0; slot < ROW_ACCOUNTS; slot++)
		move(book, &row->accounts[slot], accounts[slot]);
}

/* names */

static uint64_t hash_text(uint64_t hash, struct text text)
{
	return hash_bytes(hash_bytes(hash, &text.size, sizeof(text.size)), text.data, text.size);
}

static uint64_t hash_names(const struct workload_row *row)
{
	uint64_t hash = hash_bytes(HASH_BEGIN, &row->kind, sizeof(row->kind));

	hash = hash_text(hash_text(hash, row->workload), row->namespace);
	hash = hash_text(hash_text(hash, row->pod), row->pod_uid);
	hash = hash_text(hash_text(hash, row->container), row->container_id);
	return hash_text(hash, row->runtime) | 1; /* 0 = not described yet */
}

/* Keys are made of escaped text, as the labels are: two objects never share a key, nor an equal set of labels. */
static void name(struct book *book, struct book_row *known, enum row_account slot, enum level level,
	const struct labels *key, const struct labels *labels, const struct labels *older)
{
	uint32_t index = accounts_get(&book->accounts, level, key->text, key->size);

	move(book, &known->accounts[slot], index);
	if (index != NONE)
		book->accounts.all[index].is_of_rows = true;
	if (index != NONE && book->accounts.all[index].described != known->described)
		account_describe(&book->accounts.all[index], known->described, labels, older);
}

static void name_container(struct book *book, struct book_row *known, const struct workload_row *row)
{
	struct labels key, labels, older;

	labels_begin(&key);
	labels_begin(&labels);
	labels_begin(&older);
	labels_add(&key, "", row->container_id);
	labels_add(&key, "", row->runtime); /* an LXC and an nspawn container may have one name */
	labels_of_container(&labels, row);
	if (book->config.has_older)
		labels_of_older_container(&older, row);
	name(book, known, ROW_CONTAINER, LEVEL_CONTAINER, &key, &labels, &older);
}

static void name_pod(struct book *book, struct book_row *known, const struct workload_row *row)
{
	struct labels key, labels;
	const struct labels none = { .size = 0 };

	labels_begin(&key);
	labels_begin(&labels);
	labels_add(&key, "", row->pod_uid);
	labels_of_pod(&labels, row);
	name(book, known, ROW_POD, LEVEL_POD, &key, &labels, &none);
}

static void name_workload(struct book *book, struct book_row *known, const struct workload_row *row)
{
	struct labels labels;
	const struct labels none = { .size = 0 };

	labels_begin(&labels);
	labels_of_workload(&labels, row);
	name(book, known, ROW_WORKLOAD, LEVEL_WORKLOAD, &labels, &labels, &none);
}

/* A machine with a cgroup of its own (libvirt's, systemd's): what its uuid is, its process tells. */
static void name_vm(struct book *book, struct book_row *known, const struct workload_row *row)
{
	struct labels key, labels;
	const struct labels none = { .size = 0 };

	labels_begin(&key);
	labels_begin(&labels);
	labels_add(&key, "", row->workload);
	labels_of_vm(&labels, row->workload, row->workload, row->runtime);
	name(book, known, ROW_VM, LEVEL_VM, &key, &labels, &none);
}

/* A pod's account goes by uid and never changes; a workload's goes by name and does when a late name arrives: the
 * row's whole energy then counts for the new name, and the old account is empty and no longer shown. */
static void apply_workload(struct book *book, const struct workload_row *row)
{
	struct book_row *known = book_row_of(book, row->id);
	uint64_t described = hash_names(row);

	if (known == NULL || known->described == described)
		return;
	if (row->path.size == 0 && known->accounts[ROW_WORKLOAD] != NONE)
		return; /* it ended while its name was lost elsewhere: here it is known */
	known->described = described;
	book->accounts.changes++;
	if (row->container_id.size > 0)
		name_container(book, known, row);
	else
		move(book, &known->accounts[ROW_CONTAINER], NONE);
	if (row->pod_uid.size > 0)
		name_pod(book, known, row);
	else
		move(book, &known->accounts[ROW_POD], NONE);
	name_workload(book, known, row);
	if (row->kind == WORKLOAD_VM)
		name_vm(book, known, row);
	else
		move(book, &known->accounts[ROW_VM], NONE);
}

void book_name_nameless(struct book *book, struct book_row *known)
{
	char workload[32];
	const struct text none = text_of("");

	snprintf(workload, sizeof(workload), "cgroup:%llu", (unsigned long long)known->id);
	const struct workload_row row = { .kind = WORKLOAD_SYSTEM,
		.workload = text_of(known->id == ROW_ID_OTHER ? "(other)" : workload),
		.namespace = text_of("system"),
		.pod = none,
		.pod_uid = none,
		.container = none,
		.container_id = none,
		.runtime = none };
	known->described = hash_names(&row);
	name_workload(book, known, &row);
}

void book_begin_epoch(struct book *book, uint64_t energy_epoch)
{
	if (book->energy_epoch != energy_epoch)
		book_forget(book);
	book->energy_epoch = energy_epoch;
}

void book_workloads(struct book *book, const struct frame *frame)
{
	const struct workload_row *rows = frame->rows;

	if (frame->head.part == 0)
		book_begin_epoch(book, frame->head.energy_epoch);
	for (size_t i = 0; i < frame->row_count; i++)
		apply_workload(book, &rows[i]);
	book->has_workloads |= frame->is_last;
	book->generation++;
}
