#include "cli/up/supervisor.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/language.h"
#include "cli/up/supervisor_child.h"

#define TICK_NS        (20 * NS_PER_MILLISECOND) /* granularity of restarts and watchdog */
#define ABORT_GRACE_NS (2 * NS_PER_SECOND)       /* from SIGABRT to SIGKILL */

void child_report(struct child *child, enum supervisor_event event, int level, const char *text)
{
	struct supervisor_report news = {
		.event = event,
		.stage = child->stage,
		.level = level,
		.text = text,
		.restarts = child->restarts,
		.since_start_ns = clock_mono_ns() - child->started_ns,
	};

	child->supervisor->report(child->supervisor->context, &news);
}

struct child *child_by_pid(struct supervisor *supervisor, pid_t pid)
{
	for (int i = 0; i < STAGE_COUNT; i++)
		if (supervisor->children[i].pid == pid && pid > 0)
			return &supervisor->children[i];
	return NULL;
}

/* stderr of a stage, line by line */

static void report_line(struct child *child, char *line)
{
	int level = 6;

	if (line[0] == '<' && line[1] >= '0' && line[1] <= '7' && line[2] == '>') {
		level = line[1] - '0';
		line += 3;
	}
	if (line[0] != '\0')
		child_report(child, SUPERVISOR_LOG, level, line);
}

static void split_lines(struct child *child)
{
	char *newline;

	while ((newline = memchr(child->tail, '\n', child->tail_size)) != NULL) {
		size_t line_size = (size_t)(newline - child->tail) + 1;
		*newline = '\0';
		report_line(child, child->tail);
		child->tail_size -= line_size;
		memmove(child->tail, child->tail + line_size, child->tail_size);
	}
	if (child->tail_size == sizeof(child->tail) - 1) { /* a line without end: show what there is */
		child->tail[child->tail_size] = '\0';
		report_line(child, child->tail);
		child->tail_size = 0;
	}
}

static int on_log(struct source *source)
{
	struct child *child = container_of(source, struct child, log);

	for (;;) {
		ssize_t size = read(source->fd, child->tail + child->tail_size,
			sizeof(child->tail) - 1 - child->tail_size);
		if (size < 0)
			return 0; /* EAGAIN */
		if (size == 0)
			break;
		child->tail_size += (size_t)size;
		split_lines(child);
	}
	loop_remove(child->supervisor->loop, source);
	closep(&source->fd);
	source->fd = -1;
	return 0;
}

/* life and death */

static int spawn(struct child *child)
{
	struct supervisor *supervisor = child->supervisor;
	int r = child_spawn(child, supervisor->binary_dir, supervisor->arguments, supervisor->notify_path);

	return r < 0 ? r : loop_add(supervisor->loop, &child->log);
}

static void describe_death(int status, char *text, size_t size)
{
	if (WIFSIGNALED(status))
		snprintf(text, size, in_language("killed by SIG%s%s", "SIG%s 신호로 종료됨%s"),
			sigabbrev_np(WTERMSIG(status)),
			WTERMSIG(status) != SIGSYS
				? ""
				: in_language(" (a system call its sandbox does not allow)",
					  "(샌드박스가 허용하지 않는 시스템 호출)"));
	else
		snprintf(text, size, in_language("exited with status %d", "종료 코드 %d로 끝남"),
			WEXITSTATUS(status));
}

static void on_death(struct child *child, int status)
{
	struct supervisor *supervisor = child->supervisor;
	char text[128];

	if (child->log.fd >= 0)
		on_log(&child->log); /* its last words */
	if (child->log.fd >= 0) {
		loop_remove(supervisor->loop, &child->log);
		closep(&child->log.fd);
		child->log.fd = -1;
	}
	child->pid = 0;
	child->is_ready = false;
	describe_death(status, text, sizeof(text));
	if (supervisor->is_stopping) {
		child_report(child, SUPERVISOR_STOPPED, 6, text);
		return;
	}
	/* Who ends by himself before he was ever ready has said what is wrong, and would say it again. */
	if (!child->was_ready && (WIFEXITED(status) || ++child->failed_starts == SUPERVISOR_START_ATTEMPTS)) {
		child_report(child, SUPERVISOR_FAILED, 3, text);
		return;
	}
	child->restarts++;
	child->restart_at_ns = clock_mono_ns() + SUPERVISOR_RESTART_NS;
	child_report(child, SUPERVISOR_DIED, 4, text);
}

static void reap(struct supervisor *supervisor)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		struct child *child = child_by_pid(supervisor, pid);
		if (child == NULL)
			continue;
		notify_drain(supervisor); /* what it still sent, descriptors above all */
		on_death(child, status);
	}
}

static int on_deaths(struct source *source)
{
	struct supervisor *supervisor = container_of(source, struct supervisor, deaths);
	struct signalfd_siginfo info;

	while (read(source->fd, &info, sizeof(info)) == sizeof(info))
		;
	reap(supervisor);
	return 0;
}

static void watch(struct child *child, uint64_t now_ns)
{
	if (child->pid == 0) {
		if (child->restart_at_ns != 0 && now_ns >= child->restart_at_ns && spawn(child) < 0)
			child->restart_at_ns =
				now_ns + SUPERVISOR_RESTART_NS; /* no processes or memory: try again */
		return;
	}
	if (child->kill_at_ns != 0) {
		if (now_ns >= child->kill_at_ns)
			kill(child->pid, SIGKILL);
	} else if (now_ns - child->last_ping_ns >
		   (child->is_ready ? SUPERVISOR_WATCHDOG_NS : SUPERVISOR_START_NS)) {
		child_report(child, SUPERVISOR_HUNG, 4,
			child->is_ready ? in_language("no sign of life for 5 s, aborting it",
						  "5초 동안 응답이 없어 중단합니다")
					: in_language("not ready after 30 s, aborting it",
						  "30초가 지나도 준비되지 않아 중단합니다"));
		kill(child->pid, SIGABRT);
		child->kill_at_ns = now_ns + ABORT_GRACE_NS;
	}
}

static int on_tick(struct timer *timer)
{
	struct supervisor *supervisor = container_of(timer, struct supervisor, tick);
	uint64_t now_ns = clock_mono_ns();

	for (int i = 0; i < STAGE_COUNT && !supervisor->is_stopping; i++)
		watch(&supervisor->children[i], now_ns);
	return 0;
}

static int open_deaths(struct supervisor *supervisor)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	supervisor->deaths = (struct source) { signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK), on_deaths };
	return supervisor->deaths.fd < 0 ? -errno : loop_add(supervisor->loop, &supervisor->deaths);
}

int supervisor_new(struct supervisor **ret_supervisor, struct loop *loop, unsigned stages,
	const char *binary_dir, char *const *arguments, supervisor_report_fn *report_to, void *context)
{
	struct supervisor *supervisor = calloc(1, sizeof(*supervisor));
	int r;

	if (supervisor == NULL)
		return -ENOMEM;
	supervisor->loop = loop;
	supervisor->stages = stages;
	supervisor->binary_dir = binary_dir;
	supervisor->arguments = arguments;
	supervisor->report = report_to;
	supervisor->context = context;
	supervisor->notify.fd = supervisor->deaths.fd = supervisor->tick.source.fd = -1;
	for (int i = 0; i < STAGE_COUNT; i++)
		supervisor->children[i] = (struct child) {
			.supervisor = supervisor, .stage = (enum stage)i, .log = { -1, on_log }
		};
	if ((r = notify_open(supervisor)) < 0 || (r = open_deaths(supervisor)) < 0 ||
		(r = timer_open(&supervisor->tick, on_tick)) < 0 ||
		(r = loop_add(loop, &supervisor->tick.source)) < 0 ||
		(r = timer_set(&supervisor->tick, TICK_NS, TICK_NS)) < 0) {
		supervisor_free(supervisor);
		return r;
	}
	*ret_supervisor = supervisor;
	return 0;
}

void supervisor_free(struct supervisor *supervisor)
{
	if (supervisor == NULL)
		return;
	closep(&supervisor->notify.fd);
	closep(&supervisor->deaths.fd);
	timer_close(&supervisor->tick);
	free(supervisor);
}

static bool is_wanted(const struct supervisor *supervisor, int stage)
{
	return (supervisor->stages & (1U << stage)) != 0;
}

int supervisor_start(struct supervisor *supervisor)
{
	for (int i = 0; i < STAGE_COUNT; i++) {
		int r = is_wanted(supervisor, i) ? spawn(&supervisor->children[i]) : 0;
		if (r < 0) {
			supervisor_stop(supervisor);
			return r;
		}
	}
	return 0;
}

bool supervisor_all_ready(const struct supervisor *supervisor)
{
	for (int i = 0; i < STAGE_COUNT; i++)
		if (is_wanted(supervisor, i) && !supervisor->children[i].is_ready)
			return false;
	return true;
}

static bool any_running(const struct supervisor *supervisor)
{
	for (int i = 0; i < STAGE_COUNT; i++)
		if (supervisor->children[i].pid != 0)
			return true;
	return false;
}

static void signal_all(struct supervisor *supervisor, int number)
{
	for (int i = 0; i < STAGE_COUNT; i++)
		if (supervisor->children[i].pid != 0)
			kill(supervisor->children[i].pid, number);
}

void supervisor_stop(struct supervisor *supervisor)
{
	uint64_t deadline_ns = clock_mono_ns() + SUPERVISOR_STOP_NS;
	sigset_t set;
	const struct timespec slice = { 0, (long)TICK_NS };

	supervisor->is_stopping = true;
	signal_all(supervisor, SIGTERM);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	while (any_running(supervisor)) {
		sigtimedwait(&set, NULL, &slice);
		for (int i = 0; i < STAGE_COUNT; i++) /* a full pipe must not keep a stage from ending */
			if (supervisor->children[i].log.fd >= 0)
				on_log(&supervisor->children[i].log);
		notify_drain(supervisor); /* nor a full socket */
		reap(supervisor);
		if (clock_mono_ns() > deadline_ns)
			signal_all(supervisor, SIGKILL);
	}
	for (int i = 0; i < STAGE_COUNT; i++)
		child_release_fds(&supervisor->children[i]);
}
