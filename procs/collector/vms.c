#include "collector/vms.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/config.h"

int vms_init(struct vms *vms)
{
	*vms = (struct vms) { .all = calloc(VMS_MAX, sizeof(*vms->all)) };
	return vms->all == NULL ? -ENOMEM : 0;
}

void vms_done(struct vms *vms)
{
	free(vms->all);
	*vms = (struct vms) { 0 };
}

/* What does not fit is not read. */
static size_t read_arguments(const char *procfs_root, uint32_t tgid, char bytes[VM_COMMAND_LINE_MAX])
{
	char path[CONFIG_TEXT_MAX + 32];
	size_t used = 0;
	ssize_t some;

	snprintf(path, sizeof(path), "%s/%u/cmdline", procfs_root, tgid);
	CLEANUP(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && used < VM_COMMAND_LINE_MAX &&
		(some = read(fd, bytes + used, VM_COMMAND_LINE_MAX - used)) > 0)
		used += (size_t)some;
	return used;
}

/* A machine must have a name: where it tells none, that of its process. */
static void identify(struct vm *vm, const char *procfs_root, const char *hypervisor)
{
	CLEANUP(freep) char *bytes = malloc(VM_COMMAND_LINE_MAX);
	size_t size = bytes != NULL ? read_arguments(procfs_root, vm->tgid, bytes) : 0;

	if (vm_parse(hypervisor, bytes, size, &vm->identity))
		return;
	snprintf(vm->identity.name, sizeof(vm->identity.name), "%s-%u", hypervisor, vm->tgid);
	snprintf(vm->identity.id, sizeof(vm->identity.id), "%s-%u", hypervisor, vm->tgid);
}

static struct vm *find(const struct vms *vms, const struct process *process)
{
	for (uint32_t i = 0; i < vms->count; i++)
		if (vms->all[i].tgid == process->tgid && vms->all[i].start_ns == process->start_ns)
			return &vms->all[i];
	return NULL;
}

static void update(struct vms *vms, const char *procfs_root, const struct process *process)
{
	struct vm *vm = find(vms, process);

	if (vm == NULL) {
		if (vms->count == VMS_MAX) {
			vms->dropped++;
			return;
		}
		vm = &vms->all[vms->count++];
		*vm = (struct vm) { .tgid = process->tgid, .start_ns = process->start_ns, .is_new = true };
		identify(vm, procfs_root, process->hypervisor);
	}
	vm->is_new |= vm->cgroup != process->cgroup;
	vm->cgroup = process->cgroup;
	vm->is_seen = true;
}

void vms_update(struct vms *vms, const char *procfs_root, const struct processes *processes)
{
	for (uint32_t i = 0; i < vms->count; i++)
		vms->all[i].is_seen = false;
	for (uint32_t i = 0; i < processes->count && processes->has_machines; i++)
		if (processes->all[i].hypervisor != NULL)
			update(vms, procfs_root, &processes->all[i]);
	for (uint32_t i = 0; i < vms->count; i++)
		vms->all[i].has_ended = !vms->all[i].is_seen;
}

void vms_told(struct vms *vms)
{
	for (uint32_t i = 0; i < vms->count;) {
		vms->all[i].is_new = false;
		if (vms->all[i].has_ended)
			vms->all[i] = vms->all[--vms->count];
		else
			i++;
	}
}
