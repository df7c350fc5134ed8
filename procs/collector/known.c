#include "collector/known.h"

#include <stdlib.h>

void known_done(struct known_threads *known)
{
	free(known->records);
	free(known->tids);
	free(known->reading);
	idmap_done(&known->by_tid);
	*known = (struct known_threads) { 0 };
}

void known_clear(struct known_threads *known)
{
	known->count = 0;
	idmap_clear(&known->by_tid);
}

void known_begin_reading(struct known_threads *known)
{
	known->now++;
}

/* What grew before another one failed to is found grown the next time. */
static bool grow(struct known_threads *known)
{
	size_t room = known->room == 0 ? 512 : known->room * 2;

	if (known->room == KNOWN_THREADS_MAX)
		return false;
	struct usage_record *records = reallocarray(known->records, room, sizeof(*records));
	if (records == NULL)
		return false;
	known->records = records;
	uint32_t *tids = reallocarray(known->tids, room, sizeof(*tids));
	if (tids == NULL)
		return false;
	known->tids = tids;
	uint32_t *reading = reallocarray(known->reading, room, sizeof(*reading));
	if (reading == NULL)
		return false;
	known->reading = reading;
	known->room = room;
	return true;
}

struct usage_record *known_put(struct known_threads *known, uint32_t tid)
{
	uint32_t index;

	if (!idmap_find(&known->by_tid, tid, &index)) {
		if (known->count == known->room && !grow(known))
			return NULL;
		index = (uint32_t)known->count;
		if (idmap_put(&known->by_tid, tid, index) < 0)
			return NULL;
		known->records[index].tid = 0;
		known->tids[index] = tid;
		known->count++;
	}
	known->reading[index] = known->now;
	return &known->records[index];
}

bool known_is_seen(const struct known_threads *known, size_t index)
{
	return known->reading[index] == known->now;
}

void known_remove(struct known_threads *known, size_t index)
{
	size_t last = --known->count;

	idmap_remove(&known->by_tid, known->tids[index]);
	if (index == last)
		return;
	known->records[index] = known->records[last];
	known->tids[index] = known->tids[last];
	known->reading[index] = known->reading[last];
	idmap_put(
		&known->by_tid, known->tids[index], (uint32_t)index); /* the key is there: no memory needed */
}
