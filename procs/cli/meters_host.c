#include "cli/meters_host.h"

#include <glob.h>
#include <linux/capability.h>
#include <stdio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/up/host.h"

/* In the collector's own order of trust. */
static const struct {
	const char *pattern; /* below sysfs_root */
	enum host_meter if_readable;
} places[] = {
	{ "class/powercap/intel-rapl*:*/energy_uj", HOST_METER_READABLE },
	{ "class/hwmon/hwmon*/energy*_input", HOST_METER_SENSORS },
	{ "class/hwmon/hwmon*/power*_average", HOST_METER_SENSORS },
	{ "class/hwmon/hwmon*/power*_input", HOST_METER_SENSORS },
	{ "class/hwmon/hwmon*/device/power*_average", HOST_METER_SENSORS },
};

/* One file that is refused spoils the sum. */
static enum host_meter look_at(const char *pattern, enum host_meter if_readable, char *ret_path, size_t size)
{
	enum host_meter found = HOST_METER_NONE;
	glob_t files;

	if (glob(pattern, 0, NULL, &files) != 0)
		return HOST_METER_NONE;
	for (size_t i = 0; i < files.gl_pathc && found != HOST_METER_REFUSED; i++) {
		found = access(files.gl_pathv[i], R_OK) == 0 ? if_readable : HOST_METER_REFUSED;
		snprintf(ret_path, size, "%s", files.gl_pathv[i]);
	}
	globfree(&files);
	return found;
}

enum host_meter host_find_meter(const struct config *config, char *ret_path, size_t size)
{
	char pattern[CONFIG_TEXT_MAX + 64];

	/* A guest's PMU may be there with energy-psys alone, which its host never counts. */
	snprintf(ret_path, size, "%s/bus/event_source/devices/power/events/energy-pkg", config->sysfs_root);
	if (access(ret_path, R_OK) == 0 && host_has_capability(CAP_PERFMON))
		return HOST_METER_READABLE;
	ret_path[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		snprintf(pattern, sizeof(pattern), "%s/%s", config->sysfs_root, places[i].pattern);
		enum host_meter found = look_at(pattern, places[i].if_readable, ret_path, size);
		if (found != HOST_METER_NONE)
			return found;
	}
	return HOST_METER_NONE;
}

bool host_has_nvidia(const struct config *config)
{
	char path[CONFIG_TEXT_MAX + 64];

	snprintf(path, sizeof(path), "%s/driver/nvidia/version", config->procfs_root);
	return access(path, F_OK) == 0;
}
