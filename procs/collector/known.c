#include "collector/known.h"

#include <errno.h>
#include <stdlib.h>

#define SPARE 1024 /* gone threads that are not worth a sweep */

void known_done(struct known_threads *known)
{
	free(known->records);
	free(known->seen);
	idmap_done(&known->by_tid);
	*known = (struct known_threads) { 0 };
}

void known_begin_reading(struct known_threads *known)
{
	known->reading++;
	known->seen_count = 0;
}

static int grow(struct known_threads *known)
{
	size_t room = known->room == 0 ? 512 : known->room * 2;

	if (known->room == KNOWN_THREADS_MAX)
		return -E2BIG;
	struct usage_record *records = reallocarray(known->records, room, sizeof(*records));
	if (records == NULL)
		return -ENOMEM;
	known->records = records;
	uint64_t *seen = reallocarray(known->seen, room, sizeof(*seen));
	if (seen == NULL)
		return -ENOMEM;
	known->seen = seen;
	known->room = room;
	return 0;
}

static void see(struct known_threads *known, uint32_t index)
{
	known->seen_count += known->seen[index] != known->reading;
	known->seen[index] = known->reading;
}

int known_put(struct known_threads *known, const struct usage_record *record)
{
	uint32_t index;
	int r;

	if (!idmap_find(&known->by_tid, record->tid, &index)) {
		if (known->count == known->room && (r = grow(known)) < 0)
			return r;
		index = (uint32_t)known->count;
		if ((r = idmap_put(&known->by_tid, record->tid, index)) < 0)
			return r;
		known->seen[index] = 0;
		known->count++;
	}
	known->records[index] = *record;
	see(known, index);
	return 0;
}

const struct usage_record *known_find(struct known_threads *known, uint32_t tid)
{
	uint32_t index;

	if (!idmap_find(&known->by_tid, tid, &index))
		return NULL;
	see(known, index);
	return &known->records[index];
}

void known_end_reading(struct known_threads *known)
{
	if (known->count <= 2 * known->seen_count + SPARE)
		return;
	for (size_t i = 0; i < known->count;) {
		if (known->seen[i] == known->reading) {
			i++;
			continue;
		}
		idmap_remove(&known->by_tid, known->records[i].tid);
		if (i == --known->count)
			break;
		known->records[i] = known->records[known->count]; /* the last one fills the hole */
		known->seen[i] = known->seen[known->count];
		idmap_put(&known->by_tid, known->records[i].tid,
			(uint32_t)i); /* the key is there: no memory needed */
	}
}
