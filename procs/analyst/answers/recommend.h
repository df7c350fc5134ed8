/* The answer in sentences, English or Korean. Foreign names are quoted where they are not plain. */
#pragma once

#include "analyst/carbon/verdict.h"

#define RECOMMENDATION_MAX 4096

void recommend_workload(const struct question *question, const char *name, const struct verdict *verdict,
	double current_watts, char text[static RECOMMENDATION_MAX]);
/* "기준 초과" or "NON-COMPLIANT" */
const char *status_word(enum status status, bool is_korean);
enum advice { ADVICE_SHIFT, ADVICE_RUN_NOW, ADVICE_NO_BENEFIT, ADVICE_NO_HOURLY_DATA };
struct schedule_words {
	enum advice advice;
	bool is_by_cost, is_over; /* over: that window began before now */
	bool is_past, is_later;   /* the first start asked for lies before now; is not now */
	const char *window;     /* "11-24 11:00-15:00 KST"; without hourly data that of the cheapest hours */
	double cheaper_percent; /* those than the mean start, without hourly data; 0 = not worth telling */
	double percent;         /* less than the mean start */
	double coverage;        /* share of the hours it may run in with grid data, 0 … 1 */
};
void recommend_schedule(const struct question *question, const struct schedule_words *words,
	char text[static RECOMMENDATION_MAX]);
struct region_words {
	const char *current, *best; /* names; best NULL = stay */
	double percent; /* reduction of the grid intensity there, of the marginal one if is_marginal */
	double other_here, other_there; /* g/kWh by the other signal, which may disagree */
	bool is_marginal, does_disagree;
};
void recommend_region(const struct question *question, const struct region_words *words,
	char text[static RECOMMENDATION_MAX]);
/* Of a whole list, before any filter: by_status by enum status, and the totals of the month. */
struct list_summary {
	size_t by_status[STATUS_NOT_ASSESSED];
	double kwh_month, kg_month;
	bool has_amounts, is_complete;
	size_t ended, left_out; /* within the window; before it, and in no count. Told where not 0 */
	bool is_node; /* the totals are the node's with its idle power, else those of the workloads */
};
/* That there is no workload to answer of, and which namespaces there are. */
void recommend_nothing(const struct question *question, char text[static RECOMMENDATION_MAX]);
void recommend_list(const struct question *question, const struct list_summary *summary,
	char text[static RECOMMENDATION_MAX]);
/* count of hotspots over the threshold, how many watts, and what could be saved of them a month. */
void recommend_hotspots(const struct question *question, size_t count, double threshold_watts, double watts,
	double saving_kg_month, char text[static RECOMMENDATION_MAX]);
/* One sentence for the PUE improvement. */
void recommend_pue(const struct question *question, char *text, size_t size);
