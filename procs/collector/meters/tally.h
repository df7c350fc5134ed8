/*
 * What is remembered of each counter a meter reads (one RAPL domain, one power sensor, one GPU): where it stood last and
 * how much energy it has shown since the epoch's birth. A counter is found again by its name, never by its place in a
 * list, so that a machine whose counters changed over a restart mixes no baselines. Kept in a memfd that the supervisor
 * holds; single-threaded; no logging.
 *
 * The rule of every function here: energy that cannot be known is not invented. -ERANGE says that a reading could not be
 * connected with the one before it; the counter goes on from the new reading, and what lay between is not counted.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "ipc/vocabulary.h"

#define TALLY_KEY_MAX 96
#define TALLIES_MAX   128

/* µJ of one count: mantissa / 2^shift. Exact for RAPL's 2^-32 J, within 2^-53 for any other. shift < 128. */
struct tally_unit {
	uint64_t mantissa;
	uint32_t shift;
};
#define TALLY_MICROJOULE ((struct tally_unit) { 1, 0 })
#define TALLY_MILLIJOULE ((struct tally_unit) { 1000, 0 })

struct tally {
	char key[TALLY_KEY_MAX];   /* "powercap/package-0/dram"; "" = free */
	uint32_t zone;             /* enum zone */
	uint32_t is_known;         /* there is a reading to build on */
	uint64_t last;             /* the counter, or µW of a sensor */
	uint64_t counts;           /* grown since the epoch's birth */
	uint64_t uj;               /* the same in µJ: what is published */
	uint64_t rest_fj;          /* of a sensor: below one µJ */
	uint64_t mono_ns, boot_ns; /* of the last reading */
	uint64_t failures;         /* readings that did not come */
	uint64_t breaks;           /* readings that could not be connected (-ERANGE) */
	/* of this process only, cleared when it takes over */
	int32_t outcome;           /* of the last reading: 0 or -errno; set by the meter */
	uint32_t owner;            /* 1 + index of the meter that reads it; 0 = nobody now */
	uint64_t failing_since_ns; /* CLOCK_MONOTONIC, 0 = it does not fail */
};

struct tallies {
	struct tally *all; /* TALLIES_MAX of them, mapped */
	int fd;
	uint32_t owner;   /* who claims now */
	uint32_t taken;   /* bit z: an earlier meter of the list has zone z */
	uint64_t dropped; /* counters that found no room */
};

/* Takes the memfd from the supervisor, or makes one and stores it. A new epoch starts with nothing. 0 or -errno. */
int tallies_open(struct tallies *tallies, bool is_new_epoch);
void tallies_close(struct tallies *tallies);
/* The tally of that name for the meter that claims now, found or made. NULL: another meter has the zone, or no room. */
struct tally *tallies_claim(struct tallies *tallies, const char *key, enum zone zone);

/* A cumulative counter. `range` = value at which it wraps to 0, or 0 when it never does. 0, or -ERANGE when the step is
 * more than the zone can plausibly use (a reset, garbage), when it stepped back without a wrap or over a suspend, or
 * when so much time passed that it may have wrapped more than once. The first reading is the baseline. */
int tally_count(
	struct tally *tally, uint64_t value, uint64_t range, struct tally_unit unit, struct instant now);

/* A power sensor, integrated over CLOCK_MONOTONIC (in suspend nobody reads it). A sensor that averages tells of the time
 * before the reading; one that samples is joined by straight lines. -ERANGE: implausible, or read too long ago. */
int tally_power(struct tally *tally, uint64_t microwatts, bool is_average, struct instant now);

/* The next reading is a baseline again. */
void tally_forget(struct tally *tally);
