/* identify_power_hotspots */
#include <errno.h>

#include "analyst/workloads/account.h"
#include "analyst/answers/answer.h"
#include "analyst/improvement/improvement.h"
#include "analyst/answers/recommend.h"

#define THRESHOLD_DEFAULT_W 1.0
#define OPTIMIZATIONS_MAX   2
#define IMPROVED_MAX        20 /* each is a question of its own to the ledger */

struct hotspots {
	struct account account;
	struct inventory_view view; /* all of them */
	double threshold_watts, watts, saving_kg_month;
};

static void sum_up(struct question *question, struct hotspots *h)
{
	for (size_t i = 0; i < h->view.count; i++) {
		const struct inventory_row *row = h->view.items[i].row;
		h->watts += row->watts;
		h->saving_kg_month += improvement_pue_kg_month(question, row->pue_status, row->kg_month);
		question->reasons.is_set[REASON_OWNER_INFERRED] |= inventory_is_inferred(row);
	}
}

/* Of that very row: its name with its kind. */
static int write_row_optimizations(struct json_writer *w, const struct question *question,
	const struct inventory_row *row, struct hotspots *h)
{
	struct question own = *question;
	struct optimizations found = { 0 };
	struct assessment assessment;
	struct error_object error;
	int r;

	own.workload_name = row->name;
	own.workload_kind = row->kind;
	own.namespace = row->namespace;
	r = assessment_gather(&own, &assessment, &error);
	if (r == 0)
		r = write_optimizations(w, &own, &assessment, OPTIMIZATIONS_MAX, &found);
	else if (r == -EINVAL) {
		json_open_array(w, "optimizations");
		json_close_array(w);
	}
	assessment_done(&assessment);
	/* what was counted of the PUE alone is a part of all of them */
	if (found.types != 0)
		h->saving_kg_month += assessment.verdict.kg_month * (1 - found.left) -
				      improvement_pue_kg_month(question, row->pue_status, row->kg_month);
	return r == -EINVAL ? 0 : r;
}

static int write_hotspots(struct json_writer *w, const struct question *question, struct hotspots *h)
{
	size_t limit = h->view.count < (size_t)question->limit ? h->view.count : (size_t)question->limit;
	int r = 0;

	inventory_view_page(&h->view, 0, limit);
	json_open_array(w, "hotspots");
	for (size_t i = 0; i < limit && r == 0; i++) {
		const struct inventory_row *row = h->view.items[i].row;
		write_consumer(w, &h->account, row, i + 1);
		if (i < IMPROVED_MAX)
			r = write_row_optimizations(w, question, row, h);
		json_close_object(w);
	}
	json_close_array(w);
	return r;
}

static int write_answer(struct json_writer *w, const struct question *question, struct hotspots *h)
{
	char text[RECOMMENDATION_MAX];
	int r;

	write_scope(w, question);
	json_write_number(w, "threshold_watts", h->threshold_watts);
	json_write_integer(w, "total_hotspots", (int64_t)h->view.count);
	r = write_hotspots(w, question, h);
	if (h->account.has_watts) {
		json_write_number(w, "total_power_watts", h->watts);
		json_write_number(w, "potential_reduction_kg_month", h->saving_kg_month);
	}
	if (h->account.inventory.count == 0)
		recommend_nothing(question, text);
	else
		recommend_hotspots(
			question, h->view.count, h->threshold_watts, h->watts, h->saving_kg_month, text);
	json_write_text(w, "recommendation", text);
	write_reasons(w, &question->reasons);
	write_timestamp(w, question);
	write_provenance(w, question, h->account.verdict.coverage, h->account.verdict.observed_ns);
	return r;
}

int hotspot_answer(struct question *question, struct json_writer *writer, struct error_object *error)
{
	struct hotspots h = { .threshold_watts = question_number(
				      question, "power_threshold_watts", THRESHOLD_DEFAULT_W) };
	struct inventory_filter filter = {
		.status = -1, .is_live = true, .needs_usable = true, .least_watts = h.threshold_watts
	};
	int r = account_gather(question, ROWS_BY_OWNER, &h.account);

	(void)error;
	if (r == 0)
		r = inventory_view_new(&h.account.inventory, &filter, ORDER_POWER, &h.view);
	if (r == 0) {
		sum_up(question, &h);
		r = write_answer(writer, question, &h);
	}
	inventory_view_done(&h.view);
	account_done(&h.account);
	return r;
}
