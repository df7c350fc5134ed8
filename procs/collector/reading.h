/*
 * What a reading tells, added up: ended[] and live[] of the cgroups and of those without a row, the processes. Live sums
 * change by what is told to have changed, and begin anew when that cannot be right any more.
 */
#pragma once

#include "collector/sampler.h"

/* 0 or -errno: the next one brings what this one lacks. */
int reading_take(struct sampler *sampler, struct instant now);
/* Looks for cgroups that no event told of. */
void reading_walk(struct sampler *sampler, struct instant now);
/* CPU time is /proc's. */
bool reading_is_procfs(const struct sampler *sampler);
