/* A list of a million workloads in a thousand namespaces: totals, filter, groups and the page at 900 000, beside sorting
 * the same rows with qsort(3). Every result is checked against the slow way; wrong ones end the program. */
#include <string.h>

#include "analyst/workloads/inventory.h"
#include "measure.h"

#define ROWS       1000000
#define NAMESPACES 1000
#define PAGE_AT    900000
#define PAGE_ROWS  1000
#define PER_OWNER  4
#define FEW_ROUNDS 5

static void require(bool is_true, const char *what)
{
	if (is_true)
		return;
	fprintf(stderr, "bench_inventory: %s\n", what);
	exit(EXIT_FAILURE);
}

struct names {
	char namespaces[NAMESPACES][32];
	char (*workloads)[32], (*owners)[32];
	struct usage *usages; /* of whole numbers: sums are exact */
};

static void make_names(struct names *names)
{
	names->workloads = calloc(ROWS, sizeof(*names->workloads));
	names->owners = calloc(ROWS, sizeof(*names->owners));
	names->usages = calloc(ROWS, sizeof(*names->usages));
	require(names->workloads != NULL && names->owners != NULL && names->usages != NULL, "out of memory");
	for (size_t i = 0; i < NAMESPACES; i++)
		snprintf(names->namespaces[i], sizeof(names->namespaces[i]), "namespace-%zu", i);
	for (size_t i = 0; i < ROWS; i++) {
		snprintf(names->workloads[i], sizeof(names->workloads[i]), "workload-%zu",
			i * UINT64_C(2654435761) % 1000000007);
		snprintf(names->owners[i], sizeof(names->owners[i]), "owner-%zu", i / NAMESPACES / PER_OWNER);
		names->usages[i].energy_uj = (double)(i * 7919 % 100003);
	}
}

static void names_done(struct names *names)
{
	free(names->workloads);
	free(names->owners);
	free(names->usages);
}

static void fill(const struct names *names, struct inventory *inventory)
{
	for (size_t i = 0; i < ROWS; i++) {
		struct inventory_row *row;
		require(inventory_add(inventory, names->namespaces[i % NAMESPACES], "pod",
				names->workloads[i], &row) == 0,
			"out of memory");
		row->owner = inventory_text(inventory, names->owners[i]);
		row->owner_kind = "deployment";
		row->usage = &names->usages[i];
		row->status = (enum status)(i % 3);
		row->is_usable = row->has_watts = row->status != STATUS_UNKNOWN;
		row->watts = row->usage->energy_uj / 100;
		row->kg_month = row->is_usable ? row->usage->energy_uj : 0;
	}
}

static int by_status(const void *left, const void *right)
{
	static const int ranks[] = {
		[STATUS_NON_COMPLIANT] = 0, [STATUS_UNKNOWN] = 1, [STATUS_COMPLIANT] = 2
	};
	const struct inventory_row *a = *(const struct inventory_row *const *)left,
				   *b = *(const struct inventory_row *const *)right;
	int r;

	if (a->status != b->status)
		return ranks[a->status] - ranks[b->status];
	if (a->kg_month < b->kg_month || a->kg_month > b->kg_month)
		return a->kg_month < b->kg_month ? 1 : -1;
	r = strcmp(a->name, b->name);
	return r != 0 ? r : strcmp(a->namespace, b->namespace);
}

static double sort_ns(const struct inventory *inventory, const struct inventory_row **sorted)
{
	double values[FEW_ROUNDS];

	for (size_t round = 0; round < FEW_ROUNDS; round++) {
		for (size_t i = 0; i < ROWS; i++)
			sorted[i] = &inventory->rows[i];
		double begin = cpu_ns();
		qsort(sorted, ROWS, sizeof(*sorted), by_status); /* NOLINT(bugprone-sizeof-expression) */
		values[round] = cpu_ns() - begin;
	}
	return median(values, FEW_ROUNDS);
}

/* A view made anew, and its page. */
static double page_ns(const struct inventory *inventory, const struct inventory_row **sorted)
{
	const struct inventory_filter all = { .status = -1 };
	double values[FEW_ROUNDS];

	for (size_t round = 0; round < FEW_ROUNDS; round++) {
		struct inventory_view view;
		double begin = cpu_ns();
		require(inventory_view_new(inventory, &all, ORDER_STATUS, &view) == 0, "out of memory");
		inventory_view_page(&view, PAGE_AT, PAGE_AT + PAGE_ROWS);
		values[round] = cpu_ns() - begin;
		for (size_t i = PAGE_AT; i < PAGE_AT + PAGE_ROWS; i++)
			require(view.items[i].row == sorted[i], "a page is not that of the sorted rows");
		inventory_view_done(&view);
	}
	return median(values, FEW_ROUNDS);
}

static double filter_ns(const struct inventory *inventory)
{
	const struct inventory_filter unknown = { .status = STATUS_UNKNOWN };
	double values[FEW_ROUNDS];

	for (size_t round = 0; round < FEW_ROUNDS; round++) {
		struct inventory_view view;
		double begin = cpu_ns();
		require(inventory_view_new(inventory, &unknown, ORDER_NAME, &view) == 0, "out of memory");
		inventory_view_page(&view, 0, PAGE_ROWS);
		values[round] = cpu_ns() - begin;
		require(view.count == ROWS / 3, "a filter lets through a wrong number");
		for (size_t i = 1; i < PAGE_ROWS; i++)
			require(strcmp(view.items[i - 1].row->name, view.items[i].row->name) < 0,
				"a page by name is not in order");
		inventory_view_done(&view);
	}
	return median(values, FEW_ROUNDS);
}

static double totals_ns(const struct inventory *inventory)
{
	double values[FEW_ROUNDS], kg = 0;

	for (size_t i = 0; i < ROWS; i++)
		kg += inventory->rows[i].kg_month;
	for (size_t round = 0; round < FEW_ROUNDS; round++) {
		double begin = cpu_ns();
		struct inventory_totals totals = inventory_total(inventory);
		values[round] = cpu_ns() - begin;
		require(totals.kg_month <= kg && totals.kg_month >= kg && totals.usable == ROWS - ROWS / 3 &&
				totals.by_status[STATUS_COMPLIANT] == ROWS / 3 + 1,
			"totals are wrong");
	}
	return median(values, FEW_ROUNDS);
}

/* From nothing: the rows taken in, counted, and a page of them. */
static double first_ns(const struct names *names, struct inventory *ret_inventory)
{
	const struct inventory_filter all = { .status = -1 };
	double values[FEW_ROUNDS];

	for (size_t round = 0; round < FEW_ROUNDS; round++) {
		struct inventory_view view;
		struct inventory_totals totals;
		double begin;
		inventory_done(ret_inventory);
		begin = cpu_ns();
		fill(names, ret_inventory);
		require(inventory_view_new(ret_inventory, &all, ORDER_STATUS, &view) == 0, "out of memory");
		inventory_view_page(&view, PAGE_AT, PAGE_AT + PAGE_ROWS);
		totals = inventory_total(ret_inventory);
		values[round] = cpu_ns() - begin;
		require(totals.usable == ROWS - ROWS / 3, "totals are wrong");
		inventory_view_done(&view);
	}
	return median(values, FEW_ROUNDS);
}

/* In place: measured once. */
static double group_ns(struct inventory *inventory)
{
	double before = 0, after = 0, begin, ns;

	for (size_t i = 0; i < ROWS; i++)
		before += inventory->rows[i].usage->energy_uj;
	begin = cpu_ns();
	require(inventory_group_by_owner(inventory) == 0, "out of memory");
	ns = cpu_ns() - begin;
	for (size_t i = 0; i < inventory->count; i++)
		after += inventory->rows[i].usage->energy_uj;
	require(inventory->count == ROWS / PER_OWNER && before <= after && before >= after,
		"groups do not add up");
	return ns;
}

int main(void)
{
	struct inventory inventory = { 0 };
	struct names names = { 0 };
	const struct inventory_row **sorted = calloc(ROWS, sizeof(struct inventory_row *));
	double first, sort;

	require(sorted != NULL, "out of memory");
	make_names(&names);
	first = first_ns(&names, &inventory);
	sort = sort_ns(&inventory, sorted);
	report("inventory: first answer: 1 000 000 rows taken in, totals, page at 900 000", first / 1e6, "ms",
		"qsort(3) of the same rows", sort / 1e6);
	report("inventory: page at 900 000 of 1 000 000", page_ns(&inventory, sorted) / 1e6, "ms",
		"qsort(3) of the same rows", sort / 1e6);
	report("inventory: filter by status, first page by name", filter_ns(&inventory) / 1e6, "ms",
		"qsort(3) of the same rows", sort / 1e6);
	report("inventory: totals and counts", totals_ns(&inventory) / 1e6, "ms", "qsort(3) of the same rows",
		sort / 1e6);
	report("inventory: 1 000 000 pods into 250 000 owners", group_ns(&inventory) / 1e6, "ms",
		"qsort(3) of the same rows", sort / 1e6);
	inventory_done(&inventory);
	names_done(&names);
	free(sorted);
	return EXIT_SUCCESS;
}
