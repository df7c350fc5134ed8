/*
 * Asks a store once a minute whose its pods are, beside the rounds of power and without any of them waiting for it. A store that
 * cannot say is no failure: most have nobody who tells it.
 */
#pragma once

#include "base/address.h"
#include "base/config.h"
#include "base/loop.h"
#include "fetcher/power/power.h"

struct owner_asker;

/* Of the store at that address, which outlives the asker. Before the sandbox; the first question is asked once the loop runs.
 * 0 or -errno. */
int owner_asker_new(const struct config *config, const struct address *address, struct loop *loop,
	struct power *power, struct stats *stats, struct owner_asker **ret_asker);
void owner_asker_free(struct owner_asker *asker);
