/* get_power_consumption_summary */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyst/workloads/account.h"
#include "analyst/answers/answer.h"
#include "analyst/carbon/carbon.h"
#include "analyst/answers/recommend.h"
#include "base/origin.h"

#define NAMESPACES_MAX 20
#define TOP_MAX        3

/* What is asked about: one namespace's workloads, or the whole node with its idle part. */
struct scope {
	double watts, energy_uj, weighted, kwh_month, kg_month;
	bool is_usable;
};

static struct scope scope_of(
	const struct question *question, const struct account *account, const struct inventory_totals *totals)
{
	const struct usage *node = &account->node;

	if (question_reach(question)[0] != '\0')
		return (struct scope) { totals->watts, totals->energy_uj, totals->weighted, totals->kwh_month,
			totals->kg_month, totals->usable > 0 || account->inventory.count == 0 };
	return (struct scope) { account->node_watts - account->idle_watts, node->energy_uj, node->weighted,
		account->verdict.kwh_month, account->verdict.kg_month, account->verdict.is_power_usable };
}

static void write_zones(struct json_writer *w, const struct question *question, const struct account *account)
{
	uint32_t mask = question->knowledge->book->last.zone_mask;

	json_open_object(w, "by_zone_watts");
	json_write_number(w, (mask & 1u << ZONE_PACKAGE) != 0 ? "package" : "psys", account->parts[PART_CPU]);
	if ((mask & 1u << ZONE_DRAM) != 0)
		json_write_number(w, "dram", account->parts[PART_MEMORY]);
	if ((mask & 1u << ZONE_GPU) != 0)
		json_write_number(w, "gpu", account->parts[PART_GPU]);
	json_close_object(w);
}

static void write_watts(struct json_writer *w, const struct question *question, const struct account *account,
	const struct scope *scope)
{
	double active_watts = account->node_watts - account->idle_watts;

	if (!account->has_watts)
		return;
	json_write_number(w, "workload_power_watts", scope->watts);
	if (!account->is_whole)
		return;
	json_write_number(w, "node_power_watts", account->node_watts);
	json_write_number(w, "idle_power_watts", account->idle_watts);
	if (active_watts > 0)
		json_write_number(w, "node_overhead_ratio", account->idle_watts / active_watts);
	write_zones(w, question, account);
}

static void write_amounts(struct json_writer *w, struct question *question, const struct scope *scope)
{
	if (!scope->is_usable)
		return;
	json_write_number(w, "energy_kWh", scope->energy_uj / MICROJOULES_PER_KWH);
	json_write_number(w, "emissions_kg",
		carbon_grams(scope->weighted / MICROJOULES_PER_KWH, question->pue.value, 1) / 1000);
	json_write_number(w, "emissions_kg_month", scope->kg_month);
	write_cost(w, question, scope->kwh_month);
}

struct namespace_sum {
	const char *name;
	size_t count;
	double watts, energy_uj, weighted;
};

static int by_name(const void *left, const void *right)
{
	return strcmp(
		((const struct namespace_sum *)left)->name, ((const struct namespace_sum *)right)->name);
}

static int by_watts(const void *left, const void *right)
{
	const struct namespace_sum *a = left, *b = right;

	if (a->watts < b->watts || a->watts > b->watts)
		return a->watts < b->watts ? 1 : -1;
	if (a->energy_uj < b->energy_uj || a->energy_uj > b->energy_uj)
		return a->energy_uj < b->energy_uj ? 1 : -1;
	return strcmp(a->name, b->name);
}

/* One entry per row, sorted by name, neighbours of one name added up. Returns how many remain. */
static size_t sum_namespaces(const struct inventory *inventory, struct namespace_sum *sums)
{
	size_t count = 0;

	for (size_t i = 0; i < inventory->count; i++) {
		const struct inventory_row *row = &inventory->rows[i];
		double use = row->is_usable;
		sums[i] = (struct namespace_sum) { row->namespace, 1, use * row->watts, use * row->energy_uj,
			use * row->weighted };
	}
	qsort(sums, inventory->count, sizeof(*sums), by_name);
	for (size_t i = 0; i < inventory->count; i++) {
		struct namespace_sum *last = &sums[count == 0 ? 0 : count - 1];
		if (count == 0 || strcmp(last->name, sums[i].name) != 0) {
			sums[count++] = sums[i];
			continue;
		}
		last->count += sums[i].count;
		last->watts += sums[i].watts;
		last->energy_uj += sums[i].energy_uj;
		last->weighted += sums[i].weighted;
	}
	qsort(sums, count, sizeof(*sums), by_watts);
	return count;
}

static int write_namespaces(
	struct json_writer *w, const struct question *question, const struct account *account)
{
	struct namespace_sum *sums = calloc(account->inventory.count + 1, sizeof(*sums));
	size_t count;

	if (sums == NULL)
		return -ENOMEM;
	count = sum_namespaces(&account->inventory, sums);
	json_open_array(w, "by_namespace");
	for (size_t i = 0; i < count && i < NAMESPACES_MAX; i++) {
		json_open_object(w, NULL);
		json_write_text(w, "namespace", sums[i].name);
		json_write_integer(w, "workload_count", (int64_t)sums[i].count);
		if (account->has_watts)
			json_write_number(w, "power_watts", sums[i].watts);
		if (account->verdict.is_power_usable) {
			json_write_number(w, "energy_kWh", sums[i].energy_uj / MICROJOULES_PER_KWH);
			json_write_number(w, "emissions_kg",
				carbon_grams(sums[i].weighted / MICROJOULES_PER_KWH, question->pue.value, 1) /
					1000);
		}
		json_close_object(w);
	}
	json_close_array(w);
	free(sums);
	return 0;
}

static int write_top(struct json_writer *w, const struct account *account)
{
	const struct inventory_filter filter = { .status = -1, .is_live = true };
	struct inventory_view view;
	int r = inventory_view_new(&account->inventory, &filter, ORDER_POWER, &view);

	if (r < 0)
		return r;
	inventory_view_page(&view, 0, view.count < TOP_MAX ? view.count : TOP_MAX);
	json_open_array(w, "top_consumers");
	for (size_t i = 0; i < view.count && i < TOP_MAX; i++) {
		write_consumer(w, account, view.items[i].row, i + 1);
		json_close_object(w);
	}
	json_close_array(w);
	inventory_view_done(&view);
	return 0;
}

static double observed_percent(const struct question *question, const struct account *account)
{
	double window_ns = (double)question->knowledge->now_real_ns - (double)question->since * 1e9;
	double percent = 100 * account->verdict.observed_ns / window_ns;

	return percent < 100 ? percent : 100;
}

static void write_words(struct json_writer *w, const struct question *question, const struct account *account,
	const struct inventory_totals *totals, const struct scope *scope)
{
	struct list_summary summary = { .kwh_month = scope->kwh_month,
		.kg_month = scope->kg_month,
		.has_amounts = scope->is_usable,
		.is_node = question_reach(question)[0] == '\0',
		.is_complete = account_is_complete(account, totals) };
	char text[RECOMMENDATION_MAX];

	memcpy(summary.by_status, totals->by_status, sizeof(summary.by_status));
	json_write_number(w, "coverage_percent", observed_percent(question, account));
	recommend_list(question, &summary, text);
	json_write_text(w, "recommendation", text);
	write_reasons(w, &question->reasons);
	write_timestamp(w, question);
	write_provenance(w, question, account->verdict.coverage, account->verdict.observed_ns);
}

int summary_answer(struct question *question, struct json_writer *writer, struct error_object *error)
{
	struct account account;
	struct inventory_totals totals;
	struct scope scope;
	int r = account_gather(question, ROWS_BY_OWNER, &account);

	(void)error;
	if (r == 0) {
		totals = inventory_total(&account.inventory);
		question->reasons.is_set[REASON_OWNER_INFERRED] |= totals.has_inferred;
		scope = scope_of(question, &account, &totals);
		write_scope(writer, question);
		if (origin_of(question->knowledge->config) == ORIGIN_PIPELINE) /* a source may tell of many */
			json_write_integer(writer, "node_count", 1);
		json_write_integer(writer, "workload_count", (int64_t)account.inventory.count);
		write_watts(writer, question, &account, &scope);
		write_amounts(writer, question, &scope);
		write_compliance_summary(writer, &totals);
		json_write_boolean(writer, "totals_complete", account_is_complete(&account, &totals));
		r = write_namespaces(writer, question, &account);
	}
	if (r == 0)
		r = write_top(writer, &account);
	if (r == 0)
		write_words(writer, question, &account, &totals, &scope);
	account_done(&account);
	return r;
}
