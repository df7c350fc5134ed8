/* Where a container's cgroup namespace begins: /proc shows it all paths relative to there. */
#pragma once

#include <stddef.h>

/* The path of this process's own namespace's root below `tree`, where the whole hierarchy is mounted: the folder that
 * lists this process. proc_fd: /proc, whose process 1 stands outside where there is such a namespace. "" where there is
 * none, or it cannot be found. */
void namespace_find(int proc_fd, const char *controller, const char *tree, char *ret_base, size_t size);
