/* Memory that outlives this process: small files of fixed size in STATE_DIR/frontend, mapped before the sandbox is entered. */
#pragma once

#include <stddef.h>

/* A new file, or one of another size, is zeroes, then what `fill` (NULL: nothing) writes. NULL: it cannot be had. */
void *state_map(const char *state_dir, const char *name, size_t size, int (*fill)(int fd));
