#include "base/hybrid.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/config.h"

/* moby, kubelet, Amazon ECS, podman, libvirt and LXC without systemd, containerd's namespaces */
static const char *const parents[] = { "docker", "kubepods", "ecs", "libpod_parent", "machine", "lxc",
	"default", "k8s.io", "moby" };

static bool has(const char *root, const char *folder)
{
	char path[CONFIG_TEXT_MAX + 32];

	snprintf(path, sizeof(path), "%s/%s", root, folder);
	CLEANUP(closep) int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd >= 0;
}

const char *hybrid_v1_alone(const char *v1_root, const char *v2_root)
{
	for (size_t i = 0; i < ARRAY_SIZE(parents); i++)
		if (has(v1_root, parents[i]) && !has(v2_root, parents[i]))
			return parents[i];
	return NULL;
}
