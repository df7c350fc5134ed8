/*
 * A quantity over time, constant piece by piece: grid intensity [g/kWh] or an electricity price [KRW/kWh]. Integrals are
 * exact and cost O(log n), so that a search over start times can ask for thousands of them. Pure; one owner.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIGNAL_PIECES_MAX           8192
#define SIGNAL_INTERPOLATED_LONGEST 3600 /* s: longer holes stay holes */

enum signal_state { SIGNAL_KNOWN, SIGNAL_INTERPOLATED, SIGNAL_MISSING };

struct signal_piece {
	int64_t start; /* s since 1970; ends where the next one starts */
	double value;  /* meaningless where missing */
	enum signal_state state;
	/* from the signal's start to the piece's */
	double integral;           /* value x seconds */
	int64_t missing, invented; /* seconds without a value, seconds interpolated */
};

struct signal {
	struct signal_piece *pieces;
	size_t count, room;
	int64_t end;
};

/* A zeroed struct is an empty signal. */
void signal_done(struct signal *signal);
/* Appends [start, end); start must be the signal's end, or the signal empty. 0, -E2BIG, -EINVAL or -ENOMEM. */
int signal_append(struct signal *signal, int64_t start, int64_t end, double value, enum signal_state state);
/* Fills holes of at most `longest` seconds between two known pieces with the mean of their values. */
void signal_interpolate(struct signal *signal, int64_t longest);
/* Sums up after the last change; before that no integral may be asked. */
void signal_seal(struct signal *signal);

/* Over [from, to), which must lie within the signal. */
double signal_mean(const struct signal *signal, int64_t from, int64_t to);
int64_t signal_missing(const struct signal *signal, int64_t from, int64_t to);
/* Are there values on both sides of a time within [from, to) that has none? */
bool signal_is_torn(const struct signal *signal, int64_t from, int64_t to);
int64_t signal_invented(const struct signal *signal, int64_t from, int64_t to);
