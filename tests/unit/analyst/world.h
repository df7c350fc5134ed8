/* A ledger, data and config made by hand, and questions to them: what the tests of whole answers share. */
#pragma once

#include "tests/unit/analyst/book_fixture.h"

#include <math.h>

#include "analyst/grid/tariff.h"
#include "analyst/answers/answer.h"

#define WATTS_CPU    45.2
#define WATTS_MEMORY 12.3

struct world {
	struct fixture f;
	struct config config;
	struct data *data;
	struct grid_file *grid_file;
	struct tariff_kept tariff;
	struct knowledge knowledge;
	struct answer answer;
	struct json_object *json;
	const char *namespaces; /* that who asks may see; NULL = all */
};

static inline void make(struct world *w)
{
	struct data_error error;

	*w = (struct world) { 0 };
	fixture_make(&w->f);
	config_defaults(&w->config);
	assert_int_equal(data_load(TANSO_SOURCE_DIR "/deploy/config/korea", &w->data, &error), 0);
	w->knowledge = (struct knowledge) { .tariff = &w->tariff,
		.config = &w->config,
		.data = w->data,
		.ledger = w->f.ledger,
		.book = &w->f.book };
}

static inline void destroy(struct world *w)
{
	json_object_put(w->json);
	free(w->answer.body);
	grid_file_free(w->grid_file);
	data_free(w->data);
	fixture_destroy(&w->f);
}

static inline void use_grid(struct world *w, const char *text)
{
	struct grid_error error;

	assert_int_equal(grid_file_parse("/etc/grid.csv", text, strlen(text), &w->grid_file, &error), 0);
	w->knowledge.grid_file = w->grid_file;
}

/* Two workloads and idle, every 10 s for `hours`: the training job as the user's example has it. */
static inline void run_hours(struct world *w, double hours)
{
	const struct workload_row job = { .op = TOPOLOGY_ADD,
		.id = 10,
		.kind = WORKLOAD_POD,
		.namespace = text_of("ai-team"),
		.workload = text_of("ml-training-job"),
		.pod = text_of("ml-training-job") };
	uint64_t steps = (uint64_t)(hours * 360), before = w->f.once.counted_ns / (10 * NS_PER_SECOND);

	fixture_name_row(&w->f, &job);
	fixture_name(&w->f, 11, WORKLOAD_UNIT, "system.slice", "sleepy.service");
	for (uint64_t i = before + 1; i <= before + steps; i++) {
		struct power_row rows[] = { { .id = 10 }, { .id = 11 } };
		rows[0].active_uj.by[ZONE_PACKAGE] = i * 452000000;
		rows[0].active_uj.by[ZONE_DRAM] = i * 123000000;
		w->f.once.total_uj.by[ZONE_PACKAGE] = i * (452000000 + 100000000);
		w->f.once.idle_uj.by[ZONE_PACKAGE] = i * 100000000;
		w->f.once.total_uj.by[ZONE_DRAM] = i * 123000000;
		fixture_pass(&w->f, 10);
		assert_int_equal(fixture_send(&w->f, rows, 2), 0);
	}
	assert_int_equal(book_commit(&w->f.book), 0);
	w->knowledge.now_real_ns = w->f.once.real_ns;
	w->knowledge.age_ns = 0;
}

static inline int ask(struct world *w, const char *tool, const char *arguments)
{
	size_t offset;

	json_object_put(w->json);
	free(w->answer.body);
	answer_question(&w->knowledge, tool, strlen(tool), arguments, strlen(arguments),
		w->namespaces != NULL ? w->namespaces : "", "en", &w->answer);
	assert_non_null(w->answer.body);
	w->json = json_parse_strict(w->answer.body, w->answer.size, &offset);
	assert_non_null(w->json);
	return w->answer.status;
}

static inline int assess(struct world *w, const char *arguments)
{
	return ask(w, "assess_workload_compliance", arguments);
}

static inline struct json_object *member(struct world *w, const char *key)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(w->json, key, &value))
		fail_msg("no %s in %s", key, w->answer.body);
	return value;
}

static inline void expect_number(struct world *w, const char *key, double expected)
{
	double value = json_object_get_double(member(w, key));

	if (fabs(value - expected) > 1e-8 * fabs(expected) + 1e-12)
		fail_msg("%s is %.12g, not %.12g", key, value, expected);
}

static inline void expect_text(struct world *w, const char *key, const char *expected)
{
	assert_string_equal(json_object_get_string(member(w, key)), expected);
}

static inline void expect_reason(struct world *w, const char *code, bool is_there)
{
	struct json_object *codes = member(w, "reason_codes");
	bool is_found = false;

	for (size_t i = 0; i < json_object_array_length(codes); i++)
		is_found = is_found ||
			   strcmp(json_object_get_string(json_object_array_get_idx(codes, i)), code) == 0;
	if (is_found != is_there)
		fail_msg("%s is %s in %s", code, is_there ? "missing" : "there", w->answer.body);
}

static inline void expect_absent(struct world *w, const char *key)
{
	if (json_object_object_get_ex(w->json, key, NULL))
		fail_msg("%s is there", key);
}

static inline void expect_error(struct world *w, const char *code)
{
	struct json_object *error = member(w, "error"), *value = NULL;

	assert_true(json_object_object_get_ex(error, "code", &value));
	assert_string_equal(json_object_get_string(value), code);
}

/* The answer has every field that its tool promises, and no other. */
static inline void promised_fields(struct world *w, const char *name)
{
	const struct tool *tool = tool_find(name, strlen(name));

	for (size_t i = 0; i < tool->result_count; i++)
		if (tool->results[i].always)
			member(w, tool->results[i].name);
	json_object_object_foreach(w->json, key, value)
	{
		bool is_promised = false;
		(void)value;
		for (size_t i = 0; i < tool->result_count; i++)
			is_promised = is_promised || strcmp(tool->results[i].name, key) == 0;
		if (!is_promised)
			fail_msg("%s is not in tools.def", key);
	}
}
