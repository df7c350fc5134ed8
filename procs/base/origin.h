/* Where the analyst's power comes from, as the configuration says: one source at a time. */
#pragma once

#include "base/config.h"

enum origin { ORIGIN_PIPELINE, ORIGIN_KEPLER, ORIGIN_PROMETHEUS };

enum origin origin_of(const struct config *config);
/* "pipeline", "kepler", "prometheus" */
const char *origin_name(enum origin origin);
/* Time between two readings of it. */
uint64_t origin_interval_ms(const struct config *config);
