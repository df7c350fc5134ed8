#include "exporter/accounts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NONE ACCOUNT_NONE

const enum zone zone_of_share[SHARE_COUNT] = {
	[SHARE_PACKAGE] = ZONE_PACKAGE,
	[SHARE_DRAM] = ZONE_DRAM,
	[SHARE_GPU] = ZONE_GPU,
};

uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t size)
{
	for (const uint8_t *at = bytes, *end = at + size; at < end; at++)
		hash = (hash ^ *at) * UINT64_C(1099511628211);
	return hash;
}

void energy_add(struct energy *to, const struct energy *from)
{
	for (int share = 0; share < SHARE_COUNT; share++) {
		to->total_uj[share] += from->total_uj[share];
		to->idle_uj[share] += from->idle_uj[share];
	}
	to->cpu_ns += from->cpu_ns;
	for (int i = 0; i < NETWORK_COUNT; i++)
		to->network[i] += from->network[i];
}

static void energy_take(struct energy *from, const struct energy *part)
{
	for (int share = 0; share < SHARE_COUNT; share++) {
		from->total_uj[share] -= part->total_uj[share];
		from->idle_uj[share] -= part->idle_uj[share];
	}
	from->cpu_ns -= part->cpu_ns;
	for (int i = 0; i < NETWORK_COUNT; i++)
		from->network[i] -= part->network[i];
}

bool energy_is_zero(const struct energy *energy)
{
	static const struct energy zero;

	return memcmp(energy, &zero, sizeof(zero)) == 0;
}

static void forget_texts(struct account *account)
{
	free(account->key);
	free(account->labels);
	free(account->older_labels);
	account->key = account->labels = account->older_labels = NULL;
}

static void begin(struct accounts *accounts)
{
	accounts->count = accounts->in_use = 0;
	accounts->free = accounts->rest = NONE;
	for (int level = 0; level < ACCOUNT_LEVELS; level++)
		accounts->ended[level].first = accounts->ended[level].last = NONE;
	for (int level = 0; level < ACCOUNT_LEVELS; level++)
		accounts->ended[level].count = 0;
}

int accounts_init(struct accounts *accounts, uint32_t ended_max)
{
	*accounts = (struct accounts) { .ended_max = ended_max };
	begin(accounts);
	accounts->all = calloc(ACCOUNTS_MAX, sizeof(*accounts->all)); /* touched only as far as used */
	accounts->pasts = calloc(ACCOUNTS_MAX, sizeof(*accounts->pasts));
	return accounts->all == NULL || accounts->pasts == NULL ? -ENOMEM : 0;
}

void accounts_clear(struct accounts *accounts)
{
	for (uint32_t i = 0; i < accounts->count; i++)
		forget_texts(&accounts->all[i]);
	idmap_clear(&accounts->by_key);
	begin(accounts);
	accounts->changes++;
}

void accounts_done(struct accounts *accounts)
{
	if (accounts->all != NULL)
		accounts_clear(accounts);
	free(accounts->all);
	free(accounts->pasts);
	free(accounts->passed);
	idmap_done(&accounts->by_key);
	*accounts = (struct accounts) { 0 };
}

static uint64_t hash_of(enum level level, const char *key, size_t size)
{
	return hash_bytes(HASH_BEGIN + level, key, size);
}

uint32_t accounts_find(const struct accounts *accounts, enum level level, const char *key, size_t size)
{
	uint32_t index;

	if (!idmap_find(&accounts->by_key, hash_of(level, key, size), &index))
		return NONE;
	for (; index != NONE; index = accounts->all[index].next_same) {
		const struct account *account = &accounts->all[index];
		if (account->level == level && strncmp(account->key, key, size) == 0 &&
			account->key[size] == '\0')
			return index;
	}
	return NONE;
}

static uint32_t take_slot(struct accounts *accounts)
{
	uint32_t index = accounts->free;

	if (index != NONE)
		accounts->free = accounts->all[index].next;
	else if (accounts->count < ACCOUNTS_MAX)
		index = accounts->count++;
	return index;
}

static void give_slot_back(struct accounts *accounts, uint32_t index)
{
	forget_texts(&accounts->all[index]);
	accounts->all[index] = (struct account) { .next = accounts->free };
	accounts->free = index;
}

uint32_t accounts_get(struct accounts *accounts, enum level level, const char *key, size_t size)
{
	uint64_t hash = hash_of(level, key, size);
	uint32_t index = accounts_find(accounts, level, key, size), head = NONE;

	if (index != NONE)
		return index;
	index = take_slot(accounts);
	if (index == NONE) {
		accounts->dropped++;
		return NONE;
	}
	struct account *account = &accounts->all[index];
	idmap_find(&accounts->by_key, hash, &head);
	accounts->pasts[index] = (struct account_past) { 0 };
	if (accounts->passed != NULL)
		accounts->passed[index] = (struct account_passed) { 0 };
	*account = (struct account) { .level = level,
		.is_used = true,
		.key = strndup(key, size),
		.next_same = head,
		.previous = NONE,
		.next = NONE,
		.vm = NONE,
		.past = &accounts->pasts[index],
		.watts_uw = { WATTS_NONE, WATTS_NONE, WATTS_NONE } };
	if (account->key == NULL || idmap_put(&accounts->by_key, hash, index) < 0) {
		give_slot_back(accounts, index);
		accounts->dropped++;
		return NONE;
	}
	accounts->in_use++;
	return index;
}

static void unlink_key(struct accounts *accounts, uint32_t index)
{
	const struct account *account = &accounts->all[index];
	uint64_t hash = hash_of(account->level, account->key, strlen(account->key));
	uint32_t head = NONE;

	idmap_find(&accounts->by_key, hash, &head);
	if (head == index && account->next_same == NONE) {
		idmap_remove(&accounts->by_key, hash);
	} else if (head == index) {
		idmap_put(&accounts->by_key, hash, account->next_same); /* replaces: cannot fail */
	} else {
		while (accounts->all[head].next_same != index)
			head = accounts->all[head].next_same;
		accounts->all[head].next_same = account->next_same;
	}
}

/* Keeps the old text when there is no memory for a new one. */
static void replace(char **text, uint32_t *size, const struct labels *labels)
{
	char *copy = labels->size > 0 ? malloc(labels->size) : NULL;

	if (copy == NULL)
		return;
	memcpy(copy, labels->text, labels->size);
	free(*text);
	*text = copy;
	*size = (uint32_t)labels->size;
}

void account_describe(
	struct account *account, uint64_t described, const struct labels *labels, const struct labels *older)
{
	account->described = described;
	replace(&account->labels, &account->labels_size, labels);
	replace(&account->older_labels, &account->older_labels_size, older);
}

/* the ended ones, in the order they ended */

static void unlink_ended(struct accounts *accounts, uint32_t index)
{
	struct account *account = &accounts->all[index];
	uint32_t *first = &accounts->ended[account->level].first,
		 *last = &accounts->ended[account->level].last;

	*(account->previous == NONE ? first : &accounts->all[account->previous].next) = account->next;
	*(account->next == NONE ? last : &accounts->all[account->next].previous) = account->previous;
	account->previous = account->next = NONE;
	account->ended_ns = 0;
	accounts->ended[account->level].count--;
}

static void link_ended(struct accounts *accounts, uint32_t index, uint64_t now_ns)
{
	struct account *account = &accounts->all[index];
	uint32_t last = accounts->ended[account->level].last;

	account->ended_ns = now_ns > 0 ? now_ns : 1;
	account->previous = last;
	*(last == NONE ? &accounts->ended[account->level].first : &accounts->all[last].next) = index;
	accounts->ended[account->level].last = index;
	accounts->ended[account->level].count++;
}

void accounts_remove(struct accounts *accounts, uint32_t index)
{
	struct account *account = &accounts->all[index];
	uint32_t vm = account->vm;

	if (account->ended_ns != 0)
		unlink_ended(accounts, index);
	unlink_key(accounts, index);
	accounts->changes += vm != NONE || !energy_is_zero(&account->base);
	if (account->level == LEVEL_PROCESS && accounts->rest != NONE)
		account_pass_on(account, &accounts->all[accounts->rest]);
	if (vm != NONE) { /* what it used stays with its machine */
		struct energy sum = account->base;
		energy_add(&sum, &account->now);
		energy_add(&accounts->all[vm].base, &sum);
		energy_take(&accounts->all[vm].now, &sum);
	}
	give_slot_back(accounts, index);
	accounts->in_use--;
	if (vm != NONE)
		accounts_release(accounts, vm);
}

/* Its joules leave the series, also should it come back: what has no series never gets less. Modulo 2^64, as its rows go on
 * to be told with all they had. */
static void hand_in(struct accounts *accounts, struct account *account)
{
	struct energy all = account->base;

	energy_add(&all, &account->now);
	energy_take(&account->base, &all);
	accounts->changes += !energy_is_zero(&all);
	if (accounts->passed != NULL)
		accounts->changes += account_passed_hand_in(&accounts->passed[account - accounts->all]);
}

/* Out of sight at once; out of memory when nobody names it. */
static void retire(struct accounts *accounts, uint32_t index)
{
	struct account *account = &accounts->all[index];

	unlink_ended(accounts, index);
	if (account->is_of_rows)
		hand_in(accounts, account);
	account->is_hidden = true;
	if (account->references == 0)
		accounts_remove(accounts, index);
}

void accounts_hold(struct accounts *accounts, uint32_t index)
{
	accounts->all[index].references++;
}

void accounts_release(struct accounts *accounts, uint32_t index)
{
	struct account *account = &accounts->all[index];

	account->references--;
	if (account->references == 0 && account->is_hidden && account->ended_ns == 0 && account->rows == 0)
		accounts_remove(accounts, index);
}

static bool has_used(const struct account *account)
{
	uint64_t any = account->base.cpu_ns + account->now.cpu_ns;

	for (int share = 0; share < SHARE_COUNT; share++)
		any |= account->base.total_uj[share] + account->now.total_uj[share];
	return any != 0;
}

void accounts_settle(struct accounts *accounts, uint32_t index, uint64_t now_ns)
{
	struct account *account = &accounts->all[index];

	if ((account->rows > 0 || account->has_end) && account->ended_ns != 0)
		unlink_ended(accounts, index);
	if (account->rows > 0 || account->has_end || (account->is_of_rows && has_used(account)))
		account->is_hidden = false;
	if (account->rows == 0 && account->ended_ns == 0 && !account->is_hidden)
		link_ended(accounts, index, now_ns);
}

void accounts_trim(struct accounts *accounts)
{
	for (int level = 0; level < ACCOUNT_LEVELS; level++)
		while (accounts->ended[level].count > accounts->ended_max) {
			uint32_t first = accounts->ended[level].first;
			accounts->ended_dropped += account_is_shown(&accounts->all[first]);
			retire(accounts, first);
		}
}

void accounts_expire(struct accounts *accounts, uint64_t now_ns, uint64_t keep_ns)
{
	for (int level = 0; level < ACCOUNT_LEVELS; level++)
		for (uint32_t first; (first = accounts->ended[level].first) != NONE;) {
			if (now_ns - accounts->all[first].ended_ns <= keep_ns)
				break;
			retire(accounts, first);
		}
}

bool account_is_shown(const struct account *account)
{
	if (!account->is_used || account->is_hidden || account->described == 0)
		return false;
	return account->rows > 0 || has_used(account);
}
