/* Each forbidden call is tried in a child of its own under the real filter of every stage. */
#include "base/sandbox.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "tests/unit/unit.h"

struct trial {
	const char *name;
	long (*call)(void);
};

static long try_execve(void)
{
	char *const argv[] = { NULL };
	return execve("/bin/true", argv, argv);
}
static long try_inet_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}
static long try_netlink_socket(void)
{
	return socket(AF_NETLINK, SOCK_RAW, 0);
}
static long try_executable_memory(void)
{
	return (long)mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}
static long try_mount(void)
{
	return syscall(SYS_mount, "a", "/tmp", "tmpfs", 0, 0);
}
static long try_setuid(void)
{
	return syscall(SYS_setuid, 0);
}
static long try_signal_to_another(void)
{
	return syscall(SYS_tgkill, getppid(), getppid(), 0);
}
static long try_signal_by_the_kernel(
	void) /* F_SETSIG, too: whatever happens to the descriptor kills the owner */
{
	return fcntl(STDIN_FILENO, F_SETOWN, 1);
}
static const struct trial forbidden[] = {
	{ "tgkill of another", try_signal_to_another },
	{ "fcntl(F_SETOWN)", try_signal_by_the_kernel },
	{ "execve", try_execve },
	{ "socket(AF_INET)", try_inet_socket },
	{ "socket(AF_NETLINK)", try_netlink_socket },
	{ "mmap(PROT_EXEC)", try_executable_memory },
	{ "mount", try_mount },
	{ "setuid", try_setuid },
};

static int status_under(int (*enter)(enum stage), enum stage stage, long (*call)(void))
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		if (enter(stage) < 0)
			_exit(99);
		if (call != NULL)
			call();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static int status_of(enum stage stage, long (*call)(void))
{
	return status_under(sandbox_enter, stage, call);
}

static void every_stage_lives_under_its_filter(void **state)
{
	(void)state;
	for (int stage = 0; stage < STAGE_COUNT; stage++)
		assert_int_equal(status_of((enum stage)stage, NULL), 0);
}

/* On hosts without a stable clock source the vDSO makes these calls. */
static long read_clocks(void)
{
	struct timespec time;
	struct timeval day;

	return syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &time) + syscall(SYS_gettimeofday, &day, NULL);
}

static void every_stage_may_ask_the_kernel_for_the_time(void **state)
{
	(void)state;
	for (int stage = 0; stage < STAGE_COUNT; stage++)
		assert_int_equal(status_of((enum stage)stage, read_clocks), 0);
}

static void every_stage_dies_of_each_forbidden_call(void **state)
{
	(void)state;
	for (int stage = 0; stage < STAGE_COUNT; stage++)
		for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++) {
			int status = status_of((enum stage)stage, forbidden[i].call);
			if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
				fail_msg("%s survived %s: status %x", stage_name((enum stage)stage),
					forbidden[i].name, (unsigned)status);
		}
}

static void who_fetches_may_open_tcp_and_nothing_else_more(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++) {
		int status = status_under(sandbox_enter_fetching, STAGE_RESOLVER, forbidden[i].call);
		bool is_killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
		if (is_killed == (forbidden[i].call == try_inet_socket))
			fail_msg("%s: status %x", forbidden[i].name, (unsigned)status);
	}
}

static bool dies_of(enum stage stage, long (*call)(void))
{
	int status = status_of(stage, call);

	return WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
}

static long try_unlink(void)
{
	return syscall(SYS_unlinkat, AT_FDCWD, "/tmp/no-such-file-of-tanso", 0);
}

static void only_the_ledger_removes_files(void **state)
{
	(void)state;
	for (int stage = 0; stage < STAGE_COUNT; stage++)
		assert_int_equal(dies_of((enum stage)stage, try_unlink), stage != STAGE_ANALYST);
}

static long try_bpf_load(void)
{
	return syscall(SYS_bpf, BPF_PROG_LOAD, NULL, 0);
}
static long try_bpf_lookup(void)
{
	return syscall(SYS_bpf, BPF_MAP_LOOKUP_ELEM, NULL, 0);
}

static void the_collector_reads_maps_and_loads_no_program(void **state)
{
	(void)state;
	assert_true(dies_of(STAGE_COLLECTOR, try_bpf_load));
	assert_false(dies_of(STAGE_COLLECTOR, try_bpf_lookup));
	assert_true(dies_of(STAGE_ESTIMATOR, try_bpf_lookup));
}

static long end_by_abort(void)
{
	abort();
}

static void a_broken_invariant_ends_in_a_core(void **state)
{
	(void)state;
	for (int stage = 0; stage < STAGE_COUNT; stage++) {
		int status = status_of((enum stage)stage, end_by_abort);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	}
}

#ifndef TANSO_SANITIZED /* sanitizer builds allow openat for their reports; tests/run runs this in the release build */
static long try_open_for_writing(void)
{
	return syscall(SYS_openat, AT_FDCWD, "/tmp/tanso-sandbox", O_CREAT | O_RDWR, 0600);
}

static void the_estimator_cannot_open_a_file(void **state)
{
	(void)state;
	int status = status_of(STAGE_ESTIMATOR, try_open_for_writing);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
}
#endif

/* Newer architectures have only the newer call, and glibc makes it there. */
static const struct {
	const char *old, *successor;
} successors[] = {
	{ "epoll_wait", "epoll_pwait" },
	{ "poll", "ppoll" },
	{ "unlink", "unlinkat" },
	{ "readlink", "readlinkat" },
};

struct row {
	unsigned stages;
	const char *call;
};

#define ON(stage)                                              (1U << STAGE_##stage)
#define EVERY                                                  ((1U << STAGE_COUNT) - 1)
#define SANITIZER                                              0U
#define FETCHER                                                0U
#define ALLOW(stages, call, reason)                            { stages, #call },
#define ALLOW_ARG(stages, call, argument, mask, value, reason) { stages, #call },
static const struct row rows[] = {
#include "base/sandbox.def"
};

static bool is_allowed(const char *call, unsigned stages)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (strcmp(rows[i].call, call) == 0 && (rows[i].stages & stages) == stages)
			return true;
	return false;
}

static const char *successor_of(const char *call)
{
	for (size_t i = 0; i < ARRAY_SIZE(successors); i++)
		if (strcmp(successors[i].old, call) == 0)
			return successors[i].successor;
	return "";
}

static void what_aarch64_lacks_is_allowed_by_the_name_it_has_there(void **state)
{
	size_t absent = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *call = rows[i].call;
		if (rows[i].stages == 0 || seccomp_syscall_resolve_name_arch(SCMP_ARCH_AARCH64, call) >= 0)
			continue;
		if (!is_allowed(successor_of(call), rows[i].stages))
			fail_msg("%s is not on aarch64, and nothing replaces it there", call);
		absent++;
	}
	assert_true(absent > 0);
}

/* docs/security.md ends with the tables: config_doc sandbox. */
static void the_document_holds_the_table(void **state)
{
	char *made = NULL;
	size_t size = 0;
	static char committed[1 << 20];
	FILE *memory = open_memstream(&made, &size);

	(void)state;
	sandbox_describe(memory);
	fclose(memory);
	FILE *file = fopen(TANSO_SOURCE_DIR "/docs/security.md", "r");
	assert_non_null(file);
	size_t read = fread(committed, 1, sizeof(committed) - 1, file);
	fclose(file);
	if (read < size || memcmp(committed + read - size, made, size) != 0)
		fail_msg("docs/security.md is stale: its tables come from `config_doc sandbox`");
	free(made);
}

static int by_value(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* From 1 KB on glibc's qsort asks for the size of memory, once in a process's life: on a node with many rows only. */
static long sort_much(void)
{
	static int values[4096];

	for (int i = 0; i < (int)ARRAY_SIZE(values); i++)
		values[i] = (i * 7919) % 4096;
	qsort(values, ARRAY_SIZE(values), sizeof(values[0]), by_value);
	return values[0];
}

static void every_stage_may_sort_much(void **state)
{
	(void)state;
	for (int stage = 0; stage < STAGE_COUNT; stage++)
		assert_int_equal(status_of((enum stage)stage, sort_much), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_stage_may_sort_much),
		cmocka_unit_test(the_document_holds_the_table),
		cmocka_unit_test(what_aarch64_lacks_is_allowed_by_the_name_it_has_there),
		cmocka_unit_test(every_stage_lives_under_its_filter),
		cmocka_unit_test(every_stage_may_ask_the_kernel_for_the_time),
		cmocka_unit_test(every_stage_dies_of_each_forbidden_call),
		cmocka_unit_test(only_the_ledger_removes_files),
		cmocka_unit_test(the_collector_reads_maps_and_loads_no_program),
		cmocka_unit_test(a_broken_invariant_ends_in_a_core),
		cmocka_unit_test(who_fetches_may_open_tcp_and_nothing_else_more),
#ifndef TANSO_SANITIZED
		cmocka_unit_test(the_estimator_cannot_open_a_file),
#endif
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
