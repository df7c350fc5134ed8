/*
 * One direction between two stages: an nng push socket at the producer, a pull socket at the consumer, over a unix
 * socket at RUNTIME_DIR/<consumer>/<producer>.ipc (0660), with our limits, time-outs, and the peer's uid checked.
 * Sending never blocks: a full link drops the newest frame, counts it, and remembers that it owes a full state.
 * A consumer's link checks, joins parts, decodes and hands complete frames to its handler, part by part in order; what
 * does not pass is counted, dropped, and the link lives. Open links before the sandbox (nng starts threads).
 */
#pragma once

#include "base/loop.h"
#include "base/stage.h"
#include "base/stats.h"
#include "ipc/frame.h"

#define LINK_MUTE_NS (1 * NS_PER_SECOND) /* we dial again within 400 ms */
#define LINK_DEAF_NS                                                                                         \
	(3 * NS_PER_SECOND) /* a living peer too; longer than a mute process needs to notice and end */
#define LINK_STATS_NS                                                                                        \
	(5 * NS_PER_SECOND) /* between two stats frames of a connection that has lasted a while */
#define LINK_QUEUE 16       /* frames of one part a sender may be ahead, besides one of FRAME_PARTS_MAX */

struct link;

/* A frame arrived: all parts of it are there; called once per part, frame->is_last on the last. What the handler
 * returns < 0 is counted as malformed. */
typedef int link_frame_fn(void *context, const struct frame *frame);
/* The peer connected (again): send it the full state. */
typedef void link_connect_fn(void *context);

/* Consumer side. Makes RUNTIME_DIR/<consumer> if it is missing. 0 or -errno. */
int link_listen(struct link **ret_link, const char *runtime_dir, enum stage consumer, enum stage producer,
	link_frame_fn *on_frame, void *context);
/* Producer side; the consumer may come later. on_connect may be NULL. */
int link_dial(struct link **ret_link, const char *runtime_dir, enum stage consumer, enum stage producer,
	link_connect_fn *on_connect, void *context);
/* Not for a process that ends, whose links the kernel takes back: nng_close() may hang (docs/decisions/0021). */
void link_free(struct link *link);

/* Add it to the loop (both sides: received frames, or connects). */
struct source *link_source(struct link *link);

/* Sends rows in as many parts as they need. head: kind, epoch, energy_epoch, seq are taken from it. -EAGAIN: full or
 * nobody there, dropped and counted; the next connect or link_owes_full() says to send all. -E2BIG: over a limit of
 * frames.def or FRAME_PARTS_MAX; -EDOM: a number that is not finite. */
int link_send(struct link *link, const struct frame_head *head, const void *once, const void *rows,
	size_t row_count);
/* True once after a drop, when the link has room again: send the full state. */
bool link_owes_full(struct link *link);
/* Is the peer there, the producer or the consumer? */
bool link_is_connected(const struct link *link);

/* Counts with label peer="…" in `stats`: a producer's frames_out_total and frames_dropped_total; a consumer's
 * frames_in_total, frames_malformed_total (no route, over a limit, refused by the handler), frame_gaps_total (a tick or
 * turn that never came, a frame of which parts were missing) and peers_refused_total (by uid; updated as frames come). */
void link_count_in(struct link *link, struct stats *stats);

/* Sends all of `stats` as a stats frame (producer = the stage itself, consumer = exporter), if the last one is old enough:
 * call it as often as you like, and ask first where filling `stats` costs something. */
bool link_stats_are_due(const struct link *link);
int link_send_stats(struct link *link, enum stage stage, uint64_t run, const struct stats *stats);

/*
 * How a link may stay silent though both its processes live, and what is done about it:
 *
 * | state                                              | seen by                          | after                | then |
 * |----------------------------------------------------|----------------------------------|----------------------|------|
 * | deaf: peers believe to be connected, none is heard | we reach the peer, it not us     | LINK_DEAF_NS         | we end, and listen anew |
 * | mute: the dialer never dials again                 | the peer reaches us, we not it   | LINK_MUTE_NS         | we end, and dial anew |
 * | cut off: the listener's socket file is gone        | it is looked at                  | 0.5 s                | we end, and make it anew |
 * | full: the peer hangs, or is stopped                | the supervisor's watchdog        | 5 s (link_send says  | the peer is killed; the full |
 * |                                                    |                                  | -EAGAIN meanwhile)   | state is owed until there is room |
 * | refused: we are a stranger to the peer             | the first, for want of answers   | LINK_DEAF_NS         | as deaf; users are looked up anew |
 *
 * What made a link of nng 1.5.2 deaf or mute is mended (ipc/nng, docs/decisions/0021-refused-peers.md); to a peer a mute process looks like
 * its own deafness, which a restart of the peer would not cure, so muteness is noticed first. Deaf and mute need a link each way: where only
 * one leads (names, stats, grid data) what is seen is the socket file.
 * Ask at least once a second. Who is asked for is also dialled every few ms for some seconds after it went, instead of ever more
 * rarely; and when it reaches `listener`, the loop turns.
 */
bool link_is_stuck(struct link *listener, struct link *dialer);
/* Of a listener that has no dialer the other way: the file at which it is dialled is gone, or another's. */
bool link_is_cut_off(struct link *listener);
