#include "ipc/link.h"

#include <errno.h>
#include <malloc.h>
#include <nng/nng.h>
#include <nng/protocol/pipeline0/pull.h>
#include <nng/protocol/pipeline0/push.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "ipc/link_private.h"

#define QUEUE_MESSAGES   (FRAME_PARTS_MAX + LINK_QUEUE) /* one frame of the most parts, and some small ones */
#define RECONNECT_MIN_MS 10
#define RECONNECT_MAX_MS 400 /* half of the attempts follow the last one at once */
#define RETURN_NS        (3 * NS_PER_SECOND)
#define SCHEME           "ipc://"
#define ARENAS_MAX       2
#define LOOK_NS          (NS_PER_SECOND / 2)

int link_error(int nng_error)
{
	switch (nng_error) {
	case 0: return 0;
	case NNG_ENOMEM: return -ENOMEM;
	case NNG_EAGAIN: return -EAGAIN;
	case NNG_EADDRINUSE: return -EADDRINUSE;
	case NNG_EPERM: return -EACCES;
	case NNG_ENOENT: return -ENOENT;
	default: return nng_error & NNG_ESYSERR ? -(nng_error & ~NNG_ESYSERR) : -EIO;
	}
}

/* Run on a thread of nng's: nothing of the link is touched but the atomic and the eventfd. A dialer has one pipe at a time. */
static void on_pipe(nng_pipe pipe, nng_pipe_ev event, void *context)
{
	struct link *link = context;
	uint64_t one = 1;
	int id = nng_pipe_id(pipe);

	if (event == NNG_PIPE_EV_REM_POST)
		atomic_compare_exchange_strong(&link->pipe, &id, 0);
	else
		atomic_store(&link->pipe, id);
	if (event == NNG_PIPE_EV_ADD_POST && write(link->source.fd, &one, sizeof(one)) < 0)
		return; /* the counter is saturated: a wake-up is pending anyway */
}

static int on_connected(struct source *source)
{
	struct link *link = container_of(source, struct link, source);
	uint64_t events;

	if (read(source->fd, &events, sizeof(events)) < 0 || events % LINK_HEARD == 0)
		return 0;
	link->owes_full = false;
	link->connected_ns = clock_mono_ns();
	link->stats_sent_ns = 0;
	if (link->on_connect != NULL)
		link->on_connect(link->context);
	return 0;
}

static int make_folder(const char *runtime_dir, enum stage consumer)
{
	char path[LINK_URL_MAX];
	int written = snprintf(path, sizeof(path), "%s/%s", runtime_dir, stage_name(consumer));

	if (written < 0 || (size_t)written >= sizeof(path))
		return -ENAMETOOLONG;
	mkdir(runtime_dir, 0755); /* a failure shows at the next one */
	return mkdir(path, 0750) < 0 && errno != EEXIST ? -errno : 0;
}

static int make_url(struct link *link, const char *runtime_dir)
{
	int written = snprintf(link->url, sizeof(link->url), SCHEME "%s/%s/%s.ipc", runtime_dir,
		stage_name(link->consumer), stage_name(link->producer));

	return written < 0 || (size_t)written >= sizeof(link->url) ? -ENAMETOOLONG : 0;
}

static int new_link(struct link **ret_link, enum stage consumer, enum stage producer, void *context)
{
	struct link *link = calloc(1, sizeof(*link));
	int r;

	if (link == NULL)
		return -ENOMEM;
	/* Before nng's threads start, which allocate little: an arena of malloc's for each of them costs time at the start,
	 * and 0.3 MB. Without a limit glibc also opens /sys/devices/system/cpu/online for a ninth, inside the sandbox. */
	mallopt(M_ARENA_MAX, ARENAS_MAX);
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

/* Hands a link that opened on, or takes back one that did not. */
static int finish(struct link *link, int r, struct link **ret_link)
{
	if (r < 0)
		link_free(link);
	else
		*ret_link = link;
	return r;
}

static int start_listening(struct link *link)
{
	nng_listener listener;
	int r;

	if ((r = nng_pull0_open(&link->socket)) != 0)
		return link_error(r);
	link->is_open = true;
	if ((r = nng_socket_set_size(link->socket, NNG_OPT_RECVMAXSZ, FRAME_BYTES_MAX)) != 0 ||
		(r = nng_socket_set_int(link->socket, NNG_OPT_RECVBUF, LINK_QUEUE)) != 0 ||
		(r = nng_pipe_notify(link->socket, NNG_PIPE_EV_ADD_PRE, link_check_peer, link)) != 0 ||
		(r = nng_pipe_notify(link->socket, NNG_PIPE_EV_REM_POST, link_forget, link)) != 0 ||
		(r = nng_listener_create(&listener, link->socket, link->url)) != 0 ||
		(r = nng_listener_set_int(listener, NNG_OPT_IPC_PERMISSIONS, 0660)) != 0 ||
		(r = nng_listener_start(listener, 0)) != 0 ||
		(r = nng_socket_get_int(link->socket, NNG_OPT_RECVFD, &link->source.fd)) != 0)
		return link_error(r);
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
	link->source.ready = link_receive;
	if ((r = make_folder(runtime_dir, consumer)) == 0 && (r = make_url(link, runtime_dir)) == 0 &&
		(r = start_listening(link)) == 0)
		r = stat(link->url + strlen(SCHEME), &link->place) < 0 ? -errno : 0;
	return finish(link, r, ret_link);
}

static int start_dialing(struct link *link)
{
	int r;

	link->source.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (link->source.fd < 0)
		return -errno;
	if ((r = nng_push0_open(&link->socket)) != 0)
		return link_error(r);
	link->is_open = true;
	if ((r = nng_socket_set_ms(link->socket, NNG_OPT_RECONNMINT, RECONNECT_MIN_MS)) != 0 ||
		(r = nng_socket_set_ms(link->socket, NNG_OPT_RECONNMAXT, RECONNECT_MAX_MS)) != 0 ||
		(r = nng_socket_set_int(link->socket, NNG_OPT_SENDBUF, QUEUE_MESSAGES)) != 0 ||
		(r = nng_socket_get_int(link->socket, NNG_OPT_SENDFD, &link->send_fd)) != 0 ||
		(r = nng_pipe_notify(link->socket, NNG_PIPE_EV_ADD_POST, on_pipe, link)) != 0 ||
		(r = nng_pipe_notify(link->socket, NNG_PIPE_EV_REM_POST, on_pipe, link)) != 0 ||
		(r = nng_dial(link->socket, link->url, &link->dialer, NNG_FLAG_NONBLOCK)) != 0)
		return link_error(r);
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
	if ((r = make_url(link, runtime_dir)) == 0)
		r = start_dialing(link);
	return finish(link, r, ret_link);
}

/* Who is gone is woken no more. */
static void part(struct link *link)
{
	struct link *partner = atomic_load(&link->partner), *itself = link;

	if (partner != NULL)
		atomic_compare_exchange_strong(&partner->partner, &itself, NULL);
}

void link_free(struct link *link)
{
	if (link == NULL)
		return;
	part(link);
	if (link->is_open)
		nng_close(link->socket);        /* returns after the last callback */
	if (link->source.ready == on_connected) /* the receive fd is nng's */
		closep(&link->source.fd);
	for (size_t i = 0; i < LINK_PIPES; i++)
		joiner_clear(&link->joiners[i]);
	frame_codec_free(link->codec);
	free(link);
}

struct source *link_source(struct link *link)
{
	return &link->source;
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
		link->gaps = stats_entry(stats, STAT_COUNTER, "frame_gaps_total", labels);
		link->peers_refused = stats_entry(stats, STAT_COUNTER, "peers_refused_total", labels);
	} else {
		link->out = stats_entry(stats, STAT_COUNTER, "frames_out_total", labels);
		link->dropped = stats_entry(stats, STAT_COUNTER, "frames_dropped_total", labels);
	}
}

/* A peer that has just gone is mostly being restarted, and somebody waits for it: it is dialled without a growing pause for
 * RETURN_NS, beginning with the first attempt, so this is set while it is still there. */
static void set_pace(struct link *dialer, uint64_t now_ns)
{
	if (link_is_connected(dialer))
		dialer->absent_since_ns = 0;
	else if (dialer->absent_since_ns == 0)
		dialer->absent_since_ns = now_ns;
	bool is_hasty = dialer->absent_since_ns == 0 || now_ns - dialer->absent_since_ns < RETURN_NS;
	if (is_hasty == dialer->is_hasty)
		return;
	dialer->is_hasty = is_hasty;
	(void)nng_dialer_set_ms(dialer->dialer, NNG_OPT_RECONNMAXT,
		is_hasty ? RECONNECT_MIN_MS : RECONNECT_MAX_MS); /* else it stays as it was */
}

/* The listener wakes the dialer's loop. */
static void pair(struct link *listener, struct link *dialer)
{
	if (atomic_load(&listener->partner) == dialer)
		return;
	atomic_store(&dialer->partner, listener);
	atomic_store(&listener->partner, dialer);
}

bool link_is_cut_off(struct link *listener)
{
	uint64_t now_ns = clock_mono_ns();
	struct stat now;

	if (now_ns - listener->looked_ns < LOOK_NS)
		return false;
	listener->looked_ns = now_ns;
	if (stat(listener->url + strlen(SCHEME), &now) < 0)
		return errno == ENOENT;
	return now.st_ino != listener->place.st_ino || now.st_dev != listener->place.st_dev;
}

/* A peer that went and came back between two looks has just come: it is not counted from the look before. */
bool link_is_stuck(struct link *listener, struct link *dialer)
{
	bool hears = link_is_connected(listener), speaks = link_is_connected(dialer);
	unsigned admitted = atomic_load(&listener->peers.admitted);
	uint64_t now_ns = clock_mono_ns();

	pair(listener, dialer);
	set_pace(dialer, now_ns);
	if (hears == speaks)
		listener->stuck_since_ns = 0;
	else if (listener->stuck_since_ns == 0 || (hears && admitted != listener->admitted_seen))
		listener->stuck_since_ns = now_ns;
	listener->admitted_seen = admitted;
	return link_is_cut_off(listener) ||
	       (hears != speaks &&
		       now_ns - listener->stuck_since_ns > (speaks ? LINK_DEAF_NS : LINK_MUTE_NS));
}
