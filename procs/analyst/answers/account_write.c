/* What the answers about many workloads share. */
#include "analyst/workloads/account.h"

#include <stdio.h>
#include <string.h>

#define REACH_MAX 1056 /* of a namespace or a list of them */

void write_consumer(
	struct json_writer *w, const struct account *account, const struct inventory_row *row, size_t rank)
{
	json_open_object(w, NULL);
	json_write_integer(w, "rank", (int64_t)rank);
	json_write_text(w, "workload", row->name);
	json_write_text(w, "namespace", row->namespace);
	json_write_text(w, "kind", row->kind);
	if (row->is_usable && row->has_watts) {
		json_write_number(w, "power_watts", row->watts);
		if (account->is_whole && account->node_watts > 0)
			json_write_number(w, "share_of_node_percent", 100 * row->watts / account->node_watts);
	}
	json_write_text(w, "status", status_name(row->status));
	if (row->is_usable)
		json_write_number(w, "emissions_kg_month", row->kg_month);
	json_write_text(w, "confidence", row->is_clear ? "clear" : "borderline");
}

double account_rest_watts(const struct account *account, double listed_watts)
{
	double all_watts = account->node_watts - account->idle_watts;

	if (!account->is_whole)
		all_watts = inventory_total(&account->inventory).watts;
	double rest = all_watts - listed_watts;

	/* less is the last bit of a difference, not power */
	return rest > account->node_watts * 1e-9 ? rest : 0;
}

bool account_is_complete(const struct account *account, const struct inventory_totals *totals)
{
	return totals->usable == account->inventory.count && !account->inventory.is_cut;
}

void write_compliance_summary(struct json_writer *w, const struct inventory_totals *totals)
{
	static const enum status told[] = { STATUS_NON_COMPLIANT, STATUS_UNKNOWN, STATUS_COMPLIANT };

	json_open_object(w, "compliance_summary");
	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++)
		json_write_integer(w, status_name(told[i]), (int64_t)totals->by_status[told[i]]);
	json_close_object(w);
}

void write_scope(struct json_writer *w, const struct question *question)
{
	char text[REACH_MAX];

	if (question_reach(question)[0] == '\0') {
		json_write_text(w, "namespace", NAMESPACE_ALL);
		return;
	}
	snprintf(text, sizeof(text), "%s", question_reach(question));
	for (char *at = text; (at = strchr(at, '\n')) != NULL;)
		*at = at[1] != '\0' ? ',' : '\0';
	json_write_text(w, "namespace", text);
}
