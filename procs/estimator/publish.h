/* Builds the power frame from state and turn. */
#pragma once

#include "estimator/state.h"
#include "estimator/turn.h"

/* rows has room for state->head.row_count. Texts point into turn. */
void publish_power(const struct state *state, const struct turn *turn, struct power_once *ret_once,
	struct power_row *rows);
