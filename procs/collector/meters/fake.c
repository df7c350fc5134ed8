#include "collector/meters/fake.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "collector/meters/meter.h"

struct fake_meter {
	struct meter meter;
	struct tally *tally;
	uint64_t milliwatts;
};

static void read_fake(struct meter *meter, struct tallies *tallies, struct instant now)
{
	const struct fake_meter *fake = container_of(meter, struct fake_meter, meter);

	(void)tallies;
	fake->tally->uj = fake_meter_uj(fake->milliwatts, now.boot_ns);
}

static void free_fake(struct meter *meter)
{
	free(container_of(meter, struct fake_meter, meter));
}

int meter_open_fake(
	const char *name, const struct config *config, struct tallies *tallies, struct meter **ret_meter)
{
	struct fake_meter *fake = calloc(1, sizeof(*fake));

	if (fake == NULL)
		return -ENOMEM;
	*fake = (struct fake_meter) { { read_fake, free_fake, NULL },
		tallies_claim(tallies, name, ZONE_PACKAGE), (uint64_t)(config->fake_watts * 1000 + 0.5) };
	if (fake->tally == NULL) {
		free(fake);
		return -ENOSPC;
	}
	*ret_meter = &fake->meter;
	return 0;
}
