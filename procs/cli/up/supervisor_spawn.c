/* One stage's process: its descriptors, its environment, its capabilities. */
#include "cli/up/supervisor_child.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/language.h"

#define FIRST_PASSED_FD 3   /* SD_LISTEN_FDS_START */
#define EXIT_EXEC       203 /* systemd's EXIT_EXEC */

bool child_keep_fd(struct child *child, const char *name, int fd)
{
	child_drop_fd(child, name);
	if (child->kept_count == SUPERVISOR_FDS_MAX) {
		close(fd);
		return false;
	}
	struct kept_fd *kept = &child->kept[child->kept_count++];
	kept->fd = fd;
	snprintf(kept->name, sizeof(kept->name), "%s", name);
	return true;
}

void child_drop_fd(struct child *child, const char *name)
{
	for (size_t i = 0; i < child->kept_count; i++) {
		if (strcmp(child->kept[i].name, name) != 0)
			continue;
		close(child->kept[i].fd);
		child->kept[i] = child->kept[--child->kept_count];
		return;
	}
}

void child_release_fds(struct child *child)
{
	for (size_t i = 0; i < child->kept_count; i++)
		close(child->kept[i].fd);
	child->kept_count = 0;
}

/* Moves the kept descriptors to 3, 4, …: first out of the way, since source and target numbers may cross. */
static int place_kept_fds(const struct child *child)
{
	int moved[SUPERVISOR_FDS_MAX];
	int above = FIRST_PASSED_FD + (int)child->kept_count;

	for (size_t i = 0; i < child->kept_count; i++) {
		moved[i] = fcntl(child->kept[i].fd, F_DUPFD_CLOEXEC, above);
		if (moved[i] < 0)
			return -errno;
	}
	for (size_t i = 0; i < child->kept_count; i++)
		if (dup2(moved[i], FIRST_PASSED_FD + (int)i) < 0)
			return -errno;
	return 0;
}

static void set_number(const char *name, long long value)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld", value);
	setenv(name, text, 1);
}

/* Keys of those who tell grid data are the fetcher's alone, as with systemd; a token is the cli's. */
static void forget_secrets(void)
{
	static const char *const names[] = { "TANSO_KPX_KEY", "TANSO_ELECTRICITYMAPS_KEY",
		"TANSO_WATTTIME_USER" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		unsetenv(names[i]);
}

static void set_environment(const struct child *child, const char *notify_path)
{
	char names[SUPERVISOR_FDS_MAX * (KEPT_NAME_MAX + 1)] = "";
	size_t used = 0;

	unsetenv("TANSO_TOKEN");
	if (child->stage != STAGE_FETCHER)
		forget_secrets();
	setenv("NOTIFY_SOCKET", notify_path, 1);
	setenv(LANGUAGE_VARIABLE, language_name(), 1);
	set_number("WATCHDOG_USEC", SUPERVISOR_WATCHDOG_NS / 1000);
	set_number("WATCHDOG_PID", getpid());
	unsetenv("LISTEN_FDS");
	if (child->kept_count == 0)
		return;
	for (size_t i = 0; i < child->kept_count; i++)
		used += (size_t)snprintf(
			names + used, sizeof(names) - used, "%s%s", i > 0 ? ":" : "", child->kept[i].name);
	set_number("LISTEN_FDS", (long long)child->kept_count);
	set_number("LISTEN_PID", getpid());
	setenv("LISTEN_FDNAMES", names, 1);
}

/* As CapabilityBoundingSet= of the units; reading a clone in somebody's home needs CAP_DAC_READ_SEARCH. In a container
 * without CAP_SETPCAP the bounding set stays, and root would have all of it again after exec: with no_new_privs it has
 * what is permitted before. */
static void limit_capabilities(enum stage stage)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = { 0 };

	(void)syscall(SYS_capget, &header, sets);
	for (int capability = 0; capability <= CAP_LAST_CAP; capability++) {
		struct __user_cap_data_struct *set = &sets[capability / 32];
		uint32_t bit = 1U << (capability % 32);
		bool is_kept =
			capability == CAP_DAC_READ_SEARCH ||
			(stage == STAGE_COLLECTOR && (capability == CAP_BPF || capability == CAP_PERFMON));
		if (is_kept)
			continue;
		if (prctl(PR_CAPBSET_READ, capability, 0, 0, 0) == 1)
			(void)prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
		set->effective &= ~bit;
		set->permitted &= ~bit;
		set->inheritable &= ~bit;
	}
	(void)syscall(SYS_capset, &header, sets);
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static void exec_stage(const struct child *child, const char *binary_dir, char *const *arguments,
	const char *notify_path, int log_fd, pid_t parent)
{
	char path[1024];
	char *argv[64] = { path };
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent) /* it died before the line above */
		_exit(EXIT_EXEC);
	setpgid(0, 0); /* Ctrl-C reaches the supervisor alone, which stops the stages in order */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	snprintf(path, sizeof(path), "%s/tanso-%s", binary_dir, stage_name(child->stage));
	for (size_t i = 0; arguments[i] != NULL && i + 2 < ARRAY_SIZE(argv); i++)
		argv[i + 1] = arguments[i];
	if (dup2(log_fd, STDERR_FILENO) < 0 || dup2(log_fd, STDOUT_FILENO) < 0 || place_kept_fds(child) < 0)
		_exit(EXIT_EXEC);
	set_environment(child, notify_path);
	limit_capabilities(child->stage);
	execv(path, argv);
	fprintf(stderr, "<3>%s: cannot be executed: %s\n", path, strerror(errno));
	_exit(EXIT_EXEC);
}

int child_spawn(struct child *child, const char *binary_dir, char *const *arguments, const char *notify_path)
{
	int ends[2];
	pid_t parent = getpid();

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	pid_t pid = fork();
	if (pid == 0)
		exec_stage(child, binary_dir, arguments, notify_path, ends[1], parent);
	close(ends[1]);
	if (pid < 0) {
		int error = errno;
		close(ends[0]);
		return -error;
	}
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	child->pid = pid;
	child->log.fd = ends[0];
	child->tail_size = 0;
	child->is_ready = false;
	child->started_ns = child->last_ping_ns = clock_mono_ns();
	child->restart_at_ns = child->kill_at_ns = 0;
	return 0;
}
