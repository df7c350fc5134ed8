/* What the supervisor keeps per stage; private to supervisor*.c. */
#pragma once

#include "cli/up/supervisor.h"

#define KEPT_NAME_MAX 72
#define LOG_TAIL_MAX  2048

struct kept_fd {
	int fd;
	char name[KEPT_NAME_MAX];
};

struct child {
	struct supervisor *supervisor;
	enum stage stage;
	pid_t pid; /* 0 while it is down */
	bool is_ready, was_ready;
	unsigned restarts, failed_starts;
	uint64_t started_ns, last_ping_ns, restart_at_ns, kill_at_ns;
	struct source log;       /* read end of its stderr */
	char tail[LOG_TAIL_MAX]; /* an unfinished log line */
	size_t tail_size;
	struct kept_fd kept[SUPERVISOR_FDS_MAX];
	size_t kept_count;
};

struct supervisor {
	struct loop *loop;
	unsigned stages; /* 1 << STAGE_… */
	const char *binary_dir;
	char *const *arguments;
	supervisor_report_fn *report;
	void *context;
	struct source notify;
	char notify_path[64];
	struct source deaths;
	struct timer tick;
	bool is_stopping;
	struct child children[STAGE_COUNT];
};

/* Tells the owner; level as in syslog. */
void child_report(struct child *child, enum supervisor_event event, int level, const char *text);
struct child *child_by_pid(struct supervisor *supervisor, pid_t pid);
/* Opens the notify socket (abstract, "@tanso-up-PID") and serves it from the loop. 0 or -errno. */
int notify_open(struct supervisor *supervisor);
/* Takes in everything that waits there. */
void notify_drain(struct supervisor *supervisor);

/* fork + exec. Fills pid and log.fd. 0 or -errno. */
int child_spawn(struct child *child, const char *binary_dir, char *const *arguments, const char *notify_path);
/* Keeps a descriptor (consumed); the same name again replaces the old one. False when the store is full. */
bool child_keep_fd(struct child *child, const char *name, int fd);
void child_drop_fd(struct child *child, const char *name);
void child_release_fds(struct child *child);
