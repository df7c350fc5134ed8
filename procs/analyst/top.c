/* list_top_power_consumers */
#include "analyst/account.h"
#include "analyst/answer.h"

static void write_list(struct json_writer *w, const struct question *question, const struct account *account,
	struct inventory_view *view)
{
	size_t limit = view->count < (size_t)question->limit ? view->count : (size_t)question->limit;
	double listed_watts = 0, other_watts, node_watts;

	inventory_view_page(view, 0, limit);
	write_scope(w, question);
	json_write_text(w, "sort_by", question->by_emissions ? "emissions" : "power");
	json_open_array(w, "consumers");
	for (size_t i = 0; i < limit; i++) {
		const struct inventory_row *row = view->items[i].row;
		listed_watts += row->is_usable ? row->watts : 0;
		write_consumer(w, account, row, i + 1);
		json_close_object(w);
	}
	json_close_array(w);
	if (!account->has_watts)
		return;
	other_watts = account_rest_watts(account, listed_watts, &node_watts);
	json_write_number(w, "other_power_watts", other_watts);
	json_write_number(w, "idle_power_watts", account->idle_watts);
	json_write_number(w, "node_power_watts", node_watts);
}

int top_answer(struct question *question, struct json_writer *writer, struct error_object *error)
{
	struct account account;
	struct inventory_view view = { 0 };
	/* by emissions, those that ended in the window are there too */
	const struct inventory_filter filter = { .status = -1, .is_live = !question->by_emissions };
	int r = account_gather(question, false, &account);

	(void)error;
	if (r == 0)
		r = inventory_view_new(&account.inventory, &filter,
			question->by_emissions ? ORDER_EMISSIONS : ORDER_POWER, &view);
	if (r == 0) {
		write_list(writer, question, &account, &view);
		write_reasons(writer, &question->reasons);
		write_timestamp(writer, question);
		write_provenance(writer, question, account.verdict.coverage, account.verdict.observed_ns);
	}
	inventory_view_done(&view);
	account_done(&account);
	return r;
}
