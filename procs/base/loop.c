#include "base/loop.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/ready.h"
#include "base/signals.h"

#define EVENTS_PER_TURN 64
#define IDLE_TURN_MS    1000 /* an idle process still turns, so that its watchdog lives */

struct loop {
	int epoll_fd;
	struct signals signals;
	bool is_stopping;
	uint64_t turns;
	struct epoll_event events[EVENTS_PER_TURN];
	int event_count;
	int (*turn)(void *context);
	void *turn_context;
};

int loop_new(struct loop **ret_loop)
{
	struct loop *loop = calloc(1, sizeof(*loop));
	int r;

	if (loop == NULL)
		return -ENOMEM;
	loop->signals.source.fd = -1;
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	r = loop->epoll_fd < 0 ? -errno : signals_open(&loop->signals);
	if (r == 0)
		r = loop_add(loop, &loop->signals.source);
	if (r < 0) {
		loop_free(loop);
		return r;
	}
	*ret_loop = loop;
	return 0;
}

void loop_free(struct loop *loop)
{
	if (loop == NULL)
		return;
	signals_close(&loop->signals);
	closep(&loop->epoll_fd);
	free(loop);
}

int loop_add(struct loop *loop, struct source *source)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = source };

	return epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, source->fd, &event) < 0 ? -errno : 0;
}

void loop_remove(struct loop *loop, struct source *source)
{
	epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, source->fd, NULL);
	for (int i = 0; i < loop->event_count; i++) /* it may stand later in this very turn */
		if (loop->events[i].data.ptr == source)
			loop->events[i].data.ptr = NULL;
}

void loop_on_turn(struct loop *loop, int (*turn)(void *context), void *context)
{
	loop->turn = turn;
	loop->turn_context = context;
}

void loop_on_reload(struct loop *loop, void (*reload)(void *context), void *context)
{
	loop->signals.reload = reload;
	loop->signals.context = context;
}

static int turn_once(struct loop *loop)
{
	int r = 0;

	loop->event_count = epoll_wait(loop->epoll_fd, loop->events, EVENTS_PER_TURN, IDLE_TURN_MS);
	if (loop->event_count < 0) {
		loop->event_count = 0;
		if (errno != EINTR)
			return -errno;
	}
	for (int i = 0; i < loop->event_count && r >= 0; i++) {
		struct source *source = loop->events[i].data.ptr;
		if (source != NULL)
			r = source->ready(source);
	}
	loop->event_count = 0;
	if (r >= 0 && loop->turn != NULL)
		r = loop->turn(loop->turn_context);
	loop->turns++;
	ready_watchdog();
	return r;
}

int loop_run(struct loop *loop)
{
	int r = 0;

	while (!loop->is_stopping && !loop->signals.is_stopping && r >= 0)
		r = turn_once(loop);
	ready_stopping();
	return r < 0 ? r : 0;
}

void loop_stop(struct loop *loop)
{
	loop->is_stopping = true;
}

uint64_t loop_turns(const struct loop *loop)
{
	return loop->turns;
}

static int on_timer(struct source *source)
{
	struct timer *timer = container_of(source, struct timer, source);
	uint64_t expirations;

	if (read(source->fd, &expirations, sizeof(expirations)) < 0)
		return errno == EAGAIN ? 0 : -errno;
	return timer->expired(timer);
}

int timer_open(struct timer *timer, int (*expired)(struct timer *timer))
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

	*timer = (struct timer) { .source = { fd, on_timer }, .expired = expired };
	return fd < 0 ? -errno : 0;
}

static struct timespec to_timespec(uint64_t ns)
{
	return (struct timespec) { (time_t)(ns / NS_PER_SECOND), (long)(ns % NS_PER_SECOND) };
}

int timer_set(struct timer *timer, uint64_t first_ns, uint64_t interval_ns)
{
	/* An all-zero it_value would disarm the timer. */
	struct itimerspec spec = { to_timespec(interval_ns), to_timespec(first_ns > 0 ? first_ns : 1) };

	return timerfd_settime(timer->source.fd, 0, &spec, NULL) < 0 ? -errno : 0;
}

void timer_close(struct timer *timer)
{
	closep(&timer->source.fd);
	timer->source.fd = -1;
}
