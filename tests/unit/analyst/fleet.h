/* Pods of one node whose joules are told step by step, and what is read of the answers about all of them. */
#pragma once

#include "tests/unit/analyst/world.h"

#include "analyst/workloads/shelf.h"

#define FLEET_MAX 64

struct fleet {
	struct world w;
	struct shelf shelf;
	size_t count;
	uint64_t energy_uj[FLEET_MAX], idle_uj;
};

static inline void begin(struct fleet *fleet)
{
	fleet->shelf = (struct shelf) { 0 };
	fleet->count = 0;
	fleet->idle_uj = 0;
	memset(fleet->energy_uj, 0, sizeof(fleet->energy_uj));
	make(&fleet->w);
	fleet->w.knowledge.shelf = &fleet->shelf;
}

static inline void end(struct fleet *fleet)
{
	shelf_done(&fleet->shelf);
	destroy(&fleet->w);
}

static inline void announce(
	struct fleet *fleet, uint64_t id, const char *namespace, const char *name, const char *owner)
{
	const struct workload_row pod = { .op = TOPOLOGY_ADD,
		.id = id,
		.kind = WORKLOAD_POD,
		.namespace = text_of(namespace),
		.workload = text_of(name),
		.pod = text_of(name),
		.owner_kind = text_of(owner != NULL ? "Deployment" : ""),
		.owner = text_of(owner != NULL ? owner : "") };

	fixture_name_row(&fleet->w.f, &pod);
}

static inline void add_pod(struct fleet *fleet, const char *namespace, const char *name, const char *owner)
{
	announce(fleet, 100 + fleet->count++, namespace, name, owner);
}

/* Ten seconds in which pod i uses joules[i]. */
static inline void step(struct fleet *fleet, const uint64_t *joules, uint64_t idle_joules)
{
	struct power_row rows[FLEET_MAX];
	uint64_t total_uj = 0;

	fleet->idle_uj += idle_joules * 1000000;
	for (size_t i = 0; i < fleet->count; i++) {
		fleet->energy_uj[i] += joules[i] * 1000000;
		total_uj += fleet->energy_uj[i];
		rows[i] = (struct power_row) { .id = 100 + i,
			.active_uj.by[ZONE_PACKAGE] = fleet->energy_uj[i] };
	}
	fleet->w.f.once.total_uj.by[ZONE_PACKAGE] = total_uj + fleet->idle_uj;
	fleet->w.f.once.idle_uj.by[ZONE_PACKAGE] = fleet->idle_uj;
	fixture_pass(&fleet->w.f, 10);
	assert_int_equal(fixture_send(&fleet->w.f, rows, fleet->count), 0);
	assert_int_equal(book_commit(&fleet->w.f.book), 0);
	fleet->w.knowledge.now_real_ns = fleet->w.f.once.real_ns;
}

/* Pods of 1 W, 2 W, … in namespaces a, b, c for two minutes. */
static inline void run_fleet(struct fleet *fleet, size_t count)
{
	uint64_t joules[FLEET_MAX];

	for (size_t i = 0; i < count; i++) {
		char name[32];
		snprintf(name, sizeof(name), "pod-%zu", i);
		add_pod(fleet, i % 3 == 0 ? "a" : i % 3 == 1 ? "b" : "c", name, NULL);
		joules[i] = 10 * (i + 1);
	}
	for (int i = 0; i < 12; i++)
		step(fleet, joules, 50);
}

static inline int list(struct fleet *fleet, const char *arguments)
{
	return ask(&fleet->w, "list_workloads_by_compliance", arguments);
}

static inline struct json_object *at(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(object, key, &value))
		fail_msg("no %s in %s", key, json_object_to_json_string(object));
	return value;
}

static inline struct json_object *row(struct fleet *fleet, const char *key, size_t index)
{
	struct json_object *rows = member(&fleet->w, key);

	assert_true(index < json_object_array_length(rows));
	return json_object_array_get_idx(rows, index);
}

static inline void expect_in(struct json_object *object, const char *key, const char *expected)
{
	assert_string_equal(json_object_get_string(at(object, key)), expected);
}

static inline double number_in(struct json_object *object, const char *key)
{
	return json_object_get_double(at(object, key));
}

static inline void expect_near(double value, double expected)
{
	if (fabs(value - expected) > 1e-8 * fabs(expected) + 1e-9)
		fail_msg("%.12g is not %.12g", value, expected);
}

static inline double sum_of(struct fleet *fleet, const char *list_key, const char *key)
{
	struct json_object *rows = member(&fleet->w, list_key), *value;
	double sum = 0;

	for (size_t i = 0; i < json_object_array_length(rows); i++)
		if (json_object_object_get_ex(json_object_array_get_idx(rows, i), key, &value))
			sum += json_object_get_double(value);
	return sum;
}
