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
	struct channel *channel;
	uint64_t due_ns;
	int64_t ask; /* 0 = not under way */
	char *last;  /* the newest event, for whoever comes next */
	size_t last_size;
};

enum { FEED_POWER, FEED_SUMMARY, FEED_COUNT };

static const struct {
	const char *event, *tool, *arguments;
	uint64_t every_ns;
} kinds[FEED_COUNT] = {
	[FEED_POWER] = { "power", "list_top_power_consumers", POWER_ARGUMENTS,
		LIVE_POWER_MS *NS_PER_MILLISECOND },
	[FEED_SUMMARY] = { "summary", "get_power_consumption_summary", SUMMARY_ARGUMENTS,
		LIVE_SUMMARY_MS *NS_PER_MILLISECOND },
};

struct listener {
	struct channel *channel;
	struct principal *principal; /* held */
	struct sse *sse;
	struct listener *next, **link;
};

/* Those who may see the same hear the same. Lives while somebody listens. */
struct channel {
	struct live *live;
	struct channel *next, **link;
	char *namespaces;
	struct feed feeds[FEED_COUNT];
	struct listener *listeners;
};

struct live {
	struct asks *asks;
	struct channel *channels;
	size_t count;
	struct stream_limits *limits;
	double *opened, *refused, *dropped;
};

int live_new(struct live **ret_live, struct asks *asks, struct stats *stats, struct stream_limits *limits)
{
	struct live *live = calloc(1, sizeof(*live));

	if (live == NULL)
		return -ENOMEM;
	live->asks = asks;
	live->limits = limits;
	live->opened = stats_entry(stats, STAT_COUNTER, "event_streams_total", "");
	live->refused = stats_entry(stats, STAT_COUNTER, "event_streams_refused_total", "");
	live->dropped = stats_entry(stats, STAT_COUNTER, "events_dropped_total", "");
	*ret_live = live;
	return 0;
}

static void channel_free(struct channel *channel)
{
	for (size_t i = 0; i < FEED_COUNT; i++) {
		if (channel->feeds[i].ask > 0)
			asks_cancel(channel->live->asks, channel->feeds[i].ask);
		free(channel->feeds[i].last);
	}
	*channel->link = channel->next;
	if (channel->next != NULL)
		channel->next->link = channel->link;
	free(channel->namespaces);
	free(channel);
}

void live_free(struct live *live)
{
	if (live == NULL)
		return;
	while (live->channels != NULL)
		channel_free(live->channels);
	free(live);
}

size_t live_count(const struct live *live)
{
	return live->count;
}

static struct channel *channel_of(struct live *live, const char *namespaces)
{
	for (struct channel *channel = live->channels; channel != NULL; channel = channel->next)
		if (strcmp(channel->namespaces, namespaces) == 0)
			return channel;
	struct channel *channel = calloc(1, sizeof(*channel));
	char *copy = strdup(namespaces);
	if (channel == NULL || copy == NULL) {
		free(channel);
		free(copy);
		return NULL;
	}
	*channel = (struct channel) {
		.live = live, .next = live->channels, .link = &live->channels, .namespaces = copy
	};
	for (size_t i = 0; i < FEED_COUNT; i++)
		channel->feeds[i].channel = channel;
	if (channel->next != NULL)
		channel->next->link = &channel->next;
	live->channels = channel;
	return channel;
}

/* one listener */

static void on_gone(void *context)
{
	struct listener *listener = context;

	*listener->link = listener->next;
	if (listener->next != NULL)
		listener->next->link = listener->link;
	listener->channel->live->count--;
	listener->channel->live->limits->open--;
	principal_count_stream(listener->principal, false);
	principal_release(listener->principal);
	free(listener); /* a channel without any ends in the next turn */
}

/* One who does not read misses events. */
static void give(struct listener *listener, const char *event, size_t size)
{
	if (sse_waiting(listener->sse) + size > LIVE_WAITING_MAX || sse_give(listener->sse, event, size) < 0)
		++*listener->channel->live->dropped;
}

static void greet(struct listener *listener)
{
	static const char hello[] = "retry: " RETRY_MS "\n\n";
	const struct channel *channel = listener->channel;

	give(listener, hello, sizeof(hello) - 1);
	for (size_t i = 0; i < FEED_COUNT; i++)
		if (channel->feeds[i].last != NULL)
			give(listener, channel->feeds[i].last, channel->feeds[i].last_size);
}

static int refuse(struct live *live, int reason)
{
	++*live->refused;
	return reason;
}

int live_listen(struct live *live, h2o_req_t *req, struct principal *principal)
{
	int r = principal_may_stream(principal, live->limits);
	struct channel *channel = r == 0 ? channel_of(live, principal->namespaces) : NULL;
	struct listener *listener = channel != NULL ? malloc(sizeof(*listener)) : NULL;

	if (listener == NULL)
		return refuse(live, r < 0 ? r : -ENOMEM);
	*listener = (struct listener) { channel, principal, NULL, channel->listeners, &channel->listeners };
	if (listener->next != NULL)
		listener->next->link = &listener->next;
	channel->listeners = listener;
	principal_hold(principal);
	principal_count_stream(principal, true);
	live->count++;
	live->limits->open++;
	++*live->opened;
	listener->sse = sse_open(req, on_gone, listener);
	greet(listener);
	return 0;
}

/* what they hear */

static void publish(struct channel *channel, const char *event, size_t size)
{
	for (struct listener *listener = channel->listeners, *next; listener != NULL; listener = next) {
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

static size_t kind_of(const struct feed *feed)
{
	return (size_t)(feed - feed->channel->feeds);
}

static void on_answer(void *context, int code, const char *body, size_t size)
{
	struct feed *feed = context;
	size_t event_size;
	char *event =
		write_event(code == 200 ? kinds[kind_of(feed)].event : "trouble", body, size, &event_size);

	feed->ask = 0;
	if (code != 200) /* the slow ones, too, come back soon */
		feed->due_ns = clock_mono_ns() + LIVE_POWER_MS * NS_PER_MILLISECOND;
	if (event == NULL)
		return;
	publish(feed->channel, event, event_size);
	free(feed->last);
	feed->last = event;
	feed->last_size = event_size;
}

static void ask(struct feed *feed, uint64_t now_ns)
{
	struct error_object error = { .code = ERROR_BUSY, .retry_after_s = 1 };
	struct channel *channel = feed->channel;
	const char *arguments = kinds[kind_of(feed)].arguments;
	size_t size;

	feed->due_ns = now_ns + kinds[kind_of(feed)].every_ns;
	feed->ask = asks_submit(channel->live->asks, channel->namespaces, kinds[kind_of(feed)].tool,
		arguments, strlen(arguments), "en", on_answer, feed);
	if (feed->ask >= 0)
		return;
	if (feed->ask == -ENOTCONN)
		error = asks_absent_error("en");
	CLEANUP(freep) char *body = error_json(&error, "en", &size);
	if (body != NULL)
		on_answer(feed, error_status(error.code), body, size);
}

/* Those whose credential was withdrawn hear nothing more. */
static void end_over(struct channel *channel, uint64_t now_s)
{
	for (struct listener *listener = channel->listeners, *next; listener != NULL; listener = next) {
		next = listener->next;
		if (principal_is_over(listener->principal, now_s))
			sse_end(listener->sse);
	}
}

static void channel_turn(struct channel *channel, uint64_t now_ns)
{
	for (size_t i = 0; i < FEED_COUNT; i++)
		if (channel->feeds[i].ask <= 0 && now_ns >= channel->feeds[i].due_ns)
			ask(&channel->feeds[i], now_ns);
}

void live_turn(struct live *live)
{
	uint64_t now_ns = clock_mono_ns(), now_s = clock_now().real_ns / NS_PER_SECOND;

	for (struct channel *channel = live->channels, *next; channel != NULL; channel = next) {
		next = channel->next;
		end_over(channel, now_s);
		if (channel->listeners == NULL)
			channel_free(channel);
		else
			channel_turn(channel, now_ns);
	}
}

void live_end(struct live *live)
{
	for (struct channel *channel = live->channels; channel != NULL; channel = channel->next)
		for (struct listener *listener = channel->listeners, *next; listener != NULL;
			listener = next) {
			next = listener->next;
			sse_end(listener->sse);
		}
}
