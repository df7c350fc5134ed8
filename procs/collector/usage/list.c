#include "collector/usage/list.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <list.skel.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collector/usage/store.h"

#define FIRST_PID_NAMESPACE 0xeffffffcU /* PROC_PID_INIT_INO of the kernel's proc_ns.h */

static const char *const functions[] = { "bpf_iter_task_new", "bpf_iter_task_next", "bpf_iter_task_destroy",
	"bpf_task_acquire", "bpf_task_release", "bpf_rcu_read_lock", "bpf_rcu_read_unlock" };

/* Asked first: for what vmlinux lacks libbpf looks through all modules, which needs CAP_SYS_ADMIN. */
static bool has_functions(const struct btf *btf)
{
	for (size_t i = 0; i < sizeof(functions) / sizeof(*functions); i++)
		if (btf__find_by_name_kind(btf, functions[i], BTF_KIND_FUNC) < 0)
			return false;
	return true;
}

/* The iterator shows the PID namespace of who reads it, and so does `prime`; the list is of all tasks there are. */
static bool sees_all_tasks(void)
{
	struct stat status;

	return stat("/proc/self/ns/pid", &status) == 0 && status.st_ino == FIRST_PID_NAMESPACE;
}

/* A duplicate keeps the program when the skeleton closes its own descriptor. */
static int load(const struct usage_kernel *kernel, const struct usage_constants *constants)
{
	struct list *object = list__open();
	int r;

	if (object == NULL)
		return -errno;
	object->rodata->constants = *constants;
	if ((r = usage_reuse_maps(kernel, object->obj)) == 0 && (r = list__load(object)) == 0 &&
		(r = dup(bpf_program__fd(object->progs.read_list))) < 0)
		r = -errno;
	list__destroy(object);
	return r;
}

int usage_list_load(const struct usage_kernel *kernel, const struct usage_constants *constants,
	const struct btf *btf, const char **ret_why)
{
	int r;

	*ret_why = "this kernel has no functions that walk the list of tasks";
	if (!has_functions(btf))
		return -ENOSYS;
	*ret_why = "this is not the first PID namespace";
	if (!sees_all_tasks())
		return -EXDEV;
	r = load(kernel, constants);
	if (r < 0)
		*ret_why = strerror(-r);
	return r;
}

const void *usage_list_bytes(size_t *ret_size)
{
	return list__elf_bytes(ret_size);
}
