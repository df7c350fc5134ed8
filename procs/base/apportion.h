/*
 * Splits energy among rows so that nothing is lost: floor(energy * weight / sum) in 128 bits, the left-over µJ to the
 * largest fractions, ties to the smaller id. Deterministic, no carried state: a replayed turn gives the same numbers.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct share {
	uint64_t id;
	uint64_t weight;
	uint64_t uj;       /* result */
	uint64_t fraction; /* scratch: what the floor cut off, comparable within one call */
};

/* Fills uj of every share; the sum of them equals energy_uj unless all weights are 0. Returns what was given out (0 or
 * energy_uj). The order of the array is kept. `scratch` has room for `count` indexes. */
uint64_t apportion(uint64_t energy_uj, struct share *shares, size_t count, uint32_t *scratch);
