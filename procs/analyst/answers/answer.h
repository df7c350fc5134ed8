/* What the answers of all tools share. */
#pragma once

#include "analyst/carbon/verdict.h"
#include "base/prose_name.h"
#include "ipc/json_write.h"

/* The answer to one question. status: HTTP; body malloc'ed, owned by the caller. */
struct answer {
	int status;
	char *body;
	size_t size;
};

/* namespaces: question.h. Checks the arguments, asks the tool, writes the answer or the error object. Never fails: at worst INTERNAL with an
 * empty body (out of memory). */
void answer_question(const struct knowledge *knowledge, const char *tool, size_t tool_size,
	const char *arguments, size_t arguments_size, const char *namespaces, const char *lang,
	struct answer *ret_answer);

/* One tool. 0 with the writer holding the answer, or -EINVAL with `error` filled, or another -errno (INTERNAL). */
typedef int answer_tool_fn(struct question *question, struct json_writer *writer, struct error_object *error);
answer_tool_fn assess_answer;
answer_tool_fn top_answer;
answer_tool_fn schedule_answer;
answer_tool_fn compare_answer;
answer_tool_fn region_answer;
answer_tool_fn list_answer;
answer_tool_fn hotspot_answer;
answer_tool_fn summary_answer;
answer_tool_fn history_answer; /* the views */
answer_tool_fn profile_answer;
answer_tool_fn catalogue_answer;
answer_tool_fn names_answer;
answer_tool_fn standard_answer;
answer_tool_fn intensity_answer;
answer_tool_fn metrics_answer;
answer_tool_fn grid_answer;

/* Compared with where none is named. */
#define REGIONS_USUAL 3
extern const char *const regions_usual[REGIONS_USUAL];

/* The JSON members of the same name. */
void write_reasons(struct json_writer *writer, const struct reasons *reasons);
/* How CPU time came to the watts: ebpf or procfs, or the outside source they come from. */
const char *collection_method(const struct knowledge *knowledge);
/* An RFC 3339 time with the offset of Korea. */
void write_time(struct json_writer *writer, const char *key, int64_t seconds);
void write_timestamp(struct json_writer *writer, const struct question *question);
/* Energy charge, mean of a week [KRW/kWh]; < 0 where prices are not known: abroad. */
double cost_krw_per_kwh(const struct question *question, const char *tariff);
/* estimated_cost_krw_month of that much IT energy, with PUE, and cost_basis. */
void write_cost(struct json_writer *writer, struct question *question, double it_kwh_month);
/* cost_basis alone; usd NULL = no dollars are shown. */
void write_cost_basis(
	struct json_writer *writer, struct question *question, const char *tariff, const struct price *usd);
/* The year of a region's published PUE. */
void write_pue_vintage(struct json_writer *writer, const char *key, const struct region *region);
/* coverage 0 … 1 by the grid file, observed_ns of the window. */
void write_provenance(
	struct json_writer *writer, const struct question *question, double coverage, double observed_ns);

/* version and SHA-256 of the data files, as member data. */
void write_data_version(struct json_writer *writer, const struct data *data);
/* provenance of an answer that rests on no power: grid and data alone. */
void write_grid_provenance(struct json_writer *writer, const struct question *question, double coverage);

/* Was any workload of the question's namespace ever booked? If not, the hint says which namespaces there are, for prose. */
bool namespace_is_known(const struct question *question, char *ret_hint, size_t size);
