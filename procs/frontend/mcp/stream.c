#include "frontend/mcp/stream.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"

struct event {
	uint64_t number;
	char *message;
	size_t size;
};

struct stream {
	struct stream *next, **link;
	struct streams *all;
	struct principal *principal; /* held */
	struct session *session;     /* held; NULL = not resumable */
	struct sse *sse;             /* NULL = no connection */
	void (*left)(void *context);
	void *context;
	uint64_t number, last;
	bool is_ended;
	uint64_t detached_ns, comment_ns;
	struct event events[STREAM_EVENTS_MAX];
	size_t first, count, bytes; /* of the ring of events */
};

struct streams {
	struct stream *first;
	size_t count;
	struct stream_limits *limits;
	bool has_left; /* one lost its connection since the last turn */
	double *opened, *refused, *dropped, *resumed;
};

int streams_new(struct streams **ret_streams, struct stats *stats, struct stream_limits *limits)
{
	struct streams *streams = calloc(1, sizeof(*streams));

	if (streams == NULL)
		return -ENOMEM;
	streams->limits = limits;
	streams->opened = stats_entry(stats, STAT_COUNTER, "mcp_streams_total", "");
	streams->refused = stats_entry(stats, STAT_COUNTER, "mcp_streams_refused_total", "");
	streams->dropped = stats_entry(stats, STAT_COUNTER, "mcp_events_dropped_total", "");
	streams->resumed = stats_entry(stats, STAT_COUNTER, "mcp_streams_resumed_total", "");
	*ret_streams = streams;
	return 0;
}

void streams_free(struct streams *streams)
{
	if (streams == NULL)
		return;
	while (streams->first != NULL)
		stream_free(streams->first);
	free(streams);
}

size_t streams_count(const struct streams *streams)
{
	return streams->count;
}

int streams_lack(const struct streams *streams, const struct principal *principal)
{
	return principal_may_stream(principal, streams->limits);
}

int stream_new(struct streams *streams, struct principal *principal, struct session *session,
	void (*left)(void *context), void *context, struct stream **ret_stream)
{
	int r = streams_lack(streams, principal);
	struct stream *stream = r == 0 ? calloc(1, sizeof(*stream)) : NULL;

	if (stream == NULL || getentropy(&stream->number, sizeof(stream->number)) != 0) {
		free(stream);
		++*streams->refused;
		return r < 0 ? r : -ENOMEM;
	}
	stream->all = streams;
	stream->principal = principal;
	principal_hold(principal);
	stream->session = session;
	stream->left = left;
	stream->context = context;
	stream->detached_ns = clock_mono_ns();
	if (session != NULL)
		session_hold(session);
	stream->next = streams->first;
	stream->link = &streams->first;
	if (stream->next != NULL)
		stream->next->link = &stream->next;
	streams->first = stream;
	streams->count++;
	++*streams->opened;
	*ret_stream = stream;
	return 0;
}

static void forget_oldest(struct stream *stream)
{
	struct event *event = &stream->events[stream->first];

	stream->bytes -= event->size;
	free(TAKE(event->message));
	stream->first = (stream->first + 1) % STREAM_EVENTS_MAX;
	stream->count--;
}

static void note_disconnected(struct stream *stream)
{
	stream->sse = NULL;
	stream->all->limits->open--;
	stream->all->has_left = true;
	principal_count_stream(stream->principal, false);
	stream->detached_ns = clock_mono_ns();
}

/* Ends the connection, if there is one; its stream is not told. */
static void disconnect(struct stream *stream)
{
	if (stream->sse == NULL)
		return;
	sse_forget(stream->sse);
	sse_end(stream->sse);
	note_disconnected(stream);
}

void stream_free(struct stream *stream)
{
	struct session *session = stream->session;

	disconnect(stream);
	while (stream->count > 0)
		forget_oldest(stream);
	*stream->link = stream->next;
	if (stream->next != NULL)
		stream->next->link = stream->link;
	stream->all->count--;
	if (session != NULL && session->stream == stream)
		session->stream = NULL;
	principal_release(stream->principal);
	free(stream);
	session_release(session);
}

static void lose(struct stream *stream)
{
	void (*left)(void *) = stream->left;
	void *whose = stream->context;

	stream_free(stream);
	if (left != NULL)
		left(whose);
}

/* The connection is gone. */
static void on_gone(void *context)
{
	struct stream *stream = context;

	note_disconnected(stream);
	if (stream->session == NULL) /* else perhaps they come back */
		lose(stream);
}

bool stream_is_attached(const struct stream *stream)
{
	return stream->sse != NULL;
}

/* events */

static void give(struct stream *stream, const struct event *event, bool is_answer)
{
	char head[64];
	int size = stream->session != NULL
			   ? snprintf(head, sizeof(head),
				     "id: %" PRIx64 "-%" PRIx64 "\ndata: ", stream->number, event->number)
			   : snprintf(head, sizeof(head), "data: ");
	size_t room = (size_t)size + event->size + 2;
	CLEANUP(freep) char *text = NULL;

	if (!is_answer && sse_waiting(stream->sse) + room > STREAM_WAITING_MAX) {
		++*stream->all->dropped;
		return;
	}
	text = malloc(room);
	if (text == NULL) {
		++*stream->all->dropped;
		return;
	}
	memcpy(text, head, (size_t)size);
	memcpy(text + size, event->message, event->size);
	memcpy(text + size + event->size, "\n\n", 2);
	sse_give(stream->sse, text, room);
}

static void keep(struct stream *stream, const struct event *event)
{
	char *copy = malloc(event->size + 1);

	if (copy == NULL)
		return;
	while (stream->count > 0 &&
		(stream->count == STREAM_EVENTS_MAX || stream->bytes + event->size > STREAM_KEPT_MAX))
		forget_oldest(stream);
	memcpy(copy, event->message, event->size);
	stream->events[(stream->first + stream->count) % STREAM_EVENTS_MAX] =
		(struct event) { event->number, copy, event->size };
	stream->count++;
	stream->bytes += event->size;
}

void stream_send(struct stream *stream, const char *message, size_t size, bool is_answer)
{
	char *bytes = (char *)(uintptr_t)message;
	const struct event event = { ++stream->last, bytes, size };

	if (stream->session != NULL)
		keep(stream, &event);
	if (stream->sse != NULL)
		give(stream, &event, is_answer);
}

void stream_tell(struct stream *stream, const char *event, const char *data)
{
	char text[256];
	int size = snprintf(text, sizeof(text), "event: %s\ndata: %s\n\n", event, data);

	if (size < (int)sizeof(text))
		sse_give(stream->sse, text, (size_t)size);
}

size_t stream_waiting(const struct stream *stream)
{
	return stream->sse != NULL ? sse_waiting(stream->sse) : 0;
}

/* The first event has an id and no data: whoever loses the connection now can come back to the beginning. */
static void prime(struct stream *stream)
{
	char text[96];
	int size = snprintf(text, sizeof(text), "id: %" PRIx64 "-%" PRIx64 "\nretry: %d\ndata: \n\n",
		stream->number, stream->last, STREAM_RETRY_MS);

	sse_give(stream->sse, text, (size_t)size);
}

void stream_attach(struct stream *stream, h2o_req_t *req, uint64_t after)
{
	disconnect(stream);
	stream->all->limits->open++;
	principal_count_stream(stream->principal, true);
	*stream->all->resumed += stream->last > 0;
	stream->sse = sse_open(req, on_gone, stream);
	stream->comment_ns = clock_mono_ns() + STREAM_COMMENT_S * NS_PER_SECOND;
	if (stream->session != NULL && revision_has_priming(stream->session->revision) && stream->last == 0)
		prime(stream);
	else
		sse_give(stream->sse, ": \n\n", 4); /* so that the response begins at once */
	for (size_t i = 0; i < stream->count; i++) {
		const struct event *event = &stream->events[(stream->first + i) % STREAM_EVENTS_MAX];
		if (event->number > after)
			give(stream, event, true);
	}
	if (stream->is_ended)
		stream_end(stream);
}

void stream_end(struct stream *stream)
{
	stream->is_ended = true;
	stream->left = NULL; /* whoever ended it may be gone before it is */
	if (stream->session == NULL)
		stream_free(stream); /* the bytes given still go out */
	else if (stream->sse != NULL)
		sse_end(stream->sse);
}

void stream_cut(struct stream *stream)
{
	disconnect(stream);
}

/* Of those without a connection, of one principal (NULL: of all), the one that is so for longest, if there are more than max. */
static struct stream *one_too_many(
	const struct streams *streams, const struct principal *principal, uint32_t max)
{
	struct stream *oldest = NULL;
	uint32_t count = 0;

	for (struct stream *stream = streams->first; stream != NULL; stream = stream->next) {
		if (stream->sse != NULL || (principal != NULL && stream->principal != principal))
			continue;
		count++;
		if (oldest == NULL || stream->detached_ns < oldest->detached_ns)
			oldest = stream;
	}
	return count > max ? oldest : NULL;
}

/* No more of them wait for their clients than may be open: nobody keeps others out by coming and going. */
static struct stream *any_too_many(const struct streams *streams)
{
	struct stream *oldest = one_too_many(streams, NULL, streams->limits->all);

	for (struct stream *stream = streams->first; stream != NULL && oldest == NULL; stream = stream->next)
		if (stream->sse == NULL && stream->principal->name[0] != '\0')
			oldest = one_too_many(streams, stream->principal, streams->limits->each);
	return oldest;
}

void streams_turn(struct streams *streams, uint64_t now_ns)
{
	uint64_t now_s = clock_now().real_ns / NS_PER_SECOND;
	struct stream *stream, *next;

	for (stream = streams->first; stream != NULL; stream = next) {
		next = stream->next;
		if (principal_is_over(stream->principal, now_s)) {
			lose(stream);
		} else if (stream->sse == NULL) {
			if (now_ns - stream->detached_ns > STREAM_DETACHED_S * NS_PER_SECOND)
				lose(stream);
		} else if (now_ns >= stream->comment_ns) {
			stream->comment_ns = now_ns + STREAM_COMMENT_S * NS_PER_SECOND;
			sse_give(stream->sse, ": \n\n", 4);
		}
	}
	while (streams->has_left && (stream = any_too_many(streams)) != NULL)
		lose(stream);
	streams->has_left = false;
}

void streams_end(struct streams *streams, const struct session *session)
{
	for (struct stream *stream = streams->first, *next; stream != NULL; stream = next) {
		next = stream->next;
		if (session == NULL ? stream->session != NULL && stream->session->stream == stream
				    : stream->session == session)
			stream_free(stream);
	}
}

/* resuming */

struct stream *stream_find(struct streams *streams, const struct session *session, const char *event_id,
	size_t size, uint64_t *ret_after)
{
	char text[40];
	uint64_t number;

	if (size >= sizeof(text))
		return NULL;
	memcpy(text, event_id, size);
	text[size] = '\0';
	if (sscanf(text, "%" SCNx64 "-%" SCNx64, &number, ret_after) != 2)
		return NULL;
	for (struct stream *stream = streams->first; stream != NULL; stream = stream->next)
		if (stream->number == number && stream->session == session)
			return stream;
	return NULL;
}
