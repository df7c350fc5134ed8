/*
 * A ledger of a day in which many workloads came and went, written by the ledger's own code: bench_fleet FOLDER WORKLOADS
 * NAMESPACES SLOTS. Each lives SLOTS slots of five minutes; four of one owner follow each other; closed hours are sealed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "analyst/ledger/ledger.h"
#include "base/clock.h"

#define DAY_SLOTS  INT64_C(288)
#define PER_OWNER  4
#define FAKE_EVERY 10 /* owner: his is UNKNOWN */
#define UJ_LEAST   UINT64_C(30000000)

static void require(bool is_true, const char *what)
{
	if (is_true)
		return;
	fprintf(stderr, "bench_fleet: %s\n", what);
	exit(EXIT_FAILURE);
}

static void name(struct ledger *ledger, int64_t workload, int64_t namespaces)
{
	struct ledger_identity identity = { .kind = WORKLOAD_POD };
	int64_t owner = (workload - 1) / PER_OWNER;
	char name_of_owner[32];

	snprintf(identity.namespace, sizeof(identity.namespace), "namespace-%lld",
		(long long)(owner % namespaces));
	snprintf(name_of_owner, sizeof(name_of_owner), "job-%07lld", (long long)owner);
	snprintf(identity.name, sizeof(identity.name), "%s-%05llx", name_of_owner,
		(unsigned long long)(workload * INT64_C(48271) % 1048573));
	ledger_put_workload(ledger, workload, &identity);
	ledger_put_alias(ledger, workload, ALIAS_OWNER, name_of_owner, "Job");
	ledger_put_alias(ledger, workload, ALIAS_POD, identity.name, "");
}

static uint64_t use(struct ledger *ledger, int64_t workload, int64_t start)
{
	struct ledger_slot slot = { .start = start,
		.state = (workload - 1) / PER_OWNER % FAKE_EVERY == 0 ? POWER_FAKE : POWER_MEASURED,
		.present_ns = LEDGER_SLOT_SECONDS * NS_PER_SECOND };

	slot.energy.active[ZONE_PACKAGE] = UJ_LEAST + (uint64_t)workload * 7919 % 100003 * 1000;
	ledger_add_workload(ledger, workload, &slot);
	return slot.energy.active[ZONE_PACKAGE];
}

static void tell(void *context, int64_t hour, struct terms *ret_terms)
{
	(void)context, (void)hour;
	*ret_terms = (struct terms) { .intensity_mg = 423000, .pue_ppm = 1400000 };
}

static void settle(struct ledger *ledger, struct ledger_state *state, int64_t now)
{
	int r = 1;

	state->closed_until = now / LEDGER_HOUR_SECONDS * LEDGER_HOUR_SECONDS;
	state->last_real_ns = (uint64_t)now * NS_PER_SECOND;
	require(ledger_commit(ledger, state) == 0, ledger_message(ledger));
	while (r > 0)
		r = ledger_seal(ledger, state->closed_until, now, tell, NULL);
	require(r == 0, ledger_message(ledger));
}

/* Who is born in the slot lives in it and the next ones. */
static void fill(struct ledger *ledger, int64_t workloads, int64_t namespaces, int64_t lives)
{
	int64_t end = (int64_t)time(NULL) / LEDGER_SLOT_SECONDS * LEDGER_SLOT_SECONDS,
		births = DAY_SLOTS - lives + 1;
	struct ledger_state state = { .energy_epoch = 1, .first_boot_ns = 1, .committed_seq = 1 };

	for (int64_t slot = 0; slot < DAY_SLOTS; slot++) {
		struct ledger_slot node = { .start = end - (DAY_SLOTS - slot) * LEDGER_SLOT_SECONDS,
			.state = POWER_MEASURED,
			.present_ns = LEDGER_SLOT_SECONDS * NS_PER_SECOND };
		int64_t oldest = slot >= lives ? slot - lives + 1 : 0,
			youngest = slot < births ? slot : births - 1;
		for (int64_t workload = workloads * oldest / births;
			workload < workloads * (youngest + 1) / births; workload++) {
			if (workload >= workloads * slot / births)
				name(ledger, workload + 1, namespaces);
			node.energy.active[ZONE_PACKAGE] += use(ledger, workload + 1, node.start);
		}
		ledger_add_node(ledger, &node);
		settle(ledger, &state, node.start + LEDGER_SLOT_SECONDS);
	}
}

int main(int argc, char **argv)
{
	struct ledger *ledger;
	bool is_aside;

	require(argc == 5, "usage: bench_fleet FOLDER WORKLOADS NAMESPACES SLOTS");
	require(ledger_open(&ledger, argv[1], &is_aside) == 0, "cannot open the ledger");
	fill(ledger, atoll(argv[2]), atoll(argv[3]), atoll(argv[4]));
	ledger_close(ledger);
	return EXIT_SUCCESS;
}
