/*
 * The data files under a running analyst: read at the start, and again on SIGHUP or within RELOAD_WATCH_S of a change (a
 * ConfigMap swaps the link ..data, a package replaces the files). What cannot be used is said once, and what was in use
 * stays in use.
 */
#pragma once

#include "base/config.h"
#include "base/file.h"
#include "base/stats.h"
#include "korea/data.h"

#define RELOAD_WATCH_S   2
#define RELOAD_FILES_MAX 16

struct reload {
	const struct config *config;
	char folder[CONFIG_TEXT_MAX];
	struct data *data; /* in use */
	struct file_identity files[RELOAD_FILES_MAX];
	uint64_t next_ns;
	bool is_asked; /* by SIGHUP */
	double *reloads, *failures, *is_stale;
};

/* Reads the files; what is wrong is logged. 0 or -errno. */
int reload_open(struct reload *reload, const struct config *config, struct stats *stats);
void reload_done(struct reload *reload);
/* True: reload->data is another one now, and the one before is gone. */
bool reload_watch(struct reload *reload, uint64_t now_ns);
