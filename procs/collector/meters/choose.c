#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "collector/meters/meter.h"

static int open_by_name(
	const char *name, const struct config *config, bool is_new_epoch, struct meter **ret_meter)
{
	if (strcmp(name, "powercap") == 0)
		return meter_open_powercap(config, is_new_epoch, ret_meter);
	if (strcmp(name, "fake") == 0)
		return meter_open_fake(config, ret_meter);
	return -EINVAL;
}

static const char *explain(int error)
{
	switch (error) {
	case -ENOENT: return "not on this machine";
	case -EACCES: return "there, but not readable: run as root or install deploy/systemd's tmpfiles rule";
	case -EINVAL: return "no such meter";
	default: return strerror(-error);
	}
}

int meter_choose(const struct config *config, bool is_new_epoch, struct meter **ret_meter, char *ret_reason,
	size_t size)
{
	char list[CONFIG_TEXT_MAX], *rest = NULL;
	size_t used = 0;

	*ret_meter = NULL;
	ret_reason[0] = '\0';
	snprintf(list, sizeof(list), "%s", config->meters);
	for (char *name = strtok_r(list, ", ", &rest); name != NULL; name = strtok_r(NULL, ", ", &rest)) {
		int r = strcmp(name, "model") == 0 ? 0 : open_by_name(name, config, is_new_epoch, ret_meter);
		int written = snprintf(ret_reason + used, size - used, "%s%s: %s", used > 0 ? "; " : "", name,
			r == 0 ? "chosen" : explain(r));
		used += written > 0 && (size_t)written < size - used ? (size_t)written : 0;
		if (r == 0 || r == -EINVAL)
			return r;
	}
	return 0;
}
