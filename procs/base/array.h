/* Arrays that grow as they are filled. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Room for one more behind the `count` items of `size` bytes: *room doubles where there is none. `array` is the address of the
 * pointer to them. False: out of memory, and nothing has changed. */
bool array_grow(void *array, size_t count, size_t *room, size_t size);
