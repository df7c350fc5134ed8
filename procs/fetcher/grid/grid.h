/*
 * Providers of grid data, asked now and then: what each told last is kept in memory and on disk, and sent to the analyst as
 * it changes. A provider that fails is left alone for a while: patience.h. Keys come from files or the environment
 * and are never logged.
 */
#pragma once

#include "base/clock.h"
#include "base/config.h"
#include "base/loop.h"
#include "fetcher/credentials.h"
#include "fetcher/grid/told.h"
#include "ipc/link.h"

struct grid_asker;

/* Before the sandbox. *ret_asker is NULL where no provider is configured. 0 or -errno, after saying why. */
int grid_asker_new(
	const struct config *config, struct loop *loop, struct stats *stats, struct grid_asker **ret_asker);
void grid_asker_free(struct grid_asker *asker);
/* Where to send what is told; then all of it is sent. */
void grid_asker_tell_all(struct grid_asker *asker, struct link *analyst);
/* Once a second: asks whoever is due. Between two ticks it is `now`. */
void grid_asker_tick(struct grid_asker *asker, struct link *analyst, const struct instant *now);
/* The data files are to be looked at again: SIGHUP. */
void grid_asker_reload(struct grid_asker *asker);
/* Where they are; "" where nobody is asked who tells a mix of fuels, and nobody needs them. */
const char *grid_asker_folder(const struct grid_asker *asker);
size_t grid_asker_ports(const struct grid_asker *asker, uint16_t *ports, size_t room);
bool grid_asker_is_lost(const struct grid_asker *asker, uint64_t mono_ns);
/* "kpx, electricitymaps" */
void grid_asker_describe(const struct grid_asker *asker, char *text, size_t size);
