/*
 * Where power is read from: Kepler endpoints, or one store. A round asks all of them at once, applies what they answer
 * to the tally, and tells the analyst once, when the last has answered or run out of time.
 */
#pragma once

#include "base/loop.h"
#include "fetcher/credentials.h"
#include "fetcher/power/power.h"

#define SOURCE_SAMPLES_MAX 1000000

struct source_set;

/* Looks the names up and opens what is needed, before the sandbox. 0 or -errno, after saying why. */
int source_set_new(const struct config *config, struct loop *loop, struct power *power, struct stats *stats,
	struct source_set **ret_set);
void source_set_free(struct source_set *set);
/* The first round begins now. */
int source_set_begin(struct source_set *set);
size_t source_set_ports(const struct source_set *set, uint16_t *ports, size_t room);
/* A server's name may mean another address by now. */
bool source_set_is_lost(const struct source_set *set, uint64_t mono_ns);
/* For people: "2 Kepler endpoints". */
void source_set_describe(const struct source_set *set, char *text, size_t size);
