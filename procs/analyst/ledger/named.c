#include "analyst/ledger/named.h"

#include <stdlib.h>
#include <string.h>

#include "base/fnv.h"
#include "base/large.h"

#define ROWS_FIRST  256
#define TEXTS_FIRST 65536

static size_t bytes_of(const struct named *named)
{
	size_t slot = sizeof(uint64_t) + sizeof(uint32_t);

	return named->texts_room + named->room * sizeof(*named->workloads) +
	       (named->by_number.slots + named->shared.slots) * slot;
}

void named_clear(struct named *named)
{
	free(named->workloads);
	free(named->texts);
	idmap_done(&named->by_number);
	idmap_done(&named->shared);
	*named = (struct named) { .is_too_much = named->is_too_much };
}

/* While they are being read all of it is in use, and too much. Afterwards much of it may be names of what has gone: read anew, the
 * others may fit. */
static void give_up(struct named *named)
{
	bool is_too_much = !named->is_whole;

	named_clear(named);
	named->is_too_much = is_too_much;
}

/* Where it stands, or 0: it is empty, or there is no room. */
static uint32_t keep(struct named *named, const char *text)
{
	size_t size = strlen(text) + 1, at = named->texts_used > 0 ? named->texts_used : 1;

	if (size == 1)
		return 0;
	if (at + size > named->texts_room) {
		size_t room = 2 * named->texts_room + size + TEXTS_FIRST;
		char *texts = bytes_of(named) + room <= NAMED_BYTES_MAX
				      ? large_grow(named->texts, named->texts_used, room)
				      : NULL;
		if (texts == NULL)
			return 0;
		texts[0] = '\0';
		named->texts = texts;
		named->texts_room = room;
	}
	memcpy(named->texts + at, text, size);
	named->texts_used = at + size;
	return (uint32_t)at;
}

/* Where it stands, or 0 and the key to put it under: on a collision the next one is tried. */
static uint32_t find_shared(const struct named *named, const char *text, uint64_t *ret_key)
{
	uint32_t at;

	for (*ret_key = fnv_text(FNV_BEGIN, text); idmap_find(&named->shared, *ret_key, &at); ++*ret_key)
		if (strcmp(named->texts + at, text) == 0)
			return at;
	return 0;
}

/* Is written once, however many have it. */
static uint32_t share(struct named *named, const char *text)
{
	uint64_t key;
	uint32_t at = find_shared(named, text, &key);

	if (at != 0)
		return at;
	at = keep(named, text);
	return at == 0 || idmap_put(&named->shared, key, at) == 0 ? at : 0;
}

static struct named_workload *find(const struct named *named, int64_t number)
{
	uint32_t index;

	return idmap_find(&named->by_number, (uint64_t)number, &index) ? &named->workloads[index] : NULL;
}

static struct named_workload *add(struct named *named, int64_t number)
{
	if (named->count == named->room) {
		size_t room = named->room == 0 ? ROWS_FIRST : named->room * 2;
		struct named_workload *workloads = NULL;
		if (bytes_of(named) + room * sizeof(*workloads) <= NAMED_BYTES_MAX)
			workloads = large_grow(named->workloads, named->count * sizeof(*workloads),
				room * sizeof(*workloads));
		if (workloads == NULL)
			return NULL;
		named->workloads = workloads;
		named->room = room;
	}
	if (idmap_put(&named->by_number, (uint64_t)number, (uint32_t)named->count) < 0)
		return NULL;
	named->workloads[named->count] = (struct named_workload) { .number = number };
	return &named->workloads[named->count++];
}

const char *named_text(const struct named *named, uint32_t at)
{
	return at == 0 ? "" : named->texts + at;
}

void named_put(struct named *named, int64_t number, const struct ledger_identity *identity)
{
	struct named_workload *workload = find(named, number);

	if (workload == NULL && number <= named->whole_until)
		workload = add(named, number);
	else if (workload == NULL)
		return;
	else if (workload->kind == identity->kind &&
		 strcmp(named_text(named, workload->name), identity->name) == 0 &&
		 strcmp(named_text(named, workload->namespace), identity->namespace) == 0)
		return;
	if (workload != NULL) {
		workload->kind = identity->kind;
		workload->namespace = share(named, identity->namespace);
		workload->name = keep(named, identity->name);
	}
	if (workload == NULL || (workload->namespace == 0 && identity->namespace[0] != '\0') ||
		(workload->name == 0 && identity->name[0] != '\0'))
		give_up(named);
}

/* Is that owner to stand where another does, or none? */
static bool goes_before(
	const struct named *named, const struct named_workload *workload, const char *owner, const char *kind)
{
	bool was_inferred = owner_is_inferred(named_text(named, workload->owner_kind));

	if (workload->owner == 0 || was_inferred != owner_is_inferred(kind))
		return workload->owner == 0 || was_inferred;
	return strcmp(owner, named_text(named, workload->owner)) <= 0;
}

void named_own(struct named *named, int64_t number, const char *owner, const char *owner_kind)
{
	struct named_workload *workload = find(named, number);

	if (owner[0] == '\0' || (workload == NULL && !named->is_whole))
		return;
	uint32_t at = share(named, owner), kind_at = share(named, owner_kind);
	if (at == 0 || (kind_at == 0 && owner_kind[0] != '\0')) {
		give_up(named);
	} else if (workload != NULL && goes_before(named, workload, owner, owner_kind)) {
		workload->owner = at;
		workload->owner_kind = kind_at;
	}
}

bool named_may_own(const struct named *named, const char *owner)
{
	uint64_t key;

	return !named->is_whole || find_shared(named, owner, &key) != 0;
}

bool named_may_be_inferred(const struct named *named, int64_t number)
{
	const struct named_workload *workload = find(named, number);

	return !named->is_whole || workload == NULL || workload->owner == 0 ||
	       owner_is_inferred(named_text(named, workload->owner_kind));
}

void named_merge(struct named *named, int64_t from, int64_t to)
{
	struct named_workload *source = find(named, from), *target = find(named, to);

	if (source != NULL && target != NULL && source->owner != 0 &&
		(target->owner == 0 ||
			strcmp(named_text(named, source->owner), named_text(named, target->owner)) < 0)) {
		target->owner = source->owner;
		target->owner_kind = source->owner_kind;
	}
	named_forget(named, from);
}

void named_forget(struct named *named, int64_t number)
{
	struct named_workload *workload = find(named, number), *last;

	if (workload == NULL)
		return;
	last = &named->workloads[--named->count];
	idmap_remove(&named->by_number, (uint64_t)number);
	if (workload == last)
		return;
	*workload = *last;
	/* it is in the map: nothing grows, nothing fails */
	idmap_put(&named->by_number, (uint64_t)last->number, (uint32_t)(workload - named->workloads));
}
