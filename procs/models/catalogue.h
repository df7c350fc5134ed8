/*
 * Every power model in models_dir, and how well each fits this machine: *.json in the folder itself, and what the index.json
 * of each sub-folder lists (upstream's files do not say which host they are of). Read before the sandbox; bounded.
 */
#pragma once

#include "models/host.h"
#include "models/model_file.h"

#define CATALOGUE_MAX 256

/* From worst to best. */
enum model_fit {
	FIT_UNREADABLE,
	FIT_OTHER_HOST, /* another CPU */
	FIT_NOT_STATED, /* nothing says which host it is of: by name only */
	FIT_SAME_CPU,   /* this CPU, in another kind of host */
	FIT_HOST_TYPE   /* this kind of host, or a guest of it */
};

struct candidate {
	char path[512];
	struct model_file file; /* name alone where it is unreadable */
	enum model_fit fit;
	char reason[256]; /* why it fits, or not */
};

struct catalogue {
	char folder[CONFIG_TEXT_MAX];
	struct candidate *all; /* sorted by name */
	size_t count;
	uint32_t dropped; /* files beyond CATALOGUE_MAX */
};

/* Reads the folder; no folder is an empty catalogue, an unreadable file an entry that says so. 0 or -ENOMEM. */
int catalogue_read(const struct config *config, const struct host *host, struct catalogue *ret_catalogue);
void catalogue_done(struct catalogue *catalogue);
/* By name; NULL if there is none. */
const struct candidate *catalogue_find(const struct catalogue *catalogue, const char *name);

/* Stated relative error (k = 1) of a variant on this machine. */
uint32_t candidate_error_ppm(
	const struct candidate *candidate, const struct model_variant *variant, const struct host *host);
/* The variant to use where the counters in `counters` are counted, chosen for this machine; NULL: none fits. */
const struct candidate *catalogue_choose(const struct catalogue *catalogue, const struct host *host,
	uint32_t counters, const struct model_variant **ret_variant);
