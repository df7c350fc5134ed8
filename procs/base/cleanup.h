/* Scope-bound clean-up: CLEANUP(closep) int fd = -1; and TAKE(p) to hand ownership on. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CLEANUP(f) __attribute__((cleanup(f)))

/* Yields p's value and clears p, so that its clean-up does nothing: the ownership moves to the receiver. */
#define TAKE(p)                                                                                              \
	__extension__({                                                                                      \
		__typeof__(p) t_ = (p);                                                                      \
		(p) = NULL;                                                                                  \
		t_;                                                                                          \
	})

#define container_of(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))
#define ARRAY_SIZE(a)                   (sizeof(a) / sizeof((a)[0]))

static inline void closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void freep(void *p)
{
	free(*(void **)p);
}

static inline void fclosep(FILE **f)
{
	if (*f != NULL)
		fclose(*f);
}
