/*
 * Who may send into a link. A stranger's connection is left open and what it sends is dropped, because nng 1.5.2 cannot be
 * refused: a push socket whose peer closes at once may add the freed connection to its ready list (use after free in
 * nng_send, by valgrind), and the dialling process dies. See docs/decisions/0021-refused-peers.md.
 */
#include <unistd.h>

#include "ipc/link_private.h"

/* One that is closed makes room for it; those closed last stay longest. */
static bool admit(struct link_peers *peers, int id)
{
	unsigned first = atomic_fetch_add(&peers->admitted, 1);

	for (unsigned i = 0; i < LINK_PEERS; i++) {
		unsigned place = (first + i) % LINK_PEERS;
		bool is_open = false;
		if (atomic_compare_exchange_strong(&peers->is_open[place], &is_open, true)) {
			atomic_store(&peers->known[place], id);
			return true;
		}
	}
	return false;
}

/* What waits until the peer is heard is done in the turn that follows. */
static void wake(struct link *link)
{
	const struct link *dialer = atomic_load(&link->partner);
	uint64_t heard = LINK_HEARD;

	if (dialer != NULL && write(dialer->source.fd, &heard, sizeof(heard)) < 0)
		return; /* the counter is saturated: a wake-up is pending anyway */
}

void link_check_peer(nng_pipe pipe, nng_pipe_ev event, void *context)
{
	struct link *link = context;
	struct link_peers *peers = &link->peers;
	int id = nng_pipe_id(pipe);
	uint64_t uid;

	(void)event;
	if (nng_pipe_get_uint64(pipe, NNG_OPT_IPC_PEER_UID, &uid) != 0) { /* gone already */
		nng_pipe_close(pipe);
		return;
	}
	if (peer_is_allowed(&link->peer, (uid_t)uid) && admit(peers, id)) {
		wake(link);
		return;
	}
	atomic_fetch_add(&peers->refused, 1);
	for (int i = 0; i < LINK_STRANGERS; i++) {
		int none = 0;
		if (atomic_compare_exchange_strong(&peers->strangers[i], &none, id))
			return;
	}
	nng_pipe_close(pipe);
}

bool link_knows(const struct link *link, int pipe)
{
	for (int i = 0; i < LINK_PEERS; i++)
		if (atomic_load(&link->peers.known[i]) == pipe)
			return true;
	return false;
}

bool link_hears(const struct link *link)
{
	for (int i = 0; i < LINK_PEERS; i++)
		if (atomic_load(&link->peers.is_open[i]))
			return true;
	return false;
}

void link_forget(nng_pipe pipe, nng_pipe_ev event, void *context)
{
	struct link_peers *peers = &((struct link *)context)->peers;
	int gone = nng_pipe_id(pipe);

	(void)event;
	for (int i = 0; i < LINK_PEERS; i++)
		if (atomic_load(&peers->known[i]) == gone)
			atomic_store(&peers->is_open[i], false);
	for (int i = 0; i < LINK_STRANGERS; i++) {
		int id = gone;
		if (atomic_compare_exchange_strong(&peers->strangers[i], &id, 0))
			return;
	}
}
