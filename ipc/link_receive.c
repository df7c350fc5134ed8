#include <errno.h>

#include "base/cleanup.h"
#include "ipc/link_private.h"

#define MESSAGES_PER_TURN 256 /* a flooding peer must not starve the others; the rest keeps the fd readable */

static bool has_route(uint8_t kind, enum stage producer, enum stage consumer)
{
	static const struct {
		uint8_t kind;
		enum stage producer, consumer;
	} routes[] = {
#define ROUTE(frame, from, to) { FRAME_##frame, STAGE_##from, STAGE_##to },
#include "ipc/routes.def"
	};

	for (size_t i = 0; i < ARRAY_SIZE(routes); i++)
		if (routes[i].kind == kind && routes[i].producer == producer &&
			routes[i].consumer == consumer)
			return true;
	return false;
}

/* The seq of the frame that should have come before; its own seq where the kind does not number its frames. */
static uint64_t predecessor(const struct frame *frame)
{
	if (frame->head.kind == FRAME_tick && frame->head.seq > 0)
		return frame->head.seq - 1;
	if (frame->head.kind == FRAME_power)
		return ((const struct power_once *)frame->once)->from_seq;
	return frame->head.seq;
}

/* A frame that was sent before this one never came. After a restart of either side nothing is known to be missing. */
static void count_gap(struct link *link, const struct frame *frame)
{
	struct link_last *last = &link->last[frame->head.kind];
	bool is_numbered = frame->head.kind == FRAME_tick || frame->head.kind == FRAME_power;

	if (is_numbered && last->seq != 0 && epoch_equal(&last->epoch, &frame->head.epoch) &&
		last->energy_epoch == frame->head.energy_epoch && predecessor(frame) > last->seq)
		link_count(link->gaps);
	*last = (struct link_last) { frame->head.epoch, frame->head.energy_epoch, frame->head.seq };
}

static int apply(struct link *link, const struct frame *frame)
{
	if (frame->head.part == 0)
		count_gap(link, frame);
	return link->on_frame(link->context, frame);
}

/* Every part was decoded once when it arrived, so that no later one can prove malformed after the first is applied. */
static int apply_joined(struct link *link, struct joiner *joiner)
{
	struct frame frame;
	int r = 0;

	for (uint32_t i = 0; i < joiner->present && r >= 0; i++) {
		r = frame_decode(link->codec, nng_msg_body(joiner->messages[i]),
			nng_msg_len(joiner->messages[i]), &frame);
		if (r >= 0)
			r = apply(link, &frame);
	}
	joiner_clear(joiner);
	return r;
}

static void drop_unfinished(struct link *link, struct joiner *joiner)
{
	if (joiner->present > 0)
		link_count(link->gaps);
	joiner_clear(joiner);
}

/* The newest connection's joiner comes first; what the older one left unfinished is given up for a third. */
static struct joiner *joiner_of(struct link *link, int pipe)
{
	if (link->joiners[0].pipe != pipe) {
		struct joiner first = link->joiners[0];
		link->joiners[0] = link->joiners[1];
		link->joiners[1] = first;
	}
	if (link->joiners[0].pipe != pipe) {
		drop_unfinished(link, &link->joiners[0]);
		link->joiners[0].pipe = pipe;
	}
	return &link->joiners[0];
}

/* 1: a whole frame was applied. 0: more parts to come. *message is set to NULL where it is kept for them. */
static int join(struct link *link, const struct frame_head *head, nng_msg **message)
{
	struct joiner *joiner = joiner_of(link, nng_pipe_id(nng_msg_get_pipe(*message)));
	int r;

	if (!joiner_fits(joiner, head)) {
		drop_unfinished(link, joiner);
		if (head->part != 0)
			return 0; /* the tail of a frame whose beginning was dropped: counted with that */
	}
	if (!joiner_add(joiner, head, TAKE(*message)))
		return 0;
	r = apply_joined(link, joiner);
	return r < 0 ? r : 1;
}

static int take_message(struct link *link, nng_msg **message)
{
	struct frame frame;
	int r;

	r = frame_decode(link->codec, nng_msg_body(*message), nng_msg_len(*message), &frame);
	if (r < 0)
		return r;
	if (!has_route(frame.head.kind, link->producer, link->consumer))
		return -ENOMSG;
	if (frame.head.parts > 1)
		return join(link, &frame.head, message);
	r = apply(link, &frame);
	return r < 0 ? r : 1;
}

int link_receive(struct source *source)
{
	struct link *link = container_of(source, struct link, source);
	nng_msg *message;

	for (int i = 0; i < MESSAGES_PER_TURN && nng_recvmsg(link->socket, &message, NNG_FLAG_NONBLOCK) == 0;
		i++) {
		int r = link_knows(link, nng_pipe_id(nng_msg_get_pipe(message)))
				? take_message(link, &message)
				: 0;
		if (r != 0)
			link_count(r < 0 ? link->malformed : link->in);
		if (message != NULL)
			nng_msg_free(message);
	}
	if (link->peers_refused != NULL)
		*link->peers_refused = atomic_load(&link->peers.refused);
	return 0;
}
