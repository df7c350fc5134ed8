/* A supervisor's fd store inside the test: what is stored under a name comes back after fd_store_restart(). */
#pragma once

#include "base/ready.h"

/* As if this process had been started anew: everything in the store is inherited again. */
void fd_store_restart(void);
/* The stored descriptor, owned by the store, or -1. */
int fd_store_peek(const char *name);
void fd_store_clear(void);
