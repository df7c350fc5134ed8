/*
 * Label text of a series, `pod="app",namespace="prod"`, escaped as both text formats want it (backslash, quote, line
 * break; what is no UTF-8 becomes U+FFFD). Made when a name arrives and kept with its account, not at every scrape.
 */
#pragma once

#include "ipc/frame.h"

#define LABELS_MAX 8192 /* every text of a frame escaped, three bytes for one */

struct labels {
	char text[LABELS_MAX];
	size_t size;
	bool is_cut; /* would not fit; the label is left out */
};

static inline void labels_begin(struct labels *labels)
{
	labels->size = 0;
	labels->is_cut = false;
}

void labels_add(struct labels *labels, const char *name, struct text value);

/* All labels but state, zone and node_name of Kepler >= 0.10, with pod, namespace and container beside them. */
void labels_of_pod(struct labels *labels, const struct workload_row *row);
void labels_of_container(struct labels *labels, const struct workload_row *row);
void labels_of_workload(struct labels *labels, const struct workload_row *row);
void labels_of_vm(struct labels *labels, struct text id, struct text name, struct text hypervisor);
void labels_of_process(struct labels *labels, const struct process_row *row, struct text container_id);
/* All but mode and source of Kepler <= 0.9. */
void labels_of_older_container(struct labels *labels, const struct workload_row *row);
