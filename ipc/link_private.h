/* What the files of the link share; private to link*.c. */
#pragma once

#include <stdatomic.h>
#include <sys/stat.h>

#include "ipc/link.h"
#include "ipc/link_join.h"
#include "ipc/peer.h"

#define LINK_PIPES     2 /* of which frames are joined at a time: a producer's, and its killed predecessor's */
#define LINK_PEERS     8 /* connections whose frames are taken: the open ones, and those closed last */
#define LINK_URL_MAX   256
#define LINK_STRANGERS 64 /* refused connections that are kept open, unheard */

/* The newest frame of a kind, to notice what was lost on the way. */
struct link_last {
	struct epoch epoch;
	uint64_t energy_epoch, seq;
};

/* Ids of connections, 0 = none; written by nng's threads. */
struct link_peers {
	atomic_uint admitted;
	atomic_int known[LINK_PEERS];
	atomic_bool is_open[LINK_PEERS];
	atomic_int strangers[LINK_STRANGERS];
	atomic_uint refused;
};

struct link {
	struct source source; /* receive fd, or the eventfd that tells of connects */
	nng_socket socket;
	bool is_open;
	enum stage producer, consumer;
	_Atomic(struct link *) partner; /* in the other direction; NULL until link_is_stuck() */
	struct frame_codec *codec;
	void *context;
	char url[LINK_URL_MAX];
	/* consumer */
	struct stat place; /* of its socket, as it was made */
	uint64_t looked_ns;
	link_frame_fn *on_frame;
	struct peer_rule peer;
	struct link_peers peers;
	struct joiner joiners[LINK_PIPES];
	struct link_last last[FRAME_KIND_COUNT];
	uint64_t stuck_since_ns; /* see link_is_stuck() */
	unsigned admitted_seen;  /* peers.admitted at the last look */
	/* producer */
	atomic_int pipe; /* id of the connection, 0 = none; written by nng's threads */
	nng_dialer dialer;
	bool is_hasty; /* dials again every few ms, see link_is_stuck() */
	uint64_t absent_since_ns;
	link_connect_fn *on_connect;
	int send_fd; /* readable while the queue has room; nng's */
	bool owes_full;
	uint64_t connected_ns, stats_sent_ns; /* CLOCK_MONOTONIC, 0 = never */
	/* NULL until link_count_in() */
	double *in, *out, *dropped, *malformed, *gaps, *peers_refused;
};

/* Added to a dialer's eventfd when the peer reached the listener; 1 when the dialer reached the peer. */
#define LINK_HEARD (UINT64_C(1) << 32)

/* -errno for an error of nng's. */
int link_error(int nng_error);

static inline void link_count(double *counter)
{
	if (counter != NULL)
		*counter += 1;
}

/* Ready function of a consumer's source. */
int link_receive(struct source *source);
/* Callback on a thread of nng's: admits the producer, and nobody else's frames will be taken. */
void link_check_peer(nng_pipe pipe, nng_pipe_ev event, void *context);
/* Whether the connection with this id was admitted. */
bool link_knows(const struct link *link, int pipe);
/* Callback likewise: the connection is gone. What it sent last is still taken. */
void link_forget(nng_pipe pipe, nng_pipe_ev event, void *context);
/* Whether any admitted connection is open. */
bool link_hears(const struct link *link);
