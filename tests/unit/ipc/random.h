/* Random content for property tests: xorshift with a seed that is printed, TANSO_TEST_SEED repeats a run. */
#pragma once

#include <sys/random.h>

#include "tests/unit/unit.h"

struct random {
	uint64_t state;
};

static inline struct random random_new(const char *what)
{
	const char *given = getenv("TANSO_TEST_SEED");
	struct random random = { given != NULL ? strtoull(given, NULL, 10) : 0 };

	if (given == NULL && getrandom(&random.state, sizeof(random.state), 0) < 0)
		abort();
	print_message("%s: TANSO_TEST_SEED=%llu\n", what, (unsigned long long)random.state);
	random.state |= 1; /* xorshift never leaves 0 */
	return random;
}

/* Marsaglia, "Xorshift RNGs", J. Stat. Softw. 8(14), 2003 */
static inline uint64_t random_next(struct random *random)
{
	random->state ^= random->state << 13;
	random->state ^= random->state >> 7;
	random->state ^= random->state << 17;
	return random->state;
}

static inline uint64_t random_below(struct random *random, uint64_t bound)
{
	return (random_next(random) >> 11) % bound;
}
