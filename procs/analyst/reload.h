/*
 * The data files and the grid file under a running analyst: read at the start, and again on SIGHUP or within RELOAD_WATCH_MS
 * of a change (a ConfigMap swaps the link ..data, a package or a script replaces the files). What cannot be used is said once,
 * and what was in use stays in use.
 */
#pragma once

#include "analyst/grid/grid.h"
#include "base/config.h"
#include "base/file.h"
#include "base/stats.h"
#include "korea/data.h"

#define RELOAD_WATCH_MS 500
#define DEMO_FILES_MAX  3

struct reload {
	const struct config *config;
	char folder[CONFIG_TEXT_MAX];
	struct data *data;           /* in use */
	struct grid_file *grid_file; /* in use; NULL = none configured */
	struct file_identity files[DATA_FILES_MAX], demo_files[DEMO_FILES_MAX], grid_identity;
	uint64_t next_ns;
	bool is_asked; /* by SIGHUP */
	bool is_data_stale, is_grid_stale;
	double *reloads, *failures, *is_stale;
};

/* Reads the files; what is wrong is logged. 0 or -errno. */
int reload_open(struct reload *reload, const struct config *config, struct stats *stats);
void reload_done(struct reload *reload);
/* True: reload->data or reload->grid_file is another one now, and the one before is gone. */
bool reload_watch(struct reload *reload, uint64_t now_ns);
