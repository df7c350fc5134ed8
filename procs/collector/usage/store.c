#include "collector/usage/store.h"

#include <bpf/bpf.h>
#include <stdio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/ready.h"

#define FD_NAME_MAX 64

static const struct {
	const char *name;
	bool is_core;
} programs[] = {
#define X(name, label, tracepoint, counter) { #name, USAGE_##counter == USAGE_CORE },
	USAGE_PROGRAMS(X)
#undef X
};

static const char *const map_names[] = {
#define X(name) #name,
	USAGE_MAPS(X)
#undef X
};

const char *usage_map_name(enum usage_map map)
{
	return map_names[map];
}

int usage_reuse_maps(const struct usage_kernel *kernel, const struct bpf_object *object)
{
	int r = 0;

	for (int i = 0; i < USAGE_MAP_COUNT && r == 0; i++) {
		struct bpf_map *map = bpf_object__find_map_by_name(object, map_names[i]);
		if (map != NULL && kernel->map[i] >= 0)
			r = bpf_map__reuse_fd(map, kernel->map[i]);
	}
	return r;
}

/* Links of two generations stand side by side in the store during an upgrade. */
static void name_link(char name[static FD_NAME_MAX], int program, uint32_t generation)
{
	snprintf(name, FD_NAME_MAX, "link-%u-%s", generation, programs[program].name);
}

static void name_map(char name[static FD_NAME_MAX], int map)
{
	snprintf(name, FD_NAME_MAX, "map-%s", map_names[map]);
}

void usage_close_links(int link[static USAGE_PROGRAM_COUNT])
{
	for (int i = 0; i < USAGE_PROGRAM_COUNT; i++) {
		closep(&link[i]);
		link[i] = -1;
	}
}

static void close_maps(struct usage_kernel *kernel)
{
	for (int i = 0; i < USAGE_MAP_COUNT; i++) {
		closep(&kernel->map[i]);
		kernel->map[i] = -1;
	}
}

void usage_kernel_close(struct usage_kernel *kernel)
{
	usage_close_links(kernel->link);
	close_maps(kernel);
}

/* What is left in the store under `prefix` is of no use to us. */
static void drop_stored(const char *prefix)
{
	char name[FD_NAME_MAX];
	int fd;

	while ((fd = ready_take_fd_prefixed(prefix, name, sizeof(name))) >= 0) {
		ready_drop_fd(name);
		closep(&fd);
	}
}

void usage_drop_links(int link[static USAGE_PROGRAM_COUNT], uint32_t generation)
{
	char name[FD_NAME_MAX];

	for (int i = 0; i < USAGE_PROGRAM_COUNT; i++) {
		name_link(name, i, generation);
		if (link[i] >= 0)
			ready_drop_fd(name);
	}
	usage_close_links(link);
}

static bool take_maps(struct usage_kernel *kernel)
{
	char name[FD_NAME_MAX];
	bool has_all = true;

	for (int i = 0; i < USAGE_MAP_COUNT; i++) {
		name_map(name, i);
		kernel->map[i] = ready_take_fd(name);
		has_all &= kernel->map[i] >= 0;
	}
	return has_all;
}

static bool take_links(struct usage_kernel *kernel)
{
	char name[FD_NAME_MAX];
	bool has_all = true;

	for (int i = 0; i < USAGE_PROGRAM_COUNT; i++) {
		name_link(name, i, kernel->layout.generation);
		kernel->link[i] = ready_take_fd(name);
		has_all &= kernel->link[i] >= 0 || !programs[i].is_core;
	}
	return has_all;
}

bool usage_adopt(struct usage_kernel *kernel, const struct hierarchy *hierarchy, bool may_adopt)
{
	const uint32_t zero = 0;
	bool is_ours = take_maps(kernel) && may_adopt &&
		       bpf_map_lookup_elem(kernel->map[USAGE_MAP_layout], &zero, &kernel->layout) == 0 &&
		       kernel->layout.version == USAGE_LAYOUT && kernel->layout.is_v1 == hierarchy->is_v1 &&
		       take_links(kernel);
	drop_stored("link-"); /* of an upgrade that a crash cut short, or all */
	if (is_ours)
		return true;
	usage_drop_links(kernel->link, kernel->layout.generation);
	for (int i = 0; i < USAGE_MAP_COUNT; i++) {
		char name[FD_NAME_MAX];
		name_map(name, i);
		if (kernel->map[i] >= 0)
			ready_drop_fd(name);
	}
	usage_kernel_close(kernel);
	return false;
}

int usage_store_links(const int link[static USAGE_PROGRAM_COUNT], uint32_t generation)
{
	char name[FD_NAME_MAX];
	int r = 0;

	for (int i = 0; i < USAGE_PROGRAM_COUNT && r == 0; i++) {
		name_link(name, i, generation);
		if (link[i] >= 0)
			r = ready_store_fd(name, link[i]);
	}
	return r;
}

int usage_store_maps(const struct usage_kernel *kernel)
{
	char name[FD_NAME_MAX];
	int r = 0;

	for (int i = 0; i < USAGE_MAP_COUNT && r == 0; i++) {
		name_map(name, i);
		r = ready_store_fd(name, kernel->map[i]);
	}
	return r;
}
