/* The workload that improvements are computed for: `train`, which runs for hours and wastes what can be told. */
#pragma once

#include "tests/unit/analyst/world.h"

#define KST_10 3600 /* after the fixture's 09:00 */

/* A job pod of `cores` requested that used `used` cores of 16 for `hours`, `dynamic` W and `idle` W of the node's idle. */
struct job {
	const char *owner_kind;
	double requested, used, dynamic, idle;
	bool is_vm;
	const char *runtime; /* of a container of no pod */
};

static inline void run_job(struct world *w, const struct job *job, double hours)
{
	const struct workload_row name = { .op = TOPOLOGY_ADD,
		.id = 10,
		.kind = job->is_vm             ? WORKLOAD_VM
			: job->runtime != NULL ? WORKLOAD_CONTAINER
					       : WORKLOAD_POD,
		.namespace = text_of(job->runtime != NULL ? job->runtime : "ai-team"),
		.workload = text_of("train-x7k2p"),
		.pod = text_of(job->runtime != NULL ? "" : "train-x7k2p"),
		.owner_kind = text_of(job->owner_kind),
		.owner = text_of(job->owner_kind[0] != '\0' ? "train" : ""),
		.container = text_of("main"),
		.cpu_request_millicores = (uint64_t)(job->requested * 1000) };
	uint64_t steps = (uint64_t)(hours * 360), before = w->f.once.counted_ns / (10 * NS_PER_SECOND);

	w->f.once.cpus = 16;
	fixture_name_row(&w->f, &name);
	for (uint64_t i = before; i <= before + steps; i++) {
		struct power_row row = { .id = 10, .cpu_ns = (uint64_t)((double)i * job->used * 1e10) };
		row.active_uj.by[ZONE_PACKAGE] = i * (uint64_t)(job->dynamic * 1e7);
		row.idle_uj.by[ZONE_PACKAGE] = i * (uint64_t)(job->idle * 1e7);
		w->f.once.total_uj.by[ZONE_PACKAGE] = i * (uint64_t)((job->dynamic + job->idle + 10) * 1e7);
		w->f.once.idle_uj.by[ZONE_PACKAGE] = i * 100000000;
		assert_int_equal(fixture_send(&w->f, &row, 1), 0);
		if (i < before + steps)
			fixture_pass(&w->f, 10);
	}
	assert_int_equal(book_commit(&w->f.book), 0);
	w->knowledge.now_real_ns = w->f.once.real_ns;
	w->knowledge.age_ns = 0;
}

static inline int compare(struct world *w, const char *arguments)
{
	return ask(w, "compare_optimization_impact", arguments);
}

static inline struct json_object *step(struct world *w, const char *type)
{
	struct json_object *steps = member(w, "steps"), *name;

	for (size_t i = 0; i < json_object_array_length(steps); i++) {
		struct json_object *one = json_object_array_get_idx(steps, i);
		json_object_object_get_ex(one, "type", &name);
		if (strcmp(json_object_get_string(name), type) == 0)
			return one;
	}
	fail_msg("no step %s in %s", type, w->answer.body);
	return NULL;
}

static inline const char *text_in(struct json_object *object, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(object, key, &value) ? json_object_get_string(value) : "";
}

static inline double number_in(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(object, key, &value))
		fail_msg("no %s in %s", key, json_object_to_json_string(object));
	return json_object_get_double(value);
}

static inline void near(double value, double expected)
{
	if (fabs(value - expected) > 1e-8 * fabs(expected) + 1e-9)
		fail_msg("%.12g is not %.12g", value, expected);
}

/* 10:00-14:00, night 10 % cleaner, 8 cores requested and 5.2 used, 60 % of the watts a share of idle. */
static inline void begin_days_later(struct world *w, const char *owner_kind, unsigned days)
{
	const struct job job = {
		.owner_kind = owner_kind, .requested = 8, .used = 5.2, .dynamic = 23, .idle = 34.5
	};

	make(w);
	w->config.pue = 1.4;
	strcpy(w->config.share_idle, "request");
	use_grid(w, "00:00,510\n02:00,459\n06:00,510\n");
	fixture_pass(&w->f, KST_10 + days * 86400);
	w->f.once.counted_ns = 0;
	w->f.once.first_boot_ns = w->f.once.boot_ns;
	run_job(w, &job, 4);
}

static inline void begin(struct world *w, const char *owner_kind)
{
	begin_days_later(w, owner_kind, 0);
}
