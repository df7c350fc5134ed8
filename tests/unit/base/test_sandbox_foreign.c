/* The cage of a child that runs a closed library: what it cannot do is tried in it. */
#include "base/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/unit.h"

/* The exit status of `attempt` in a child inside the cage, whose one descriptor is `fd`. */
static int inside(int (*attempt)(int fd))
{
	int fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 100), status;
	int other = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 200);
	pid_t child = fork();

	if (child == 0)
		_exit(sandbox_enter_foreign(fd) == 0 ? attempt(fd) : 99);
	close(fd);
	close(other);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int is_refused(long r)
{
	return r == -1 && errno == EPERM ? 0 : 1;
}

static int try_exec(int fd)
{
	char *const arguments[] = { "/bin/true", NULL };

	(void)fd;
	return is_refused(execv("/bin/true", arguments));
}

static int try_trace(int fd)
{
	(void)fd;
	return is_refused(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL));
}

static int try_bpf(int fd)
{
	(void)fd;
	return is_refused(syscall(SYS_bpf, 0, NULL, 0)) +
	       is_refused(syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0));
}

static int try_mount(int fd)
{
	(void)fd;
	return is_refused(mount("none", "/mnt", "tmpfs", 0, NULL));
}

static int try_descriptors(int fd)
{
	for (int other = STDERR_FILENO + 1; other < 1000; other++)
		if ((fcntl(other, F_GETFD) >= 0) != (other == fd))
			return 1;
	return 0;
}

static int try_capabilities(int fd)
{
	char line[128];
	unsigned long long effective = 1;
	FILE *in = fopen("/proc/self/status", "re");

	(void)fd;
	while (in != NULL && fgets(line, sizeof(line), in) != NULL)
		if (sscanf(line, "CapEff: %llx", &effective) == 1)
			break;
	return effective == 0 ? 0 : 1;
}

/* What a device library does need. */
static int try_ordinary_work(int fd)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	void *memory = malloc(1 << 20);

	(void)fd;
	return null >= 0 && memory != NULL && ioctl(null, 0x4601, NULL) < 0 && errno == ENOTTY ? 0 : 1;
}

static void it_cannot_harm_others(void **state)
{
	(void)state;
	assert_int_equal(inside(try_exec), 0);
	assert_int_equal(inside(try_trace), 0);
	assert_int_equal(inside(try_bpf), 0);
	assert_int_equal(inside(try_mount), 0);
}

static void it_has_no_capability_and_no_descriptor_but_its_own(void **state)
{
	(void)state;
	assert_int_equal(inside(try_descriptors), 0);
	assert_int_equal(inside(try_capabilities), 0);
}

static void it_can_work_with_devices(void **state)
{
	(void)state;
	assert_int_equal(inside(try_ordinary_work), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_cannot_harm_others),
		cmocka_unit_test(it_has_no_capability_and_no_descriptor_but_its_own),
		cmocka_unit_test(it_can_work_with_devices),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
