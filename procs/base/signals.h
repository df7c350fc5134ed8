/* SIGTERM, SIGINT and SIGHUP as a source of a loop; SIGPIPE is ignored. What loop.h and web.h share. */
#pragma once

#include <stdbool.h>

#include "base/loop.h"

struct signals {
	struct source source;
	bool is_stopping;              /* SIGTERM or SIGINT has come */
	void (*reload)(void *context); /* for SIGHUP; NULL = ignored */
	void *context;
};

/* Blocks the signals and opens the descriptor; add signals->source to the loop. 0 or -errno. */
int signals_open(struct signals *signals);
void signals_close(struct signals *signals);
