/*
 * The event loop of a process: one thread, level-triggered epoll. Order of a turn: wait, call every ready source,
 * call the turn function (flush, send what was gathered), ping the watchdog. SIGTERM and SIGINT end loop_run().
 * A source is embedded in its owner; container_of() leads back. Processes built on h2o use web.h instead, which
 * takes the same sources.
 */
#pragma once

#include "base/clock.h"

struct source {
	int fd;
	int (*ready)(struct source *source); /* < 0 (-errno) ends the loop with that result */
};

struct timer {
	struct source source; /* a timerfd */
	int (*expired)(struct timer *timer);
};

struct loop;

int loop_new(struct loop **ret_loop);
void loop_free(struct loop *loop);

/* The loop borrows `source`, which must stay where it is until loop_remove(). */
int loop_add(struct loop *loop, struct source *source);
void loop_remove(struct loop *loop, struct source *source);

/* Called once at the end of every turn. */
void loop_on_turn(struct loop *loop, int (*turn)(void *context), void *context);

/* Called for SIGHUP; without it SIGHUP is ignored. */
void loop_on_reload(struct loop *loop, void (*reload)(void *context), void *context);

/* Runs until SIGTERM, SIGINT or loop_stop() (result 0), or until a source fails (its -errno). */
int loop_run(struct loop *loop);
void loop_stop(struct loop *loop);
uint64_t loop_turns(const struct loop *loop);

/* Opens a timerfd on CLOCK_MONOTONIC, unarmed. Close with timer_close(). */
int timer_open(struct timer *timer, int (*expired)(struct timer *timer));
/* First expiry in first_ns (0 = as soon as possible), then each interval_ns (0 = once). */
int timer_set(struct timer *timer, uint64_t first_ns, uint64_t interval_ns);
void timer_close(struct timer *timer);
