/*
 * The program that reads the live threads along the kernel's list of tasks, instead of the task iterator (Linux 6.7).
 * In a BPF object of its own, since libbpf refuses all of one that names a function this kernel lacks.
 */
#pragma once

#include <bpf/btf.h>

#include "collector/usage/kernel.h"

/*
 * Loads it over the kernel's maps, which must all be there. The program's descriptor, which is the caller's, or -errno
 * with the reason in ret_why (static text): then the iterator tells the same, at a higher cost.
 */
int usage_list_load(const struct usage_kernel *kernel, const struct usage_constants *constants,
	const struct btf *btf, const char **ret_why);
/* The object's bytes, static. */
const void *usage_list_bytes(size_t *ret_size);
