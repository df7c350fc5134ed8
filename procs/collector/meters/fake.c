#include "collector/meters/fake.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "collector/meters/meter.h"

struct fake_meter {
	struct meter meter;
	uint64_t milliwatts;
};

static uint32_t read_fake(
	struct meter *meter, struct instant now, struct ring_meter slots[static RING_METER_MAX])
{
	const struct fake_meter *fake = container_of(meter, struct fake_meter, meter);

	slots[0] = (struct ring_meter) { ZONE_PACKAGE, METER_FAKE,
		fake_meter_uj(fake->milliwatts, now.boot_ns) };
	return 1;
}

static void free_fake(struct meter *meter)
{
	free(container_of(meter, struct fake_meter, meter));
}

int meter_open_fake(const struct config *config, struct meter **ret_meter)
{
	struct fake_meter *fake = calloc(1, sizeof(*fake));

	if (fake == NULL)
		return -ENOMEM;
	*fake = (struct fake_meter) { { "fake", read_fake, free_fake },
		(uint64_t)(config->fake_watts * 1000 + 0.5) };
	*ret_meter = &fake->meter;
	return 0;
}
