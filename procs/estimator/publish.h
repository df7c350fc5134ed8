/* Builds the power, counters, process and GPU frames from state and turn. */
#pragma once

#include "estimator/gpus.h"
#include "estimator/machines.h"
#include "estimator/turn.h"

#define PUBLISH_REST_ROWS 2 /* ROW_ID_OTHER and ROW_ID_ENDED behind the listed processes */

/* rows has room for state->head.row_count. Texts point into turn. */
void publish_power(const struct state *state, const struct turn *turn, struct power_once *ret_once,
	struct power_row *rows);
/* rows has room for processes_listed_most(process_rows, MACHINES_MAX) + PUBLISH_REST_ROWS. Returns how many were filled. Texts point into turn and machines. */
size_t publish_processes(const struct state *state, const struct turn *turn, const struct machines *machines,
	struct process_once *ret_once, struct process_row *rows);
/* What is passed on, while the state keeps it: rows has room for state->head.row_count. */
void publish_counters(const struct state *state, struct counters_once *ret_once, struct counters_row *rows);
/* The GPUs that are there. Returns how many were filled; texts point into turn. */
size_t publish_gpus(
	const struct state *state, const struct turn *turn, struct gpus_row rows[static NODE_GPUS_MAX]);
