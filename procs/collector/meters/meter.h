/*
 * A power meter: energy by zone in µJ, unwrapped and cumulative since it was first opened in this epoch (it goes on over
 * restarts of the collector: what must be remembered stands in a memfd that the supervisor keeps). One slot a zone:
 * sockets are added up here.
 */
#pragma once

#include "base/clock.h"
#include "base/config.h"
#include "ipc/ring.h"

struct meter {
	const char *name;
	/* Fills slots for the instant of the tick; returns how many. A zone that cannot be read is METER_FAILED. */
	uint32_t (*read)(
		struct meter *meter, struct instant now, struct ring_meter slots[static RING_METER_MAX]);
	void (*free)(struct meter *meter);
};

/* Each returns 0, -ENOENT (not on this machine) or -EACCES (there, but not for us). */
int meter_open_powercap(const struct config *config, bool is_new_epoch, struct meter **ret_meter);
int meter_open_fake(const struct config *config, struct meter **ret_meter);

/* The first of config->meters that answers; NULL (result 0) where the list says `model` first or nothing answers.
 * ret_reason: one line saying what was chosen and why. */
int meter_choose(const struct config *config, bool is_new_epoch, struct meter **ret_meter, char *ret_reason,
	size_t size);
