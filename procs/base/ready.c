#include "base/ready.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "base/clock.h"

#define NOTIFY_TEXT_MAX 512

static struct {
	int fd;
	char *name;
} inherited[512];
static int inherited_count;
static uint64_t watchdog_period_ns;
static uint64_t watchdog_next_ns;

int ready_init(void)
{
	char **names = NULL;
	uint64_t period_us = 0;
	int count = sd_listen_fds_with_names(1, &names);

	if (count < 0)
		return count;
	for (int i = 0; i < count; i++) {
		if (inherited_count == (int)(sizeof(inherited) / sizeof(inherited[0]))) {
			free(names[i]);
			continue;
		}
		inherited[inherited_count].fd = SD_LISTEN_FDS_START + i;
		inherited[inherited_count++].name = names[i];
	}
	free(names);
	if (sd_watchdog_enabled(0, &period_us) > 0)
		watchdog_period_ns = period_us * 1000;
	return 0;
}

static int take(int index)
{
	int fd = inherited[index].fd;

	free(inherited[index].name);
	inherited[index] = inherited[--inherited_count];
	return fd;
}

int ready_take_fd(const char *name)
{
	for (int i = 0; i < inherited_count; i++)
		if (strcmp(inherited[i].name, name) == 0)
			return take(i);
	return -ENOENT;
}

int ready_take_fd_prefixed(const char *prefix, char *ret_name, uint64_t size)
{
	for (int i = 0; i < inherited_count; i++) {
		if (strncmp(inherited[i].name, prefix, strlen(prefix)) != 0)
			continue;
		snprintf(ret_name, size, "%s", inherited[i].name);
		return take(i);
	}
	return -ENOENT;
}

int ready_store_fd(const char *name, int fd)
{
	char text[NOTIFY_TEXT_MAX];

	/* FDPOLL=0: the manager must not drop a descriptor because the other end hung up. */
	snprintf(text, sizeof(text), "FDSTORE=1\nFDPOLL=0\nFDNAME=%s", name);
	int r = sd_pid_notify_with_fds(0, 0, text, &fd, 1);
	return r < 0 ? r : 0;
}

int ready_drop_fd(const char *name)
{
	char text[NOTIFY_TEXT_MAX];

	snprintf(text, sizeof(text), "FDSTOREREMOVE=1\nFDNAME=%s", name);
	int r = sd_notify(0, text);
	return r < 0 ? r : 0;
}

static int notify_status(const char *lead, const char *status)
{
	char text[NOTIFY_TEXT_MAX];

	snprintf(text, sizeof(text), "%sSTATUS=%s", lead, status);
	int r = sd_notify(0, text);
	return r < 0 ? r : 0;
}

int ready_notify(const char *status)
{
	return notify_status("READY=1\n", status);
}

int ready_status(const char *status)
{
	return notify_status("", status);
}

int ready_stopping(void)
{
	int r = sd_notify(0, "STOPPING=1");

	return r < 0 ? r : 0;
}

void ready_watchdog(void)
{
	if (watchdog_period_ns == 0)
		return;
	uint64_t now_ns = clock_mono_ns();
	if (now_ns < watchdog_next_ns)
		return;
	watchdog_next_ns = now_ns + watchdog_period_ns / 3;
	sd_notify(0, "WATCHDOG=1");
}
