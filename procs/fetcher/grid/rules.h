/*
 * What a mix of fuels weighs: the data folder's emission factors, and what the configuration adds. The data files are read as
 * the analyst reads them, all or none, at the start and as they change, so that what is told rests on the version that answers
 * name; files that cannot be used leave what was read before in use.
 */
#pragma once

#include "base/config.h"
#include "fetcher/grid/told.h"

struct grid_rules {
	const struct config *config;
	char folder[CONFIG_TEXT_MAX];
	struct grid_mix_rules mix;
	struct file_identity files[DATA_FILES_MAX];
	bool is_known;     /* mix is there; else `failure` says why not */
	bool is_asked;     /* for another look, by SIGHUP */
	char failure[256]; /* of the files as they are now, "" = none */
};

/* Before the sandbox. What is wrong is logged, and no reason to end: is_known. */
void grid_rules_open(struct grid_rules *rules, const struct config *config);
/* To be called now and then. True: the mix is another one now. */
bool grid_rules_watch(struct grid_rules *rules);
