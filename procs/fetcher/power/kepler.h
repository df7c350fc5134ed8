/*
 * What one sample of a Kepler (any version), or of a store that scraped one, says: whose energy, of which zone, as a
 * counter or a gauge. Pure; copies nothing but the workload's name.
 */
#pragma once

#include "fetcher/power/metrics.h"
#include "ipc/vocabulary.h"

enum subject {
	SUBJECT_POD,
	SUBJECT_VM,
	SUBJECT_ACTIVE,
	SUBJECT_IDLE,
	SUBJECT_STATE,
	SUBJECT_ERROR,
	SUBJECT_METHOD,
	SUBJECT_COUNT
};
enum unit { UNIT_NONE, UNIT_JOULES, UNIT_WATTS };

#define KEPLER_NAME_MAX 254
#define NODE_LABELS     2 /* instance, node_name */

struct kepler_series {
	uint64_t
		hash; /* of the name and all labels but `state` (of STATE it too): a series that ends goes on under another */
	uint64_t
		own; /* the same without what a store's scrape added; 0 = what it added cannot be told apart */
	uint64_t node[NODE_LABELS]; /* who tells it, by each label that says so; 0 = none does */
	enum subject subject;
	enum zone zone;
	enum unit unit;
	uint8_t rank;
	bool has_ended;         /* state="terminated" */
	enum power_state state; /* of SUBJECT_STATE and SUBJECT_METHOD */
};

struct kepler_workload {
	char namespace[KEPLER_NAME_MAX], name[KEPLER_NAME_MAX], uid[64];
	bool is_static; /* called after its node, as kubelet calls what it runs of itself */
};

/* True where the sample is one that counts; ret_workload is filled for SUBJECT_POD and SUBJECT_VM. `endpoint` tells
 * equal series of two endpoints apart. */
bool kepler_read(unsigned endpoint, const struct metric_sample *sample, struct kepler_series *ret_series);
/* True of the series by which a tanso says, with 1, that its own sensor is silent: its counters stand, and what stands is no
 * 0 W. */
bool kepler_tells_stale(const struct metric_sample *sample);
/* 0; -ENOENT: it has no name, its energy is part of the rest; -E2BIG. */
int kepler_workload(
	enum subject subject, const struct metric_sample *sample, struct kepler_workload *ret_workload);
/* The names of all metrics that count, NULL-terminated: for queries. */
extern const char *const kepler_metric_names[];
