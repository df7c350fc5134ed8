#include "collector/cgroups.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

#define PATH_BYTES_MAX 1024 /* as the topology frame carries it */
#define DEPTH_MAX      32

int cgroups_init(struct cgroups *cgroups, const char *root, uint32_t capacity)
{
	*cgroups = (struct cgroups) { .root = root, .capacity = capacity };
	cgroups->all = calloc(capacity, sizeof(*cgroups->all));
	return cgroups->all == NULL ? -ENOMEM : 0;
}

void cgroups_done(struct cgroups *cgroups)
{
	for (uint32_t i = 0; i < cgroups->count; i++) {
		cgroups_close_memory(cgroups, &cgroups->all[i]);
		free(cgroups->all[i].path);
	}
	free(cgroups->all);
	idmap_done(&cgroups->by_id);
	*cgroups = (struct cgroups) { 0 };
}

struct cgroup *cgroups_find(struct cgroups *cgroups, uint64_t id)
{
	uint32_t index;

	return idmap_find(&cgroups->by_id, id, &index) ? &cgroups->all[index] : NULL;
}

static int set_path(struct cgroup *cgroup, const char *path)
{
	char *copy = strdup(path);

	if (copy == NULL)
		return -ENOMEM;
	free(cgroup->path);
	cgroup->path = copy;
	identity_of_path(path, &cgroup->identity);
	cgroup->is_new = true;
	return 0;
}

static struct cgroup *add_new(struct cgroups *cgroups, uint64_t id, uint64_t now_boot_ns)
{
	uint32_t rows = cgroups->is_crowded ? 2 : 1;

	if (cgroups->count + cgroups->notes + rows > cgroups->capacity ||
		idmap_put(&cgroups->by_id, id, cgroups->count) < 0)
		return NULL;
	struct cgroup *cgroup = &cgroups->all[cgroups->count++];
	*cgroup = (struct cgroup) { .id = id, .start_ns = now_boot_ns, .memory_fd = -1 };
	cgroup->is_promoted = cgroup->has_base = cgroups->is_crowded;
	cgroups->notes += cgroup->has_base;
	return cgroup;
}

void cgroups_set_base(struct cgroups *cgroups, struct cgroup *cgroup, const uint64_t base[COUNTER_COUNT])
{
	cgroups->notes -= cgroup->has_base;
	memcpy(cgroup->base, base, sizeof(cgroup->base));
	cgroup->has_base = cgroup->is_promoted = false;
	for (int c = 0; c < COUNTER_COUNT; c++)
		cgroup->has_base |= base[c] > 0;
	cgroups->notes += cgroup->has_base;
}

struct cgroup *cgroups_add(
	struct cgroups *cgroups, uint64_t id, uint64_t parent, const char *path, uint64_t now_boot_ns)
{
	struct cgroup *cgroup = cgroups_find(cgroups, id);

	if (cgroup == NULL && (cgroup = add_new(cgroups, id, now_boot_ns)) == NULL)
		return NULL;
	cgroup->parent = parent != 0 ? parent : cgroup->parent;
	if ((cgroup->path == NULL || strcmp(cgroup->path, path) != 0) && set_path(cgroup, path) < 0) {
		if (cgroup->path == NULL)
			cgroups_remove(cgroups, id);
		return NULL;
	}
	return cgroup;
}

void cgroups_close_memory(struct cgroups *cgroups, struct cgroup *cgroup)
{
	if (cgroup->memory_fd < 0)
		return;
	close(cgroup->memory_fd);
	cgroup->memory_fd = -1;
	cgroups->memory_files--;
}

void cgroups_remove(struct cgroups *cgroups, uint64_t id)
{
	uint32_t index;

	if (!idmap_find(&cgroups->by_id, id, &index))
		return;
	cgroups_close_memory(cgroups, &cgroups->all[index]);
	free(cgroups->all[index].path);
	cgroups->notes -= cgroups->all[index].has_base;
	idmap_remove(&cgroups->by_id, id);
	cgroups->count--;
	if (index == cgroups->count)
		return;
	cgroups->all[index] = cgroups->all[cgroups->count]; /* the last one fills the hole */
	idmap_put(&cgroups->by_id, cgroups->all[index].id, index);
}

struct walk {
	struct cgroups *cgroups;
	uint64_t now_boot_ns;
	int unfit;
	char path[PATH_BYTES_MAX];
	size_t path_size;
};

static void visit(struct walk *walk, uint64_t id, uint64_t parent)
{
	struct cgroup *cgroup = cgroups_add(
		walk->cgroups, id, parent, walk->path_size > 0 ? walk->path : "/", walk->now_boot_ns);

	if (cgroup == NULL) {
		walk->unfit++;
		return;
	}
	cgroup->is_seen = true;
	cgroup->removed_ns = 0;
}

/* kn->id equals the directory's inode number, in v1 and v2. */
static void walk_folder(struct walk *walk, int dir_fd, uint64_t parent, int depth)
{
	struct stat status;
	DIR *dir = NULL;
	struct dirent *entry;

	if (fstat(dir_fd, &status) == 0)
		visit(walk, status.st_ino, parent);
	if (depth == DEPTH_MAX || (dir = fdopendir(dir_fd)) == NULL) {
		close(dir_fd);
		return;
	}
	while ((entry = readdir(dir)) != NULL) {
		size_t before = walk->path_size;
		if (entry->d_type != DT_DIR || strcmp(entry->d_name, ".") == 0 ||
			strcmp(entry->d_name, "..") == 0)
			continue;
		int added = snprintf(walk->path + before, sizeof(walk->path) - before, "/%s", entry->d_name);
		if (added < 0 || (size_t)added >= sizeof(walk->path) - before) {
			walk->unfit++;
		} else {
			walk->path_size += (size_t)added;
			int fd = openat(
				dirfd(dir), entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
			if (fd >= 0)
				walk_folder(walk, fd, status.st_ino, depth + 1);
		}
		walk->path_size = before;
		walk->path[before] = '\0';
	}
	closedir(dir);
}

int cgroups_walk(struct cgroups *cgroups, uint64_t now_mono_ns, uint64_t now_boot_ns)
{
	struct walk walk = { .cgroups = cgroups, .now_boot_ns = now_boot_ns };
	int fd = open(cgroups->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	for (uint32_t i = 0; i < cgroups->count; i++)
		cgroups->all[i].is_seen = false;
	walk_folder(&walk, fd, 0, 0);
	for (uint32_t i = 0; i < cgroups->count; i++)
		if (!cgroups->all[i].is_seen && cgroups->all[i].removed_ns == 0)
			cgroups->all[i].removed_ns = now_mono_ns;
	return walk.unfit;
}
