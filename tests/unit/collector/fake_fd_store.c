#include "tests/unit/collector/fake_fd_store.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define STORE_MAX 64

struct entry {
	char name[64];
	int fd; /* -1 = free */
};

static struct entry stored[STORE_MAX], inherited[STORE_MAX];
static size_t stored_count, inherited_count;

static void add(struct entry *entries, size_t *count, const char *name, int fd)
{
	char *copy = entries[*count % STORE_MAX].name;

	if (*count == STORE_MAX || strlen(name) >= sizeof(entries->name))
		return;
	strcpy(copy, name);
	entries[(*count)++].fd = dup(fd);
}

static void clear(struct entry *entries, size_t *count)
{
	while (*count > 0)
		close(entries[--*count].fd);
}

void fd_store_restart(void)
{
	clear(inherited, &inherited_count);
	for (size_t i = 0; i < stored_count; i++)
		add(inherited, &inherited_count, stored[i].name, stored[i].fd);
}

int fd_store_peek(const char *name)
{
	for (size_t i = 0; i < stored_count; i++)
		if (strcmp(stored[i].name, name) == 0)
			return stored[i].fd;
	return -1;
}

void fd_store_clear(void)
{
	clear(stored, &stored_count);
	clear(inherited, &inherited_count);
}

int ready_take_fd_prefixed(const char *prefix, char *ret_name, uint64_t size)
{
	for (size_t i = 0; i < inherited_count; i++) {
		if (strncmp(inherited[i].name, prefix, strlen(prefix)) != 0)
			continue;
		int fd = inherited[i].fd;
		snprintf(ret_name, size, "%s", inherited[i].name);
		inherited[i] = inherited[--inherited_count];
		return fd;
	}
	return -ENOENT;
}

int ready_take_fd(const char *name)
{
	for (size_t i = 0; i < inherited_count; i++) {
		if (strcmp(inherited[i].name, name) != 0)
			continue;
		int fd = inherited[i].fd;
		inherited[i] = inherited[--inherited_count];
		return fd;
	}
	return -ENOENT;
}

int ready_store_fd(const char *name, int fd)
{
	add(stored, &stored_count, name, fd);
	return 0;
}

int ready_drop_fd(const char *name)
{
	for (size_t i = 0; i < stored_count;) {
		if (strcmp(stored[i].name, name) != 0) {
			i++;
			continue;
		}
		close(stored[i].fd);
		stored[i] = stored[--stored_count];
	}
	return 0;
}
