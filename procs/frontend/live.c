#include "frontend/live.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "frontend/sse.h"

/* Watts of a fake meter are shown, too: the answer is marked, and so is the page. */
#define POWER_ARGUMENTS   "{\"limit\":8,\"allow_fake\":true}"
#define SUMMARY_ARGUMENTS "{\"allow_fake\":true}"
#define RETRY_MS          "2000"

struct feed {
	struct live *live;
	const char *event, *tool, *arguments;
	uint64_t every_ns, due_ns;
	int64_t ask; /* 0 = not under way */
	char *last;  /* the newest event, for whoever comes next */
	size_t last_size;
};

enum { FEED_POWER, FEED_SUMMARY, FEED_COUNT };

struct listener {
	struct live *live;
	struct sse *sse;
	struct listener *next, **link;
};

struct live {
	struct asks *asks;
	struct feed feeds[FEED_COUNT];
	struct listener *listeners;
	size_t count;
	double *opened, *refused, *dropped;
};

int live_new(struct live **ret_live, struct asks *asks, struct stats *stats)
{
	struct live *live = calloc(1, sizeof(*live));

	if (live == NULL)
		return -ENOMEM;
	live->asks = asks;
	live->feeds[FEED_POWER] = (struct feed) { live, "power", "list_top_power_consumers", POWER_ARGUMENTS,
		LIVE_POWER_MS * NS_PER_MILLISECOND, 0, 0, NULL, 0 };
	live->feeds[FEED_SUMMARY] = (struct feed) { live, "summary", "get_power_consumption_summary",
		SUMMARY_ARGUMENTS, LIVE_SUMMARY_MS * NS_PER_MILLISECOND, 0, 0, NULL, 0 };
	live->opened = stats_entry(stats, STAT_COUNTER, "event_streams_total", "");
	live->refused = stats_entry(stats, STAT_COUNTER, "event_streams_refused_total", "");
	live->dropped = stats_entry(stats, STAT_COUNTER, "events_dropped_total", "");
	*ret_live = live;
	return 0;
}

void live_free(struct live *live)
{
	if (live == NULL)
		return;
	for (size_t i = 0; i < FEED_COUNT; i++)
		free(live->feeds[i].last);
	free(live);
}

size_t live_count(const struct live *live)
{
	return live->count;
}

/* one listener */

static void on_gone(void *context)
{
	struct listener *listener = context;

	*listener->link = listener->next;
	if (listener->next != NULL)
		listener->next->link = listener->link;
	listener->live->count--;
	free(listener);
}

/* One who does not read misses events. */
static void give(struct listener *listener, const char *event, size_t size)
{
	if (sse_waiting(listener->sse) + size > LIVE_WAITING_MAX || sse_give(listener->sse, event, size) < 0)
		++*listener->live->dropped;
}

static void greet(struct listener *listener)
{
	static const char hello[] = "retry: " RETRY_MS "\n\n";
	const struct live *live = listener->live;

	give(listener, hello, sizeof(hello) - 1);
	for (size_t i = 0; i < FEED_COUNT; i++)
		if (live->feeds[i].last != NULL)
			give(listener, live->feeds[i].last, live->feeds[i].last_size);
}

/* Nobody listened, so nothing was asked: what was last heard is old. */
static void forget(struct live *live)
{
	for (size_t i = 0; i < FEED_COUNT; i++) {
		free(TAKE(live->feeds[i].last));
		live->feeds[i].due_ns = 0;
	}
}

int live_listen(struct live *live, h2o_req_t *req)
{
	struct listener *listener;

	if (live->count == 0)
		forget(live);
	if (live->count >= LIVE_STREAMS_MAX) {
		++*live->refused;
		return -EBUSY;
	}
	listener = malloc(sizeof(*listener));
	if (listener == NULL)
		return -EBUSY;
	*listener = (struct listener) { live, NULL, live->listeners, &live->listeners };
	if (listener->next != NULL)
		listener->next->link = &listener->next;
	live->listeners = listener;
	live->count++;
	++*live->opened;
	listener->sse = sse_open(req, on_gone, listener);
	greet(listener);
	return 0;
}

/* what they hear */

static void publish(struct live *live, const char *event, size_t size)
{
	for (struct listener *listener = live->listeners, *next; listener != NULL; listener = next) {
		next = listener->next; /* sending may end it */
		give(listener, event, size);
	}
}

/* Answers are compact JSON: one line. NULL when out of memory. */
static char *write_event(const char *name, const char *data, size_t size, size_t *ret_size)
{
	size_t room = size + strlen(name) + 32;
	char *event = malloc(room);

	if (event == NULL)
		return NULL;
	int used = snprintf(event, room, "event: %s\ndata: ", name);
	memcpy(event + used, data, size);
	memcpy(event + used + size, "\n\n", 2);
	*ret_size = (size_t)used + size + 2;
	return event;
}

static void on_answer(void *context, int code, const char *body, size_t size)
{
	struct feed *feed = context;
	size_t event_size;
	char *event = write_event(code == 200 ? feed->event : "trouble", body, size, &event_size);

	feed->ask = 0;
	if (code != 200) /* the slow ones, too, come back soon */
		feed->due_ns = clock_mono_ns() + LIVE_POWER_MS * NS_PER_MILLISECOND;
	if (event == NULL)
		return;
	publish(feed->live, event, event_size);
	free(feed->last);
	feed->last = event;
	feed->last_size = event_size;
}

static void ask(struct live *live, struct feed *feed, uint64_t now_ns)
{
	struct error_object error = { .code = ERROR_BUSY, .retry_after_s = 1 };
	size_t size;

	feed->due_ns = now_ns + feed->every_ns;
	feed->ask = asks_submit(
		live->asks, feed->tool, feed->arguments, strlen(feed->arguments), "en", on_answer, feed);
	if (feed->ask >= 0)
		return;
	if (feed->ask == -ENOTCONN)
		error = asks_absent_error("en");
	CLEANUP(freep) char *body = error_json(&error, "en", &size);
	if (body != NULL)
		on_answer(feed, error_status(error.code), body, size);
}

void live_turn(struct live *live)
{
	uint64_t now_ns = clock_mono_ns();

	for (size_t i = 0; i < FEED_COUNT && live->count > 0; i++)
		if (live->feeds[i].ask <= 0 && now_ns >= live->feeds[i].due_ns)
			ask(live, &live->feeds[i], now_ns);
}

void live_end(struct live *live)
{
	for (struct listener *listener = live->listeners, *next; listener != NULL; listener = next) {
		next = listener->next;
		sse_end(listener->sse);
	}
}
