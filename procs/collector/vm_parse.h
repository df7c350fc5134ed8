/*
 * Which virtual machine a process runs, from its executable's name and its command line: QEMU/KVM, VirtualBox, VMware,
 * Cloud Hypervisor, Firecracker. Anyone may call a process so: what is told is a name, never a key.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define VM_COMMAND_LINE_MAX (64U << 10) /* libvirt writes some 8 KB; what is beyond is not read */

struct vm_identity {
	char hypervisor[32];
	char name[254]; /* else the id */
	char id[64];    /* its uuid, else the name cut to fit */
};

/* The hypervisor whose process has this executable (file name, may be cut) or, where that is unknown (""), this
 * command; NULL if none. */
const char *vm_hypervisor(const char *exe, const char *comm);
/* arguments: /proc/<pid>/cmdline, each ending with a NUL (the last one may be cut). False: neither name nor uuid there. */
bool vm_parse(const char *hypervisor, const char *arguments, size_t size, struct vm_identity *ret_identity);
