/* list_top_power_consumers */
#include "analyst/workloads/account.h"
#include "analyst/answers/answer.h"
#include "analyst/answers/recommend.h"

static int write_list(struct json_writer *w, const struct question *question, struct account *account,
	struct inventory_view *view)
{
	size_t limit = view->count < (size_t)question->limit ? view->count : (size_t)question->limit;
	double listed_watts = 0;
	int r = 0;

	inventory_view_page(view, 0, limit);
	write_scope(w, question);
	json_write_text(w, "sort_by", question->by_emissions ? "emissions" : "power");
	json_open_array(w, "consumers");
	for (size_t i = 0; i < limit && r == 0; i++) {
		const struct inventory_row *row = view->items[i].row;
		if (!question->by_emissions)
			r = account_judge(question, account, row);
		listed_watts += row->is_usable ? row->watts : 0;
		write_consumer(w, account, row, i + 1);
		json_close_object(w);
	}
	json_close_array(w);
	if (!account->has_watts)
		return r;
	json_write_number(w, "other_power_watts", account_rest_watts(account, listed_watts));
	if (!account->is_whole)
		return r;
	json_write_number(w, "idle_power_watts", account->idle_watts);
	json_write_number(w, "node_power_watts", account->node_watts);
	return r;
}

int top_answer(struct question *question, struct json_writer *writer, struct error_object *error)
{
	bool is_by_power = !question->by_emissions;
	struct account account;
	struct inventory_view view = { 0 };
	/* by emissions, those that ended in the window are there too */
	const struct inventory_filter filter = { .status = -1, .is_live = is_by_power };
	int r = account_gather(question, is_by_power ? ROWS_OF_MINUTE : ROWS_BY_POD, &account);

	(void)error;
	if (r == 0)
		r = inventory_view_new(
			&account.inventory, &filter, is_by_power ? ORDER_POWER : ORDER_EMISSIONS, &view);
	if (r == 0)
		r = write_list(writer, question, &account, &view);
	if (r == 0 && view.count == 0) {
		char text[RECOMMENDATION_MAX];
		recommend_nothing(question, text);
		json_write_text(writer, "recommendation", text);
	}
	if (r == 0) {
		write_reasons(writer, &question->reasons);
		write_timestamp(writer, question);
		write_provenance(writer, question, account.verdict.coverage, account.verdict.observed_ns);
	}
	inventory_view_done(&view);
	account_done(&account);
	return r;
}
