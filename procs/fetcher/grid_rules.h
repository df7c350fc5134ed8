/* What a mix of fuels weighs: the data folder's emission factors, and what the configuration adds. */
#pragma once

#include "base/config.h"
#include "fetcher/grid_told.h"

/* 0; or -errno, after saying why: a fuel without a factor would be a clean one. */
int grid_rules_read(const struct config *config, struct grid_mix_rules *ret_rules);
