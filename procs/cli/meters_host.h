/* Which power meters this host offers, as far as looking at files tells: for `tanso up` and `tanso doctor`. */
#pragma once

#include <stddef.h>

#include "base/config.h"

enum host_meter {
	HOST_METER_NONE,    /* usual in a guest */
	HOST_METER_SENSORS, /* hwmon shows power; whether it is the CPU's or the host's the collector knows */
	HOST_METER_REFUSED, /* there, but not for this user */
	HOST_METER_READABLE,
};

/* The best one of CPU and host. ret_path: the file that was looked at, "" for none. */
enum host_meter host_find_meter(const struct config *config, char *ret_path, size_t size);
/* True where NVIDIA's driver is loaded. */
bool host_has_nvidia(const struct config *config);
