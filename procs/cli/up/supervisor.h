/*
 * A small supervisor for hosts without systemd, speaking the same protocol (sd_notify(3)): readiness, watchdog, fd
 * store, restart 100 ms after a death, for ever. It gives each stage the capabilities its unit would give it, and takes
 * all stages down with it (PR_SET_PDEATHSIG). It must not touch nng (fork + nng panics), only fork and exec.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/loop.h"
#include "base/stage.h"

#define SUPERVISOR_WATCHDOG_NS    (5 * NS_PER_SECOND) /* between two signs of life */
#define SUPERVISOR_START_NS       (30 * NS_PER_SECOND) /* to READY; as in systemd, the watchdog begins only there */
#define SUPERVISOR_RESTART_NS     (100 * NS_PER_MILLISECOND)
#define SUPERVISOR_STOP_NS        (5 * NS_PER_SECOND)
#define SUPERVISOR_FDS_MAX        256 /* descriptors kept per stage */
#define SUPERVISOR_START_ATTEMPTS 3   /* by signals before the first READY, then the start has failed */

enum supervisor_event {
	SUPERVISOR_READY,   /* text: the stage's own status line */
	SUPERVISOR_STATUS,  /* text: a new status line */
	SUPERVISOR_LOG,     /* text: one log line without its "<N>" prefix; level set */
	SUPERVISOR_DIED,    /* text: how; it will be restarted */
	SUPERVISOR_HUNG,    /* the watchdog fired */
	SUPERVISOR_FAILED,  /* it never became ready: the caller should stop */
	SUPERVISOR_STOPPED, /* ended after supervisor_stop() */
};

struct supervisor_report {
	enum supervisor_event event;
	enum stage stage;
	int level; /* of a log line, as in syslog */
	const char *text;
	unsigned restarts;
	uint64_t since_start_ns; /* of this run of the stage */
};

typedef void supervisor_report_fn(void *context, const struct supervisor_report *report);

struct supervisor;

/* `arguments` (NULL-terminated, borrowed) follow the binary's name of every stage; binaries are DIR/tanso-<stage>.
 * stages: bits 1 << STAGE_…, those that are started. */
int supervisor_new(struct supervisor **ret_supervisor, struct loop *loop, unsigned stages,
	const char *binary_dir, char *const *arguments, supervisor_report_fn *report, void *context);
void supervisor_free(struct supervisor *supervisor);

/* Starts them. 0 or -errno (nothing is left running then). */
int supervisor_start(struct supervisor *supervisor);
bool supervisor_all_ready(const struct supervisor *supervisor);
/* SIGTERM to all, SIGKILL after SUPERVISOR_STOP_NS; returns when all are gone and their descriptors released. */
void supervisor_stop(struct supervisor *supervisor);
