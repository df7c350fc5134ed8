/* One estimator's books in the world of world_fixture.h, a turn a second. */
#pragma once

#include "tests/unit/estimator/world_fixture.h"

#define PACKAGE books.state.head.total_uj[ZONE_PACKAGE]
#define JOULE   UINT64_C(1000000)

static struct books books;

static inline void begin(struct turn_config config)
{
	begin_world(5, 1, 2);
	begin_books(&books, config);
}

static inline void end(void)
{
	assert_conserved(&books.state);
	end_books(&books);
	end_world();
}

static inline void turn_after_a_second(void)
{
	second();
	run_turn(&books);
	assert_conserved(&books.state);
}

/* Idle machine: the model says 1 W. */
static inline void begin_idle(void)
{
	begin(books_config());
	publish();
	assert_int_equal(turn_run(&books.turn, &books.state, world.reader), 0);
}
