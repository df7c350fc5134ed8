#include "ipc/link.h"

#include <errno.h>
#include <fcntl.h>
#include <nng/nng.h>
#include <nng/protocol/pipeline0/pull.h>
#include <nng/protocol/pipeline0/push.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "ipc/link_join.h"
#include "ipc/peer.h"

#define QUEUE_MESSAGES    (FRAME_PARTS_MAX + LINK_QUEUE) /* one frame of the most parts, and some small ones */
#define RECONNECT_MIN_MS  10
#define RECONNECT_MAX_MS  200
#define URL_MAX           256
#define MESSAGES_PER_TURN 256 /* a flooding peer must not starve the others */

struct link {
	struct source source; /* receive fd, or the eventfd that tells of connects */
	nng_socket socket;
	bool is_open;
	enum stage producer, consumer;
	struct frame_codec *codec;
	/* consumer */
	link_frame_fn *on_frame;
	struct peer_rule peer;
	struct joiner joiner;
	/* producer */
	link_connect_fn *on_connect;
	atomic_int pipes; /* written by nng's threads */
	bool owes_full;
	void *context;
	/* counts, NULL until link_count_in() */
	double *in, *out, *dropped, *malformed;
};

static int from_nng(int error)
{
	switch (error) {
	case 0: return 0;
	case NNG_ENOMEM: return -ENOMEM;
	case NNG_EAGAIN: return -EAGAIN;
	case NNG_EADDRINUSE: return -EADDRINUSE;
	case NNG_EPERM: return -EACCES;
	case NNG_ENOENT: return -ENOENT;
	default: return error & NNG_ESYSERR ? -(error & ~NNG_ESYSERR) : -EIO;
	}
}

static void count(double *counter)
{
	if (counter != NULL)
		*counter += 1;
}

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

/* consumer side */

static bool is_from_peer(const struct link *link, nng_msg *message)
{
	uint64_t uid;

	return nng_pipe_get_uint64(nng_msg_get_pipe(message), NNG_OPT_IPC_PEER_UID, &uid) == 0 &&
	       peer_is_allowed(&link->peer, (uid_t)uid);
}

/* All parts are checked before the first one is applied. */
static int deliver(struct link *link)
{
	struct frame frame;
	int r = 0;

	for (uint32_t pass = link->joiner.parts > 1 ? 0 : 1; pass < 2 && r >= 0; pass++)
		for (uint32_t i = 0; i < link->joiner.parts && r >= 0; i++) {
			r = frame_decode(link->codec, nng_msg_body(link->joiner.messages[i]),
				nng_msg_len(link->joiner.messages[i]), &frame);
			if (r >= 0 && pass == 1)
				r = link->on_frame(link->context, &frame);
		}
	joiner_clear(&link->joiner);
	return r;
}

/* *message is set to NULL where it is kept for later. */
static int take_message(struct link *link, nng_msg **message)
{
	struct frame frame;
	int r;

	if (!is_from_peer(link, *message))
		return -EACCES;
	r = frame_decode(link->codec, nng_msg_body(*message), nng_msg_len(*message), &frame);
	if (r < 0)
		return r;
	if (!has_route(frame.head.kind, link->producer, link->consumer))
		return -ENOMSG;
	if (frame.head.parts == 1) /* the usual case: no second decode */
		return link->on_frame(link->context, &frame);
	return joiner_add(&link->joiner, &frame.head, TAKE(*message)) ? deliver(link) : 0;
}

static int on_readable(struct source *source)
{
	struct link *link = container_of(source, struct link, source);
	nng_msg *message;

	for (int i = 0; i < MESSAGES_PER_TURN && nng_recvmsg(link->socket, &message, NNG_FLAG_NONBLOCK) == 0;
		i++) {
		count(take_message(link, &message) < 0 ? link->malformed : link->in);
		if (message != NULL)
			nng_msg_free(message);
	}
	return 0;
}

/* producer side */

/* Runs on a thread of nng's: nothing of the link is touched but the atomic and the eventfd. */
static void on_pipe(nng_pipe pipe, nng_pipe_ev event, void *context)
{
	struct link *link = context;
	uint64_t one = 1;

	(void)pipe;
	if (event == NNG_PIPE_EV_REM_POST) {
		atomic_fetch_sub(&link->pipes, 1);
		return;
	}
	atomic_fetch_add(&link->pipes, 1);
	if (write(link->source.fd, &one, sizeof(one)) < 0)
		return; /* the counter is saturated: a wake-up is pending anyway */
}

static int on_connected(struct source *source)
{
	struct link *link = container_of(source, struct link, source);
	uint64_t count_of;

	if (read(source->fd, &count_of, sizeof(count_of)) < 0)
		return 0;
	link->owes_full = false;
	if (link->on_connect != NULL)
		link->on_connect(link->context);
	return 0;
}

/* opening */

static int make_folder(const char *runtime_dir, enum stage consumer, char *ret_path, size_t size)
{
	int written = snprintf(ret_path, size, "%s/%s", runtime_dir, stage_name(consumer));

	if (written < 0 || (size_t)written >= size)
		return -ENAMETOOLONG;
	mkdir(runtime_dir, 0755);
	return mkdir(ret_path, 0750) < 0 && errno != EEXIST ? -errno : 0;
}

static int make_url(const char *runtime_dir, enum stage consumer, enum stage producer, char *ret_url)
{
	int written = snprintf(ret_url, URL_MAX, "ipc://%s/%s/%s.ipc", runtime_dir, stage_name(consumer),
		stage_name(producer));

	return written < 0 || written >= URL_MAX ? -ENAMETOOLONG : 0;
}

static int new_link(struct link **ret_link, enum stage consumer, enum stage producer, void *context)
{
	struct link *link = calloc(1, sizeof(*link));
	int r;

	if (link == NULL)
		return -ENOMEM;
	link->source.fd = -1;
	link->consumer = consumer;
	link->producer = producer;
	link->context = context;
	r = frame_codec_new(&link->codec);
	if (r < 0) {
		free(link);
		return r;
	}
	*ret_link = link;
	return 0;
}

static int start_listening(struct link *link, const char *runtime_dir)
{
	char folder[URL_MAX], url[URL_MAX];
	nng_listener listener;
	int r;

	if ((r = make_folder(runtime_dir, link->consumer, folder, sizeof(folder))) < 0 ||
		(r = make_url(runtime_dir, link->consumer, link->producer, url)) < 0)
		return r;
	if ((r = nng_pull0_open(&link->socket)) != 0)
		return from_nng(r);
	link->is_open = true;
	if ((r = nng_socket_set_size(link->socket, NNG_OPT_RECVMAXSZ, FRAME_BYTES_MAX + 4096)) != 0 ||
		(r = nng_socket_set_int(link->socket, NNG_OPT_RECVBUF, LINK_QUEUE)) != 0 ||
		(r = nng_listener_create(&listener, link->socket, url)) != 0 ||
		(r = nng_listener_set_int(listener, NNG_OPT_IPC_PERMISSIONS, 0660)) != 0 ||
		(r = nng_listener_start(listener, 0)) != 0 ||
		(r = nng_socket_get_int(link->socket, NNG_OPT_RECVFD, &link->source.fd)) != 0)
		return from_nng(r);
	return 0;
}

int link_listen(struct link **ret_link, const char *runtime_dir, enum stage consumer, enum stage producer,
	link_frame_fn *on_frame, void *context)
{
	struct link *link;
	int r = new_link(&link, consumer, producer, context);

	if (r < 0)
		return r;
	link->on_frame = on_frame;
	link->peer = peer_rule_for(producer);
	link->source.ready = on_readable;
	r = start_listening(link, runtime_dir);
	if (r < 0) {
		link_free(link);
		return r;
	}
	*ret_link = link;
	return 0;
}

static int start_dialing(struct link *link, const char *runtime_dir)
{
	char url[URL_MAX];
	int r = make_url(runtime_dir, link->consumer, link->producer, url);

	if (r < 0)
		return r;
	link->source.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (link->source.fd < 0)
		return -errno;
	if ((r = nng_push0_open(&link->socket)) != 0)
		return from_nng(r);
	link->is_open = true;
	if ((r = nng_socket_set_ms(link->socket, NNG_OPT_RECONNMINT, RECONNECT_MIN_MS)) != 0 ||
		(r = nng_socket_set_ms(link->socket, NNG_OPT_RECONNMAXT, RECONNECT_MAX_MS)) != 0 ||
		(r = nng_socket_set_int(link->socket, NNG_OPT_SENDBUF, QUEUE_MESSAGES)) != 0 ||
		(r = nng_pipe_notify(link->socket, NNG_PIPE_EV_ADD_POST, on_pipe, link)) != 0 ||
		(r = nng_pipe_notify(link->socket, NNG_PIPE_EV_REM_POST, on_pipe, link)) != 0 ||
		(r = nng_dial(link->socket, url, NULL, NNG_FLAG_NONBLOCK)) != 0)
		return from_nng(r);
	return 0;
}

int link_dial(struct link **ret_link, const char *runtime_dir, enum stage consumer, enum stage producer,
	link_connect_fn *on_connect, void *context)
{
	struct link *link;
	int r = new_link(&link, consumer, producer, context);

	if (r < 0)
		return r;
	link->on_connect = on_connect;
	link->source.ready = on_connected;
	r = start_dialing(link, runtime_dir);
	if (r < 0) {
		link_free(link);
		return r;
	}
	*ret_link = link;
	return 0;
}

void link_free(struct link *link)
{
	if (link == NULL)
		return;
	if (link->is_open)
		nng_close(link->socket);
	if (link->source.ready == on_connected) /* the receive fd is nng's */
		closep(&link->source.fd);
	joiner_clear(&link->joiner);
	frame_codec_free(link->codec);
	free(link);
}

struct source *link_source(struct link *link)
{
	return &link->source;
}

/* sending */

static int send_part(struct link *link, const struct frame_head *head, const void *once, const void *rows,
	size_t row_count)
{
	const void *bytes;
	size_t size;
	nng_msg *message;
	int r = frame_encode(link->codec, head, once, rows, row_count, &bytes, &size);

	if (r < 0)
		return r;
	if (nng_msg_alloc(&message, 0) != 0)
		return -ENOMEM;
	if ((r = nng_msg_append(message, bytes, size)) != 0 ||
		(r = nng_sendmsg(link->socket, message, NNG_FLAG_NONBLOCK)) != 0) {
		nng_msg_free(message);
		return from_nng(r);
	}
	return 0;
}

static size_t rows_in_part(const struct frame_head *head, const void *rows, size_t row_count, size_t done)
{
	return frame_rows_that_fit(
		head->kind, (const char *)rows + done * frame_row_size(head->kind), row_count - done);
}

static uint32_t count_parts(const struct frame_head *head, const void *rows, size_t row_count)
{
	uint32_t parts = 0;

	for (size_t done = 0; done < row_count; parts++)
		done += rows_in_part(head, rows, row_count, done);
	return parts > 0 ? parts : 1;
}

int link_send(struct link *link, const struct frame_head *head, const void *once, const void *rows,
	size_t row_count)
{
	struct frame_head part = *head;
	int r = 0;

	part.parts = count_parts(head, rows, row_count);
	if (part.parts > FRAME_PARTS_MAX)
		r = -E2BIG;
	else if (!link_is_connected(link))
		r = -EAGAIN;
	size_t done = 0;
	for (part.part = 0; part.part < part.parts && r == 0; part.part++) {
		size_t some = row_count > 0 ? rows_in_part(head, rows, row_count, done) : 0;
		const void *from =
			row_count > 0 ? (const char *)rows + done * frame_row_size(head->kind) : NULL;
		r = send_part(link, &part, once, from, some);
		done += some;
	}
	count(r < 0 ? link->dropped : link->out);
	if (r < 0)
		link->owes_full = true;
	return r;
}

bool link_owes_full(struct link *link)
{
	bool owes = link->owes_full && link_is_connected(link);

	if (owes)
		link->owes_full = false;
	return owes;
}

bool link_is_connected(const struct link *link)
{
	return atomic_load(&link->pipes) > 0;
}

void link_count_in(struct link *link, struct stats *stats)
{
	bool is_consumer = link->on_frame != NULL;
	char labels[64];

	snprintf(labels, sizeof(labels), "peer=\"%s\"",
		stage_name(is_consumer ? link->producer : link->consumer));
	if (is_consumer) {
		link->in = stats_entry(stats, STAT_COUNTER, "frames_in_total", labels);
		link->malformed = stats_entry(stats, STAT_COUNTER, "frames_malformed_total", labels);
	} else {
		link->out = stats_entry(stats, STAT_COUNTER, "frames_out_total", labels);
		link->dropped = stats_entry(stats, STAT_COUNTER, "frames_dropped_total", labels);
	}
}

int link_send_stats(struct link *link, enum stage stage, uint64_t run, const struct stats *stats)
{
	struct frame_head head = { .kind = FRAME_stats };
	struct stats_once once = { .stage = text_of(stage_name(stage)), .run = run };
	struct stats_row rows[STATS_MAX];

	for (size_t i = 0; i < stats->count; i++)
		rows[i] = (struct stats_row) { .name = text_of(stats->entries[i].name),
			.labels = text_of(stats->entries[i].labels),
			.type = (uint8_t)stats->entries[i].type,
			.value = stats->entries[i].value };
	return link_send(link, &head, &once, rows, stats->count);
}
