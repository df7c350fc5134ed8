/*
 * Hands one descriptor (the ring, read-only) to peers over a unix socket, after checking who they are (SO_PEERCRED:
 * our own uid, root's, or that of user tanso-<consumer>). The giver listens at RUNTIME_DIR/<giver>/ring.sock.
 */
#pragma once

#include "base/loop.h"
#include "base/stage.h"

struct handover;

/* Offers fd (borrowed) at `path`; add handover_source() to the loop. 0 or -errno. */
int handover_offer(struct handover **ret_handover, const char *path, enum stage consumer, int fd);
struct source *handover_source(struct handover *handover);
void handover_free(struct handover *handover);

/* Asks for it: connects, receives one descriptor (owned by the caller), waiting at most 200 ms. -ENOENT or
 * -ECONNREFUSED while the giver is away, -EAGAIN or -ETIMEDOUT while it hangs, -EACCES when it refuses us. What is
 * behind the descriptor is for the caller to check. */
int handover_fetch(const char *path, int *ret_fd);
