#include "base/array.h"

#include <stdlib.h>

#define ROOM_FIRST 64

bool array_grow(void *array, size_t count, size_t *room, size_t size)
{
	size_t more = *room == 0 ? ROOM_FIRST : *room * 2;
	void **items = array, *grown;

	if (count < *room)
		return true;
	grown = reallocarray(*items, more, size);
	if (grown == NULL)
		return false;
	*items = grown;
	*room = more;
	return true;
}
