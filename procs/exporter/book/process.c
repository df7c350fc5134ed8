/* Process frames: a series for each of those that used most, one for all others, and the machines they run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exporter/book/rows.h"

#define NONE ACCOUNT_NONE

static const struct book_row *row_of_cgroup(const struct book *book, uint64_t id)
{
	uint32_t index;

	return idmap_find(&book->by_id, id, &index) ? &book->rows[index] : NULL;
}

static struct text container_of_row(const struct book *book, const struct book_row *row)
{
	if (row == NULL || row->accounts[ROW_CONTAINER] == NONE)
		return text_of("");
	/* the key is `="id",="runtime"`, escaped already (no quote without a backslash) and hexadecimal as a rule */
	const char *key = book->accounts.all[row->accounts[ROW_CONTAINER]].key + strlen("=\"");
	return (struct text) { .data = key, .size = (uint32_t)(strstr(key, "\",=\"") - key) };
}

static uint64_t hash_process(const struct process_row *row, struct text container_id)
{
	uint64_t hash = hash_bytes(HASH_BEGIN, row->comm.data, row->comm.size);

	hash = hash_bytes(hash, row->exe.data, row->exe.size);
	hash = hash_bytes(hash, row->vm_id.data, row->vm_id.size);
	return hash_bytes(hash, container_id.data, container_id.size) | 1;
}

/* A process with its cgroup's own machine tells that machine's uuid; one without has its energy counted for a machine. */
static void find_vm(struct book *book, uint32_t process, const struct process_row *row)
{
	const struct book_row *cgroup = row_of_cgroup(book, row->id);
	const struct labels none = { .size = 0 };
	struct labels key, labels;
	uint32_t index;

	if (row->vm_id.size == 0 || book->accounts.all[process].vm != NONE)
		return;
	labels_begin(&key);
	labels_begin(&labels);
	labels_add(&key, "", row->vm_id);
	labels_of_vm(&labels, row->vm_id, row->vm_name, row->hypervisor);
	if (cgroup != NULL && cgroup->accounts[ROW_VM] != NONE) {
		index = cgroup->accounts[ROW_VM];
	} else {
		index = accounts_get(&book->accounts, LEVEL_VM, key.text, key.size);
		if (index == NONE || book->accounts.all[index].is_of_rows)
			return;
		book->accounts.all[process].vm = index;
		accounts_hold(&book->accounts, index);
	}
	uint64_t described = hash_bytes(HASH_BEGIN, labels.text, labels.size) | 1;
	if (book->accounts.all[index].described != described)
		account_describe(&book->accounts.all[index], described, &labels, &none);
}

/* Number and birth tell a process: of two with one number only the newer keeps a series. */
static uint32_t account_of(struct book *book, const struct process_row *row)
{
	char key[16];
	size_t size = (size_t)snprintf(key, sizeof(key), "%u", row->tgid);
	uint32_t index = accounts_find(&book->accounts, LEVEL_PROCESS, key, size);

	if (index != NONE && book->accounts.all[index].start_ns == row->start_ns)
		return index;
	if (index != NONE)
		accounts_remove(&book->accounts, index);
	if (book->process_count >= BOOK_PROCESSES_MAX)
		return NONE;
	index = accounts_get(&book->accounts, LEVEL_PROCESS, key, size);
	if (index != NONE)
		book->accounts.all[index].start_ns = row->start_ns;
	return index;
}

static void describe(struct book *book, struct account *account, const struct process_row *row)
{
	struct text container_id = container_of_row(book, row_of_cgroup(book, row->id));
	uint64_t described = hash_process(row, container_id);
	const struct labels none = { .size = 0 };
	struct labels labels;

	if (account->described == described)
		return;
	labels_begin(&labels);
	labels_of_process(&labels, row, container_id);
	account_describe(account, described, &labels, &none);
}

static void add_growth(struct energy *to, const struct energy *from, const struct energy *until)
{
	for (int share = 0; share < SHARE_COUNT; share++)
		if (until->total_uj[share] > from->total_uj[share])
			to->total_uj[share] += until->total_uj[share] - from->total_uj[share];
	if (until->cpu_ns > from->cpu_ns)
		to->cpu_ns += until->cpu_ns - from->cpu_ns;
}

/* What it is told with first may be of any time: it counts with the rest. */
static void grow(struct book *book, struct account *account, const struct energy *energy)
{
	struct energy grown = { 0 };

	add_growth(&grown, &account->now, energy);
	account_grow(account, grown.total_uj);
	if (account->vm != NONE)
		account_grow(&book->accounts.all[account->vm], grown.total_uj);
	for (int share = 0; share < SHARE_COUNT; share++)
		book->grown_shown_uj[share] += grown.total_uj[share];
}

static void keep(struct book *book, struct account *account)
{
	account->now.cpu_ns = 0; /* time goes on from the process's birth */
	energy_add(&account->base, &account->now);
	account->now = (struct energy) { 0 };
	book->accounts.changes++;
}

static void apply_process(struct book *book, const struct process_row *row)
{
	struct energy energy = { .cpu_ns = row->cpu_ns };

	for (int share = 0; share < SHARE_COUNT; share++)
		energy.total_uj[share] = row->active_uj.by[zone_of_share[share]];
	if (row->tgid == 0) {
		if (row->id == ROW_ID_OTHER)
			book->others_told = energy;
		return; /* what former rows had when they left was in their series already */
	}
	uint32_t index = account_of(book, row);
	if (index == NONE) {
		book->processes_dropped++;
		return;
	}
	struct account *account = &book->accounts.all[index];
	describe(book, account, row);
	if (energy.total_uj[SHARE_PACKAGE] < account->now.total_uj[SHARE_PACKAGE])
		keep(book, account); /* it was without a row for a while, and began anew */
	if (account->is_hidden)
		add_growth(&book->others_added, &account->now, &energy);
	find_vm(book, index, row);
	if (!account->is_hidden && account->is_told)
		grow(book, account, &energy);
	account->now = energy;
	account->is_seen = account->is_told = true;
	account->rows = !(row->flags & ROW_FINAL);
}

/* One that the sender no longer tells of while it ran (another used more), or that ended without a series. Should it
 * come back, its energy goes on where it was. One that runs a machine is always told of while it runs. */
static bool is_over(const struct account *account)
{
	return account->is_seen ? account->is_hidden && account->rows == 0 : account->ended_ns == 0;
}

static void settle_process(struct book *book, uint32_t index, const struct pulse *pulse, uint64_t now_ns)
{
	struct account *account = &book->accounts.all[index];

	if (is_over(account)) {
		accounts_remove(&book->accounts, index);
		return;
	}
	book->process_count++;
	bool is_hidden = account->is_hidden;
	book_push(book, account, pulse);
	accounts_settle(&book->accounts, index, now_ns);
	if (account->is_used)
		account->is_hidden |= is_hidden;
}

static uint64_t energy_sum(const struct account *account)
{
	uint64_t sum = 0;

	for (int share = 0; share < SHARE_COUNT; share++)
		sum += account->base.total_uj[share] + account->now.total_uj[share];
	return sum;
}

static int by_energy(const void *a, const void *b)
{
	const struct account *left = *(const struct account *const *)a,
			     *right = *(const struct account *const *)b;
	uint64_t left_uj = energy_sum(left), right_uj = energy_sum(right);

	if (left_uj != right_uj)
		return left_uj < right_uj ? 1 : -1;
	return left < right ? -1 : 1; /* members of one array */
}

/* The config.processes that used most have series; what a new one without used so far counts with the others. */
static void show_most(struct book *book)
{
	static struct account *running[BOOK_PROCESSES_MAX];
	struct accounts *accounts = &book->accounts;
	const struct energy nothing = { 0 };
	uint32_t count = 0;

	for (uint32_t i = 0; i < accounts->count && count < BOOK_PROCESSES_MAX; i++)
		if (accounts->all[i].is_used && accounts->all[i].level == LEVEL_PROCESS &&
			accounts->all[i].rows > 0 && i != accounts->rest)
			running[count++] = &accounts->all[i];
	if (count > book->config.processes)
		qsort(running, count, sizeof(struct account *), by_energy);
	for (uint32_t i = 0; i < count; i++) {
		if (i >= book->config.processes && !running[i]->is_hidden && accounts->rest != NONE)
			account_pass_on(running[i], &accounts->all[accounts->rest]);
		running[i]->is_hidden = i >= book->config.processes;
		if (running[i]->is_hidden && !running[i]->is_counted && !book->are_others_resumed)
			add_growth(&book->others_added, &nothing, &running[i]->now);
		running[i]->is_counted = true;
	}
	book->are_others_resumed = false;
}

/* All that rows used and no process with a series: the watts of all processes are the node's active ones. */
static void settle_rest_watts(struct book *book, struct account *rest, const struct pulse *pulse)
{
	uint64_t uj[SHARE_COUNT];

	for (int share = 0; share < SHARE_COUNT; share++) {
		uint64_t grown = book->grown_uj[share] - book->grown_told_uj[share];
		uj[share] = grown > book->grown_shown_uj[share] ? grown - book->grown_shown_uj[share] : 0;
		book->grown_told_uj[share] = book->grown_uj[share];
	}
	account_grow(rest, uj);
	book_push(book, rest, pulse);
}

/* A process's series and that of all others never go backwards: a process that changes sides takes nothing along. */
static void settle_others(struct book *book, const struct pulse *pulse, uint64_t now_ns)
{
	const struct process_row all_others = {
		.comm = text_of("other"), .exe = text_of(""), .vm_id = text_of("")
	};
	uint32_t index = accounts_get(&book->accounts, LEVEL_PROCESS, "0", 1);

	book->accounts.rest = index;
	if (index == NONE)
		return;
	struct account *account = &book->accounts.all[index];
	describe(book, account, &all_others);
	account->now = book->others_told;
	energy_add(&account->now, &book->others_added);
	account->is_seen = account->is_heir = true;
	account->rows = 1;
	settle_rest_watts(book, account, pulse);
	accounts_settle(&book->accounts, index, now_ns);
	account->is_hidden = book->config.processes == 0;
}

static bool is_machine_of_processes(const struct account *account)
{
	return account->is_used && account->level == LEVEL_VM && !account->is_of_rows;
}

static void settle_machines(struct book *book, const struct pulse *pulse, uint64_t now_ns)
{
	struct accounts *accounts = &book->accounts;

	for (uint32_t i = 0; i < accounts->count; i++)
		if (is_machine_of_processes(&accounts->all[i])) {
			accounts->all[i].now = (struct energy) { 0 };
			accounts->all[i].rows = 0;
		}
	for (uint32_t i = 0; i < accounts->count; i++) {
		const struct account *process = &accounts->all[i];
		if (!process->is_used || process->level != LEVEL_PROCESS || process->vm == NONE)
			continue;
		energy_add(&accounts->all[process->vm].now, &process->base);
		energy_add(&accounts->all[process->vm].now, &process->now);
		accounts->all[process->vm].rows += process->rows;
	}
	for (uint32_t i = 0; i < accounts->count; i++)
		if (is_machine_of_processes(&accounts->all[i])) {
			book_push(book, &accounts->all[i], pulse);
			accounts_settle(accounts, i, now_ns);
		}
}

void book_processes(struct book *book, const struct frame *frame, uint64_t now_ns)
{
	const struct process_once *once = frame->once;
	const struct process_row *rows = frame->rows;
	struct accounts *accounts = &book->accounts;

	if (!book->has_power || frame->head.energy_epoch != book->energy_epoch)
		return; /* of another epoch: the next power frame says which */
	if (frame->head.part == 0) {
		memset(book->grown_shown_uj, 0, sizeof(book->grown_shown_uj));
		for (uint32_t i = 0; i < accounts->count; i++)
			accounts->all[i].is_seen = false;
	}
	for (size_t i = 0; i < frame->row_count; i++)
		apply_process(book, &rows[i]);
	if (!frame->is_last)
		return;
	book->process_count = 0;
	const struct pulse pulse = pulse_at(&book->beat, once->mono_ns);
	for (uint32_t i = 0; i < accounts->count; i++)
		if (accounts->all[i].is_used && accounts->all[i].level == LEVEL_PROCESS &&
			i != accounts->rest)
			settle_process(book, i, &pulse, now_ns);
	show_most(book);
	settle_others(book, &pulse, now_ns);
	settle_machines(book, &pulse, now_ns);
	accounts_trim(accounts);
	if (book->state != POWER_INITIALIZING)
		window_push(&book->beat, once->mono_ns, 0);
	book->processes_omitted = once->omitted;
	book->generation++;
}
