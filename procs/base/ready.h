/*
 * The supervisor's side channel, systemd's and `tanso up`'s alike: readiness, watchdog, and the fd store that keeps
 * descriptors over a restart (sd_notify(3), sd_pid_notify_with_fds(3), sd_listen_fds_with_names(3)).
 * Without a supervisor every call succeeds and does nothing.
 */
#pragma once

#include <stdint.h>

/* Collects the inherited descriptors; call once, first thing in main(). 0 or -errno. */
int ready_init(void);

/* Takes the inherited descriptor stored or passed under `name`, or -ENOENT. The caller owns it. */
int ready_take_fd(const char *name);
/* Takes the next inherited descriptor whose name starts with `prefix`; its full name is copied to ret_name. */
int ready_take_fd_prefixed(const char *prefix, char *ret_name, uint64_t size);
/* Gives the supervisor a copy of fd to keep under `name` ([A-Za-z0-9_-], <= 64 bytes) until stop. */
int ready_store_fd(const char *name, int fd);
/* Asks the supervisor to drop what it keeps under `name`. */
int ready_drop_fd(const char *name);

/* READY=1 with a status line for humans. */
int ready_notify(const char *status);
/* STOPPING=1 */
int ready_stopping(void);
/* WATCHDOG=1, at most every third of the configured period. */
void ready_watchdog(void);
