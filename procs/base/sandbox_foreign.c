#include <errno.h>
#include <linux/capability.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/sandbox.h"

/* Not what the library needs (that is its secret) but what it must never need. */
static const char *const denied[] = { "execve", "execveat", "ptrace", "process_vm_readv", "process_vm_writev",
	"bpf", "perf_event_open", "kexec_load", "kexec_file_load", "init_module", "finit_module",
	"delete_module", "mount", "umount2", "pivot_root", "setns", "unshare", "keyctl", "add_key",
	"request_key", "userfaultfd", "io_uring_setup", "reboot", "swapon", "swapoff", "iopl", "ioperm" };

static int drop_every_capability(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = { 0 };

	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	return syscall(SYS_capset, &header, sets) < 0 ? -errno : 0;
}

static int close_all_but(int fd)
{
	if (fd > STDERR_FILENO + 1 && close_range(STDERR_FILENO + 1, (unsigned)fd - 1, 0) < 0)
		return -errno;
	return close_range((unsigned)fd + 1, ~0U, 0) < 0 ? -errno : 0;
}

int sandbox_enter_foreign(int fd)
{
	int r;

	if ((r = close_all_but(fd)) < 0 || (r = drop_every_capability()) < 0)
		return r;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return -errno;
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	if (filter == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < ARRAY_SIZE(denied) && r == 0; i++) {
		int call = seccomp_syscall_resolve_name(denied[i]);
		if (call != __NR_SCMP_ERROR)
			r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), call, 0);
	}
	if (r == 0)
		r = seccomp_load(filter);
	seccomp_release(filter);
	return r;
}
