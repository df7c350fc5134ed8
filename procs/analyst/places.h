/* The folders the analyst may still reach once it runs: its sockets, its ledger, the data files, the demo's, the grid file's. */
#pragma once

#include "base/config.h"
#include "base/landlock.h"

#define PLACES_MAX 5

struct places {
	struct landlock_place all[PLACES_MAX];
	size_t count;
};

/* Enters Landlock; a kernel without it is said and goes on. Call when the ledger is open and before nng starts its
 * threads. -errno where it failed. */
int places_enter(struct places *places, const struct config *config, const char *data_folder);
/* One of them is another folder now (said in the log): only a successor can reach it. */
bool places_have_moved(const struct places *places);
